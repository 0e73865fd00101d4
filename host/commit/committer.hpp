// What becomes of each message: the seam where kinds of delivery differ. A committer knows what was taken and what is
// stored, and tells the messaging system when a message is done: see capture_committer.hpp.
//
// The life of a message: admit(), then one of filtered(), terminated(), refused(), already_stored(), or it is written
// into blocks. The life of a block: before_store(), stored(). A message is done when all its blocks are stored.
#pragma once

#include "blocks/block.hpp"
#include "delivery/era.hpp"
#include "jetcapture/payload.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace jetcapture::host {

class Committer {
public:
  virtual ~Committer() = default;

  // [capture thread] The message has come. Its era, where it is to be captured; nullopt: it is a redelivery of one that
  // is in flight, or stored.
  virtual std::optional<Era> admit(const jetcapture_message &message) = 0;

  // [any-thread] The decoder gave no item.
  virtual void filtered(std::uint64_t sequence, Era era) = 0;
  // [any-thread] All that the decoder gave is in blocks of an earlier run.
  virtual void already_stored(std::uint64_t sequence, Era era) = 0;
  // [any-thread] It can't be decoded, and is not to be delivered again.
  virtual void terminated(std::uint64_t sequence, Era era) = 0;
  // [any-thread] The capture ends because of it or of its block, or before its turn: it goes back to the stream. May be
  // told again.
  virtual void refused(std::uint64_t sequence) = 0;
  // [any-thread] It was written into several blocks. One that is in a single block is known by that block.
  virtual void in_several(std::uint64_t sequence, std::vector<std::uint64_t> blocks) = 0;
  // [any-thread] That block has a first message, or one before the first that it had.
  virtual void begins(std::uint64_t block, std::uint64_t first_sequence) = 0;
  // [any-thread] An earlier run has stored what that message gives for that interval and key (encoded): it is not
  // written again.
  virtual bool part_is_stored(const jetcapture_message &message, std::int64_t interval_start, std::string_view key) = 0;

  // [store threads] Must return before the first put of the block begins. Throws JournalError: not now.
  virtual void before_store(const SealedBlock &block) = 0;
  // [store threads] The block is durable in the store. Throws JournalError: tell it again.
  virtual void stored(const SealedBlock &block) = 0;
};

} // namespace jetcapture::host
