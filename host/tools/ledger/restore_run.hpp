// One run of `jetcapture restore`, of either kind.
#pragma once

#include "audit/finding.hpp"
#include "delivery/whole_message.hpp"
#include "restore/restore_error.hpp"
#include "tools/arguments.hpp"
#include "tools/ledger/backup_store.hpp"
#include "tools/ledger/whole_backup.hpp"

#include <memory>
#include <ostream>

namespace jetcapture::host {

class RestoreRun {
public:
  virtual ~RestoreRun() = default;

  // Changes nothing. Throws StartupError, ApiError, NoAnswer, StoreFailure.
  virtual void look() = 0;
  // Does it. The same, and RestoreError.
  virtual void restore() = 0;
  // What it would do, or has done.
  virtual void print(std::ostream &out) const = 0;
  virtual void print_as_json(std::ostream &out) const = 0;
  // What the manifests brought to light. [after look()]
  virtual const Findings &findings() const = 0;
};

// --exact, --publish. All that is given outlives them. Throw StartupError, StoreFailure.
std::unique_ptr<RestoreRun> make_exact_run(BackupStore &backup, const ToolArguments &given);
std::unique_ptr<RestoreRun> make_publish_run(BackupStore &backup, const ToolArguments &given);

// A pass over the messages of a backup that fails at its end where some of them could not be read.
class CompleteMessages : public MessageSource {
public:
  // may_lack_some: then it does not. The backup outlives it.
  CompleteMessages(WholeBackup &backup, bool may_lack_some);

  // Throws RestoreError, and says on standard error what is wrong.
  bool next(WholeMessage &message) override;

private:
  const bool may_lack_some_;
  Findings findings_;
  std::unique_ptr<MessageSource> messages_; // last: it uses the findings
};

} // namespace jetcapture::host
