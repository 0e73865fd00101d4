#include "tools/tools.hpp"

#include "plugins/searched_folders.hpp"
#include "reading/reading_error.hpp"
#include "settings/error.hpp"
#include "settings/help_text.hpp"
#include "tools/ledger/backup_store.hpp"
#include "tools/ledger/flags.hpp"
#include "tools/ledger/printed_messages.hpp"
#include "tools/ledger/report.hpp"
#include "tools/ledger/whole_backup.hpp"

#include <atomic>
#include <cstdio>
#include <iostream>
#include <memory>

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
int print_messages(BackupStore &backup, WholeBackup &whole, Findings &findings) {
  const std::atomic<bool> cancelled = false;
  const bool allow_writable = backup.settings().allow_writable_plugins;
  const LoadedWriter ndjson =
      load_writer(find_stage(folders_of(backup.settings()), StageKind::writer, "ndjson", allow_writable));
  const Writer writer(ndjson.description, StageKind::writer, {}, JETCAPTURE_PAYLOAD_MESSAGE, backup.log(), cancelled);
  try {
    const std::unique_ptr<MessageSource> messages = whole.open(findings);
    PrintedMessages printed(writer, backup.settings().stream, stdout);
    for (WholeMessage message; messages->next(message);)
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
  BackupStore backup(given.rest(), environment);
  if (backup.settings().stream.empty())
    throw StartupError("--stream is missing; name the stream whose messages are to be printed");
  WholeBackup whole(backup, given);
  Findings findings;
  const int status = print_messages(backup, whole, findings);
  print_findings(findings, true, std::cerr);
  return status;
}

} // namespace jetcapture::host
