// The whole messages of a backup, as often as they are wanted.
#pragma once

#include "audit/finding.hpp"
#include "delivery/whole_message.hpp"
#include "tools/arguments.hpp"
#include "tools/ledger/backup_store.hpp"

#include <memory>

namespace jetcapture::host {

class WholeBackup {
public:
  // given: which messages, by the flags of `cat`. The backup outlives it. Throws StartupError.
  WholeBackup(BackupStore &backup, const ToolArguments &given);
  ~WholeBackup();
  WholeBackup(const WholeBackup &) = delete;
  WholeBackup &operator=(const WholeBackup &) = delete;

  // A pass over them, in the order of the stream. One at a time. findings: blocks that are damaged, missing, or without
  // whole messages. This and the findings outlive what is given, which throws ReadingError: it can't go on.
  std::unique_ptr<MessageSource> open(Findings &findings);

private:
  class Parts;
  const std::unique_ptr<Parts> parts_;
};

} // namespace jetcapture::host
