// The whole messages of a backup, as often as they are wanted.
#pragma once

#include "audit/finding.hpp"
#include "delivery/whole_message.hpp"
#include "reading/whole_blocks.hpp"
#include "tools/arguments.hpp"
#include "tools/ledger/backup_store.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace jetcapture::host {

// What there is of them by the manifests. Of several captures of the same stream: of the one with the most.
struct WholeTotals {
  std::string stream_created; // as the server gave it; empty: there is none
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0; // of their blocks, before compression
};

class WholeBackup {
public:
  // given: which messages, by the flags of `cat`. The backup outlives it. Throws StartupError.
  WholeBackup(BackupStore &backup, const ToolArguments &given);
  ~WholeBackup();
  WholeBackup(const WholeBackup &) = delete;
  WholeBackup &operator=(const WholeBackup &) = delete;

  // Reads the manifests, if that was not done yet. Throws StartupError: see find_whole_blocks().
  WholeTotals totals();
  // What the manifests brought to light. [after totals()]
  const Findings &findings() const;
  // A pass over them, in the order of the stream. One at a time. findings: those of the manifests, and blocks that are
  // damaged or missing. This and the findings outlive what is given, which throws ReadingError: it can't go on.
  std::unique_ptr<MessageSource> open(Findings &findings);

private:
  class Parts;
  const std::unique_ptr<Parts> parts_;
};

} // namespace jetcapture::host
