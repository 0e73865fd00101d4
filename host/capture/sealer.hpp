// Opens and ends blocks: the one place where a block gets its name, its reason and its way to the store.
//
// One thread at a time.
#pragma once

#include "capture/block_table.hpp"
#include "capture/compressors.hpp"
#include "capture/counters.hpp"
#include "capture/object_name.hpp"
#include "plugins/stages.hpp"
#include "settings/settings.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace jetcapture::host {

// The capture can't go on: one sentence. Messages that are not acked stay in the stream.
struct CaptureError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Wall clock, nanoseconds since 1970.
std::int64_t wall_clock();

class Sealer {
public:
  struct Identity {
    std::string stream;
    std::string stream_created;
    std::string consumer;
    std::string captured_by = {}; // see captured_by(): in the names of its blocks
  };
  // first_id: of the first block. give: takes a sealed block once all its bytes are ready; called from any thread.
  Sealer(const Settings &settings, Identity identity, const Writer &writer, MemoryMeter &meter, Spool &spool,
         Compressors &compressors, Counters &counters, std::uint64_t first_id,
         std::function<void(std::shared_ptr<SealedBlock>)> give);
  ~Sealer(); // abandons what is open

  BlockTable &table() { return table_; }

  // The interval of a time: its start.
  std::int64_t interval_of(std::int64_t timestamp) const;

  // The open block of that place, or a new one. On an error of the writer: nullptr with the status; the sentence is the stage's.
  Block *open(std::int64_t interval_start, bool quarantine, std::string_view key, jetcapture_status &status);

  // Ends the block; it leaves the table. Throws CaptureError when the writer can't finish it.
  void seal(Block &block, SealReason reason);
  // Removes a block that has no message.
  void discard(Block &block);
  // Frees the memory of an open block some time later, as far as the spool takes it.
  void relieve(Block &block);

  // Hands the block's full chunks (rest: all its bytes) to the compressors.
  void hand_on(Block &block, bool rest);

  // The stream's clock has reached that time. True: blocks may have become due.
  bool advance(std::int64_t timestamp);
  // Seals what is due by the stream's clock and by the wall clock.
  void seal_due(std::int64_t now);
  void seal_all(SealReason reason);
  // Seals the largest blocks, until they have that many messages together.
  void seal_largest(std::uint64_t messages, SealReason reason);

  // A message was written into an open block.
  void count_message() { open_messages_++; }
  // Messages in open blocks; one in several blocks counts in each.
  std::uint64_t open_messages() const { return open_messages_; }

private:
  // By the stream's clock the interval is over.
  bool is_late(std::int64_t interval_start) const { return interval_start + max_age_ + late_grace_ <= watermark_; }
  void close_writer(Block &block);

  const std::int64_t max_age_;
  const std::int64_t late_grace_;
  const Compression compression_;
  const Identity identity_;
  const PathTemplate template_;
  const Writer &writer_;
  MemoryMeter &meter_;
  Spool &spool_;
  Compressors &compressors_;
  Counters &counters_;
  std::function<void(std::shared_ptr<SealedBlock>)> give_;
  std::uint64_t next_id_;
  std::string suffix_;
  BlockTable table_;
  std::uint64_t open_messages_ = 0;
  std::int64_t watermark_ = INT64_MIN;
};

} // namespace jetcapture::host
