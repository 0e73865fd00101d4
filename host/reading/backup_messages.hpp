// The whole messages of a backup in the order of the stream, over all its keys, blocks and hosts, each once.
//
// Blocks are fetched in the order of their first messages, some ahead. What is in a block is kept on disk until its
// last message is taken: memory depends on how many blocks overlap, not on their sizes.
//
// What is damaged, missing, or without whole messages is a finding that names the block, and none of its messages is
// given; the others are. Of two messages with the same sequence and another time the later one counts: the stream had
// lost its end, and given the sequence once more. One thread.
#pragma once

#include "audit/chains.hpp"
#include "audit/finding.hpp"
#include "audit/retirements.hpp"
#include "audit/store_reader.hpp"
#include "blocks/spool.hpp"
#include "delivery/whole_message.hpp"
#include "reading/block_loader.hpp"
#include "reading/readers.hpp"
#include "reading/wanted.hpp"
#include "reading/whole_blocks.hpp"
#include "threads/in_order.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::host {

class BackupMessages : public MessageSource {
public:
  struct With {
    const StoreReader &store;
    Readers &readers;
    Spool &spool;
    std::size_t threads = 4; // that fetch and read blocks
  };
  // found: by find_whole_blocks(), with the same wanted messages. All else that is given outlives it.
  BackupMessages(const With &with, WholeBlocks found, WantedMessages wanted, Findings &findings);

  // Throws ReadingError: it can't go on.
  bool next(WholeMessage &message) override;

  // Of the messages; empty where there is no backup.
  const std::string &stream() const { return found_.stream; }
  // As the server gave it.
  const std::string &stream_created() const { return found_.stream_created; }

private:
  using Block = std::unique_ptr<BlockMessages>;

  void load_next();
  void report(AuditFinding trouble, const WholeBlock &block);
  bool is_retired_since(const WholeBlock &block);
  // The first message of all blocks in hand, which is taken out of its block.
  WholeMessage take_first();

  const With with_;
  const WantedMessages wanted_;
  Findings &findings_;
  const WholeBlocks found_;
  const BlockLoader loader_;

  Retirements retired_since_;    // as they were read when an object was missing
  bool nothing_retired_ = false; // since then: what is missing is damage
  std::size_t taken_ = 0;        // blocks
  std::vector<Block> in_hand_;   // a heap, by the next message of each
  std::string kept_;             // the texts of the message that was given last
  std::uint64_t last_sequence_ = 0;
  std::int64_t last_timestamp_ = 0;
  bool has_given_ = false;

  InOrder<LoadedBlock> ahead_; // last: its threads use all else
};

} // namespace jetcapture::host
