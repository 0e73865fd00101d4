#include "tools/ledger/whole_backup.hpp"

#include "settings/error.hpp"

namespace jetcapture::host {

class WholeBackup::Parts {};
WholeBackup::WholeBackup(BackupStore &, const ToolArguments &) {}
WholeBackup::~WholeBackup() = default;
std::unique_ptr<MessageSource> WholeBackup::open(Findings &) {
  throw StartupError("whole messages can't be read yet");
}

} // namespace jetcapture::host
