#include "tools/tools.hpp"

#include "audit/compaction.hpp"
#include "settings/error.hpp"
#include "settings/help_text.hpp"
#include "store/memory_object.hpp"
#include "terminal/figures.hpp"
#include "tools/ledger/backup_store.hpp"
#include "tools/ledger/flags.hpp"
#include "tools/ledger/report.hpp"

#include <chrono>
#include <iostream>
#include <memory>

#include <unistd.h>

namespace jetcapture::host {
namespace {

constexpr ToolHelp help = {
    "jetcapture ledger compact --store NAME --store-opt KEY=VALUE",
    "Puts the manifests of past days together into indexes, one for a day, so that ls and find, and a host that begins "
    "without its state directory, read one object in the place of thousands. The manifests stay where they are, and an "
    "index counts only as far as they prove it. Run it once a day, beside hosts that write; two at once do no harm. "
    "Example:\n"
    "jetcapture ledger compact --store file --store-opt root=backup",
    compact_flags, backup_flags_help};

std::int64_t now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count();
}

void print(const Compaction &compaction, std::ostream &out) {
  out << count_text(compaction.indexes) << (compaction.indexes == 1 ? " index of " : " indexes of ")
      << count_text(compaction.manifests) << " manifests written, " << bytes_text(static_cast<double>(compaction.bytes))
      << "; " << count_text(compaction.in_none) << (compaction.in_none == 1 ? " manifest is" : " manifests are")
      << " in no index\n";
}

void print_as_json(const Compaction &compaction, const Findings &findings, std::ostream &out) {
  print_json({{"chains", compaction.chains},
              {"indexes_written", compaction.indexes},
              {"manifests_indexed", compaction.manifests},
              {"bytes", compaction.bytes},
              {"manifests_in_no_index", compaction.in_none},
              {"findings", json_of(findings)}},
             out);
}

} // namespace

int compact_ledger(const std::vector<std::string> &arguments, const char *const *environment) {
  const ToolArguments given(help, backup_flags, arguments);
  if (given.wants_help()) {
    print_tool_help(help, std::cout, help_columns(STDOUT_FILENO));
    return 0;
  }
  if (given.plain() != std::vector<std::string>{"compact"})
    throw StartupError("jetcapture ledger has one command: jetcapture ledger compact");
  BackupStore backup(given.rest(), environment);
  std::unique_ptr<const Store> opened; // once there is something to write
  CompactionOptions options;
  options.now = now();
  options.put = [&](const std::string &name, const std::string &bytes) {
    if (opened == nullptr)
      opened = backup.open_to_write();
    const MemoryObject object(name, bytes, JETCAPTURE_CREATE_ONLY, backup.settings().store_timeout, "application/zstd");
    std::string location;
    return backup.reader().persist([&](bool &) { return put_object(*opened, object.c_object(), location); });
  };
  Findings findings;
  Compaction compaction;
  {
    CountLine line;
    const FoundChains found = find_chains(backup, findings, line);
    options.progress = [&](std::uint64_t manifests, std::uint64_t of) { line.show("manifests", manifests, of); };
    compaction = compact(backup.reader(), found.chains, options, findings);
  }
  if (given.has("json")) {
    print_as_json(compaction, findings, std::cout);
  } else {
    print_findings(findings, true, std::cerr);
    print(compaction, std::cout);
  }
  return exit_status(findings.verdict());
}

} // namespace jetcapture::host
