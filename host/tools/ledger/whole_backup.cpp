#include "tools/ledger/whole_backup.hpp"

#include "plugins/searched_folders.hpp"
#include "reading/backup_messages.hpp"
#include "settings/error.hpp"
#include "settings/values.hpp"
#include "tools/ledger/report.hpp"

#include <atomic>
#include <filesystem>
#include <optional>
#include <utility>

namespace jetcapture::host {
namespace {

std::uint64_t sequence_given(const ToolArguments &given, const std::string &flag, std::uint64_t otherwise) {
  if (!given.has(flag))
    return otherwise;
  const auto number = parse_integer(given.value(flag, ""));
  if (!number || *number < 1)
    throw StartupError("--" + flag + " " + given.value(flag, "") + " is not a number from 1 on");
  return static_cast<std::uint64_t>(*number);
}

WantedMessages wanted_by(const ToolArguments &given) {
  WantedMessages wanted;
  wanted.first_sequence = sequence_given(given, "from-sequence", wanted.first_sequence);
  wanted.last_sequence = sequence_given(given, "up-to", wanted.last_sequence);
  if (given.has("from"))
    wanted.from = time_given("from", given.value("from", ""));
  if (given.has("to"))
    wanted.to = time_given("to", given.value("to", ""));
  if (given.has("created"))
    wanted.stream_created = time_given("created", given.value("created", ""));
  if (given.has("key"))
    wanted.key = [key = given.value("key", "")](std::string_view of_block) { return key_begins_with(of_block, key); };
  wanted.subject = given.value("subject", "");
  return wanted;
}

Spool spool_below_tmpdir() try {
  return Spool(std::filesystem::temp_directory_path(), 0);
} catch (const std::exception &) {
  throw StartupError("no file can be made in the folder for temporary files; set TMPDIR to one that can be written");
}

} // namespace

class WholeBackup::Parts {
public:
  Parts(BackupStore &backup, WantedMessages wanted)
      : backup_(backup), wanted_(std::move(wanted)),
        readers_(folders_of(backup.settings()), backup.settings().allow_writable_plugins, backup.log(), cancelled_),
        spool_(spool_below_tmpdir()) {}

  std::unique_ptr<MessageSource> open(Findings &findings) {
    CountLine line;
    const FoundChains found = find_chains(backup_, findings, line);
    return std::make_unique<BackupMessages>(BackupMessages::With{backup_.reader(), readers_, spool_}, found.chains,
                                            wanted_, findings,
                                            [&](std::uint64_t manifests) { line.show("manifests", manifests, 0); });
  }

private:
  BackupStore &backup_;
  const WantedMessages wanted_;
  const std::atomic<bool> cancelled_ = false;
  Readers readers_;
  Spool spool_;
};

WholeBackup::WholeBackup(BackupStore &backup, const ToolArguments &given)
    : parts_(std::make_unique<Parts>(backup, wanted_by(given))) {}

WholeBackup::~WholeBackup() = default;

std::unique_ptr<MessageSource> WholeBackup::open(Findings &findings) {
  return parts_->open(findings);
}

} // namespace jetcapture::host
