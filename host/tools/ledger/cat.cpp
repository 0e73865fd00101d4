#include "tools/tools.hpp"

#include "plugins/searched_folders.hpp"
#include "reading/backup_messages.hpp"
#include "reading/reading_error.hpp"
#include "settings/error.hpp"
#include "settings/help_text.hpp"
#include "tools/ledger/backup_store.hpp"
#include "tools/ledger/flags.hpp"
#include "tools/ledger/printed_messages.hpp"
#include "tools/ledger/report.hpp"
#include "tools/ledger/wanted_messages.hpp"

#include <cstdio>
#include <iostream>
#include <optional>

#include <unistd.h>

namespace jetcapture::host {
namespace {

constexpr ToolHelp help = {
    "jetcapture cat --stream NAME --store NAME --store-opt KEY=VALUE",
    "Prints the messages of a backup in the order of the stream, each once, as JSON: one object a line, as the writer "
    "ndjson has whole messages. They have to be captured with the decoder message, and the writer ndjson or parquet. "
    "Standard error names the blocks that are damaged, missing, or without whole messages: then the exit status is 1. "
    "Messages wait on disk, below TMPDIR, while others come before them. Example:\n"
    "jetcapture cat --stream ORDERS --store file --store-opt root=backup --from 2h | jq -c .headers",
    cat_flags, backup_flags_help};

// Prints them, and gives the exit status.
int print_messages(BackupStore &backup, const WantedMessages &wanted, Findings &findings) {
  const std::atomic<bool> cancelled = false;
  const auto folders = folders_of(backup.settings());
  const bool allow_writable = backup.settings().allow_writable_plugins;
  Readers readers(folders, allow_writable, backup.log(), cancelled);
  const LoadedWriter ndjson = load_writer(find_stage(folders, StageKind::writer, "ndjson", allow_writable));
  const Writer writer(ndjson.description, StageKind::writer, {}, JETCAPTURE_PAYLOAD_MESSAGE, backup.log(), cancelled);
  Spool spool = spool_below_tmpdir();
  try {
    std::optional<CountLine> line(std::in_place);
    const FoundChains found = find_chains(backup, findings, *line);
    BackupMessages messages({backup.reader(), readers, spool}, found.chains, wanted, findings,
                            [&](std::uint64_t manifests) { line->show("manifests", manifests, 0); });
    line.reset();
    PrintedMessages printed(writer, messages.stream(), stdout);
    for (WholeMessage message; messages.next(message);)
      printed.print(message);
    printed.end();
  } catch (const ReadingError &error) {
    findings.add({Verdict::unknown, "not_read", "", error.what(), {}});
  }
  return exit_status(findings.verdict());
}

} // namespace

int print_backup(const std::vector<std::string> &arguments, const char *const *environment) {
  const ToolArguments given(help, backup_flags, arguments);
  if (given.wants_help()) {
    print_tool_help(help, std::cout, help_columns(STDOUT_FILENO));
    return 0;
  }
  refuse_plain(given);
  const WantedMessages wanted = wanted_by(given);
  BackupStore backup(given.rest(), environment);
  if (backup.settings().stream.empty())
    throw StartupError("--stream is missing; name the stream whose messages are to be printed");
  Findings findings;
  const int status = print_messages(backup, wanted, findings);
  print_findings(findings, true, std::cerr);
  return status;
}

} // namespace jetcapture::host
