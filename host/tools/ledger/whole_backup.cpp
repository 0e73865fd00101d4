#include "tools/ledger/whole_backup.hpp"

#include "plugins/searched_folders.hpp"
#include "reading/backup_messages.hpp"
#include "tools/ledger/report.hpp"
#include "tools/ledger/wanted_messages.hpp"

#include <atomic>

namespace jetcapture::host {

class WholeBackup::Parts {
public:
  Parts(BackupStore &backup, const ToolArguments &given)
      : backup_(backup), wanted_(wanted_by(given)),
        readers_(folders_of(backup.settings()), backup.settings().allow_writable_plugins, backup.log(), cancelled_),
        spool_(spool_below_tmpdir()) {}

  std::unique_ptr<MessageSource> open(Findings &findings) {
    CountLine line;
    const FoundChains found = find_chains(backup_, findings, line);
    return std::make_unique<BackupMessages>(BackupMessages::With{backup_.reader(), readers_, spool_}, found.chains,
                                            wanted_, findings,
                                            [&](std::uint64_t done) { line.show("manifests", done, 0); });
  }

private:
  BackupStore &backup_;
  const WantedMessages wanted_;
  const std::atomic<bool> cancelled_ = false;
  Readers readers_;
  Spool spool_;
};

WholeBackup::WholeBackup(BackupStore &backup, const ToolArguments &given)
    : parts_(std::make_unique<Parts>(backup, given)) {}
WholeBackup::~WholeBackup() = default;

std::unique_ptr<MessageSource> WholeBackup::open(Findings &findings) {
  return parts_->open(findings);
}

} // namespace jetcapture::host
