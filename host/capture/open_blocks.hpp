// The open blocks: the one place where a block is opened, where it ends, and why.
//
// A block ends when its interval is over by the stream's clock, when it is open for too long by the host's, when it has
// enough messages or bytes, when its writer wants another one, and when somebody asks for it (ack budget, memory, the
// end of the capture). It then goes, with its name, to whoever stores it.
//
// Any thread; a lock of its own.
#pragma once

#include "blocks/block_table.hpp"
#include "blocks/capture_error.hpp"
#include "blocks/clock.hpp"
#include "blocks/compressors.hpp"
#include "blocks/object_name.hpp"
#include "blocks/stream_clock.hpp"
#include "commit/committer.hpp"
#include "plugins/stages.hpp"
#include "progress/counters.hpp"
#include "settings/compression.hpp"
#include "threads/mutex.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

struct Settings;

// Whose blocks they are: a part of their names.
struct CaptureNames {
  std::string stream;
  std::string stream_created; // identity of the stream, as the server gives it
  std::string consumer;
  std::string captured_by = {}; // see captured_by(): in the names of its blocks
  std::string run = {};         // see OpenBlocks::begin()
};

class OpenBlocks {
public:
  struct Surroundings {
    const Writer &writer;
    Committer &committer;
    MemoryMeter &meter;
    Spool &spool;
    Compressors &compressors;
    Counters &counters;
    const Clock &clock;
  };
  // first_id: of the first block. give: takes a sealed block once all its bytes are ready; called from any thread,
  // perhaps after this object is gone. What is in surroundings outlives it.
  OpenBlocks(const Settings &settings, CaptureNames names, Surroundings surroundings, std::uint64_t first_id,
             std::function<void(std::shared_ptr<SealedBlock>)> give);
  ~OpenBlocks(); // abandons what is open
  // Before the first message: the next block has that id, and the names of objects have the run in them, so that no two
  // blocks of whatever content share one.
  void begin(std::uint64_t first_id, std::string run);
  OpenBlocks(const OpenBlocks &) = delete;
  OpenBlocks &operator=(const OpenBlocks &) = delete;

  // The interval of a time: its start. nullopt: no path can hold it.
  std::optional<std::int64_t> interval_of(std::int64_t timestamp) const;

  class Entry;

  // The stream's clock has reached that time, which a message has, and all messages before it have gone their way:
  // blocks of intervals that are over end.
  void reach(std::int64_t timestamp);
  // Ends what is due by the stream's clock, and by the host's.
  void seal_due();
  void seal_all(SealReason reason);
  // Ends the largest blocks, until they have that many messages together.
  void seal_largest(std::uint64_t messages, SealReason reason);
  // Moves some bytes of some blocks to the spool, and goes on with the next blocks at the next call. Returns how many
  // blocks it looked at.
  std::size_t relieve_some();

  // Those of the intervals, by their start, that are over with their late grace, by the stream's clock or on a quiet
  // stream by the host's, and have no open block. Looks at every block.
  std::vector<std::int64_t> ended(std::vector<std::int64_t> intervals) const;

  std::size_t size() const;
  // Messages in open blocks; one in several blocks counts in each.
  std::uint64_t messages() const;
  // Looks at every block.
  BlockTable::Oldest oldest() const;
  // Of what is open now, in no order; one in several blocks more than once.
  std::vector<SequenceList> sequences() const;
  std::string writer_name() const { return with_.writer.name(); }
  // How far the server's clock is ahead of the host's, as far as messages tell; see StreamClock.
  std::chrono::nanoseconds clock_behind() const;

private:
  Block *open(std::int64_t interval_start, bool quarantine, std::string_view key, Era era, jetcapture_status &status)
      NEEDS_LOCK(mutex_);
  // Opens one, whether or not the place has one already.
  Block *open_another(std::int64_t interval_start, bool quarantine, std::string_view key, Era era,
                      jetcapture_status &status) NEEDS_LOCK(mutex_);
  jetcapture_status begin_writing(Block &block) NEEDS_LOCK(mutex_);
  void seal(Block &block, SealReason reason) NEEDS_LOCK(mutex_);
  // Ends the writer's part of the block. Why it can't be stored; empty: it can.
  std::string finish(Block &block) NEEDS_LOCK(mutex_);
  void seal_due_locked() NEEDS_LOCK(mutex_);
  std::shared_ptr<SealedBlock> sealed_of(Block &block, SealReason reason) const NEEDS_LOCK(mutex_);
  void discard(Block &block) NEEDS_LOCK(mutex_);
  void close_writer(Block &block) NEEDS_LOCK(mutex_);
  // Nothing of the block is stored. The sentence of the capture's end.
  std::string spoil(Block &block, StageCall call, jetcapture_status status) const NEEDS_LOCK(mutex_);
  // Throws CaptureError: in that call the writer has moved its cursor so that bytes would be lost or overwritten.
  // before: the block's bytes at its beginning.
  static void check_output(Block &block, std::uint64_t before, StageCall call);
  void hand_on(Block &block, bool rest) NEEDS_LOCK(mutex_);
  // By the stream's clock the interval is over.
  bool is_late(std::int64_t interval_start) const {
    return interval_start + hold_ <= watermark_.load(std::memory_order_relaxed);
  }

  const std::int64_t max_age_;
  const std::int64_t hold_; // max_age with the late grace
  const std::uint64_t max_messages_;
  const std::uint64_t max_bytes_;
  const Compression compression_;
  CaptureNames names_;
  const PathTemplate template_;
  const Surroundings with_;
  const std::function<void(std::shared_ptr<SealedBlock>)> give_;

  std::atomic<std::int64_t> watermark_ = INT64_MIN;          // of the stream's clock
  std::atomic<std::int64_t> first_interval_end_ = INT64_MAX; // of the open blocks
  mutable Mutex mutex_;                                      // of what follows, and of the writer's blocks
  BlockTable table_ GUARDED_BY(mutex_);
  std::uint64_t next_id_ GUARDED_BY(mutex_);
  std::uint64_t open_messages_ GUARDED_BY(mutex_) = 0;
  StreamClock stream_clock_ GUARDED_BY(mutex_);
  // Of the message on its way: see Entry.
  struct Touched {
    Block *block;
    std::uint64_t bytes; // as it was before
    std::uint64_t payloads;
  };
  std::vector<Touched> touched_ GUARDED_BY(mutex_);
  std::vector<Block *> full_ GUARDED_BY(mutex_); // blocks that are too full for it, in the order in which that came out
  std::uint64_t entries_ GUARDED_BY(mutex_) = 0;
};

// One message on its way into blocks: all of it or nothing. From its first write until it ends, other messages wait.
//
// One thread. Ends with commit(), or takes back what it wrote.
class OpenBlocks::Entry {
public:
  Entry(OpenBlocks &blocks, const jetcapture_message &message, Era era)
      : blocks_(blocks), message_(message), era_(era) {}
  ~Entry();
  Entry(const Entry &) = delete;
  Entry &operator=(const Entry &) = delete;

  // Writes a payload into a block of that interval and key (encoded). There are up to two of them, so that payloads
  // with two sets of columns in turn do not end each other's block; what a message has for one interval and key stays
  // together in one. On an error the sentence is the writer's, to be taken from HostServices, and no byte of this
  // payload is in a block. JETCAPTURE_NEXT_BLOCK: none of them takes it. More may be written to see what other blocks
  // are full; then take_back(), end_full_blocks(), and all of the message again.
  jetcapture_status write(std::int64_t interval_start, std::string_view key, const void *payload);
  // Writes the whole message into the quarantine. Throws CaptureError.
  void write_quarantine(std::string_view reason);

  // Takes back all that was written. Throws CaptureError: the writer can't.
  void take_back();
  // After JETCAPTURE_NEXT_BLOCK: the payload does not fit into a new block either.
  bool fits_nowhere() const { return fits_nowhere_; }
  // After JETCAPTURE_NEXT_BLOCK and take_back(): ends the blocks that were full, of two of a key the one that was
  // opened first. How many those are.
  std::size_t end_full_blocks();

  bool empty() const { return touched_ == 0; }
  // It stays in its blocks. How many payloads that are.
  std::uint64_t commit();

private:
  // Takes the lock of the blocks, unless this entry has it already. It is kept until the entry is gone, which clang
  // can't follow: each function that needs it calls this first, and then counts as holding it.
  void lock() HOLDS_AFTERWARDS(blocks_.mutex_);
  // False: this message had written into it before.
  bool touch(Block &block) NEEDS_LOCK(blocks_.mutex_);
  bool has_written_into(const Block &block) const NEEDS_LOCK(blocks_.mutex_) { return block.entry == blocks_.entries_; }
  bool was_full(const Block &block) const NEEDS_LOCK(blocks_.mutex_) { return block.full_for == blocks_.entries_; }
  jetcapture_status place(std::int64_t interval_start, std::string_view key, const void *payload)
      NEEDS_LOCK(blocks_.mutex_);
  void note_full(Block &block) NEEDS_LOCK(blocks_.mutex_);
  jetcapture_status write_into(Block &block, const void *payload) NEEDS_LOCK(blocks_.mutex_);
  CallRecord::Call noted(StageCall call) const;

  OpenBlocks &blocks_;
  const jetcapture_message &message_;
  const Era era_;
  std::optional<MutexLock> lock_;
  std::size_t touched_ = 0;
  Block *refused_by_ = nullptr; // the last block that answered JETCAPTURE_NEXT_BLOCK to the payload
  bool fits_nowhere_ = false;
};

} // namespace jetcapture::host
