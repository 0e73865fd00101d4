// Fetches a block from the store, and gives its messages: its hash checked, unpacked, and read by the reader of its
// writer.
//
// Any thread, also several at once.
#pragma once

#include "audit/finding.hpp"
#include "audit/store_reader.hpp"
#include "blocks/spool.hpp"
#include "reading/block_messages.hpp"
#include "reading/wanted.hpp"
#include "reading/whole_blocks.hpp"

#include <memory>
#include <optional>

namespace jetcapture::host {

struct LoadedBlock {
  std::unique_ptr<BlockMessages> messages; // those that are wanted; nullptr: it could not be read
  std::optional<AuditFinding> trouble;     // why not, or what is missing of it
};

class BlockLoader {
public:
  // All of them outlive it.
  BlockLoader(const StoreReader &store, Spool &spool, const WantedMessages &wanted)
      : store_(store), spool_(spool), wanted_(wanted) {}

  // A block that is damaged gives no message at all. Throws ReadingError, and what a broken plug-in makes impossible.
  LoadedBlock load(const WholeBlock &block) const;

private:
  std::optional<AuditFinding> fetch(const WholeBlock &block, SpooledBytes &bytes) const;
  std::optional<AuditFinding> read(const WholeBlock &block, const SpooledBytes &bytes, BlockMessages &messages) const;

  const StoreReader &store_;
  Spool &spool_;
  const WantedMessages &wanted_;
};

} // namespace jetcapture::host
