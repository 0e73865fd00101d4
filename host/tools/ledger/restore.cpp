#include "tools/tools.hpp"

#include "settings/error.hpp"
#include "settings/help_text.hpp"
#include "tools/ledger/backup_store.hpp"
#include "tools/ledger/flags.hpp"
#include "tools/ledger/report.hpp"
#include "tools/ledger/restore_run.hpp"

#include <iostream>

#include <unistd.h>

namespace jetcapture::host {
namespace {

constexpr ToolHelp help = {
    "jetcapture restore --exact --stream NAME --to-stream NAME --store NAME --store-opt KEY=VALUE",
    "Brings the messages of a backup back into NATS. They have to be captured with the decoder message, and the writer "
    "ndjson or parquet.\n"
    "--exact makes a stream with the sequences, times and headers that its messages had. The server restores it from "
    "an archive; then each of its messages is compared with the backup, and only then it gets its subjects, limits and "
    "durable consumers. Limits that would remove restored messages are left out, and told. What an interrupted run has "
    "left is removed by the next one.\n"
    "--publish publishes them into a stream that exists, with new sequences and times; the headers Jetcapture-Stream, "
    "Jetcapture-Sequence and Jetcapture-Timestamp have the old ones. An interrupted run is gone on with by the next "
    "one.\n"
    "Without --yes nothing is done. Examples:\n"
    "jetcapture restore --exact --config orders.ini --to-stream ORDERS\n"
    "jetcapture restore --publish --config orders.ini --to-stream REPLAY --subject-prefix replay. --from 2d --yes",
    restore_flags, backup_flags_help};

void check_flags(const ToolArguments &given) {
  if (given.has("exact") == given.has("publish"))
    throw StartupError("restore needs to know how: --exact makes a stream with the old sequences and times, --publish "
                       "publishes into one that exists");
  if (given.value("to-stream", "").empty())
    throw StartupError("restore needs to know where to: --to-stream NAME");
  for (const char *exact : {"to-subject", "replicas", "any-server"})
    if (given.has(exact) && !given.has("exact"))
      throw StartupError("--" + std::string(exact) + " goes with --exact alone");
  for (const char *publish : {"subject-prefix", "rate", "append"})
    if (given.has(publish) && !given.has("publish"))
      throw StartupError("--" + std::string(publish) + " goes with --publish alone");
}

} // namespace

namespace {

// Throws RestoreError, and says on standard error what is wrong.
void require_complete(const Findings &findings, bool may_lack_some) {
  if (findings.verdict() == Verdict::good || may_lack_some)
    return;
  print_findings(findings, false, std::cerr);
  throw RestoreError("some messages of the backup can't be read: see jetcapture verify --deep, or give --incomplete to "
                     "restore the others");
}

} // namespace

CompleteMessages::CompleteMessages(WholeBackup &backup, bool may_lack_some)
    : may_lack_some_(may_lack_some), messages_(backup.open(findings_)) {}

bool CompleteMessages::next(WholeMessage &message) {
  if (messages_->next(message))
    return true;
  require_complete(findings_, may_lack_some_);
  return false;
}

int restore_stream(const std::vector<std::string> &arguments, const char *const *environment) {
  const std::vector<std::string_view> names = server_flags();
  const ToolArguments given(help, names, arguments);
  if (given.wants_help()) {
    print_tool_help(help, std::cout, help_columns(STDOUT_FILENO));
    return 0;
  }
  refuse_plain(given);
  check_flags(given);
  BackupStore backup(given.rest(), environment);
  if (backup.settings().stream.empty())
    throw StartupError("--stream is missing; name the stream that was backed up");
  return status_if_told([&] {
    try {
      const auto run = given.has("exact") ? make_exact_run(backup, given) : make_publish_run(backup, given);
      run->look();
      require_complete(run->findings(), given.has("incomplete"));
      if (given.has("yes"))
        run->restore();
      if (given.has("json"))
        run->print_as_json(std::cout);
      else
        run->print(std::cout);
      return exit_status(run->findings().verdict());
    } catch (const RestoreError &error) {
      std::cerr << "jetcapture: " << error.what() << '\n';
      return exit_status(Verdict::wrong);
    }
  });
}

} // namespace jetcapture::host
