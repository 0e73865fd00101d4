// The host's own record of blocks whose store, or whose acks, are not confirmed, and of all messages that are stored and acked. Read at
// the next start, so that a block that was stored is acked then, and not written again; nor is a message whose ack the server forgot.
//
// A file of records, appended, each with its length and checksum: [u32 length][u32 CRC-32][payload], little-endian, behind a line that
// names the format. The payload is a type and its fields:
//   identity   stream, when it was made, consumer, when it was made: first in the file
//   intent     block id, object name, size, SHA-256, its own sequences, its shared ones, interval, key, its newest timestamp: durable
//              before the store begins
//   stored     block id: durable before the first ack
//   done       block id: all its acks are confirmed; may be lost, then the block is acked once more
//   dropped    block id: the store does not have it; its messages come again
//   history    the messages of all blocks that were done when the file was written anew
// A torn tail, as a crash leaves it, ends the reading and is cut off. Any thread may write; several writers share one fsync.
#pragma once

#include "capture/block.hpp"
#include "capture/stored_sequences.hpp"
#include "log/log.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace jetcapture::host {

// The journal can't be written now: one sentence. Nothing may be stored or acked that it does not know.
struct JournalError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Whose messages the sequences are: a stream or consumer made anew gives the same sequences to other messages.
struct CaptureIdentity {
  std::string stream;
  std::string stream_created;
  std::string consumer;
  std::int64_t consumer_created = 0; // nanoseconds since 1970
};

// A block that an earlier run did not bring to its end.
struct UnfinishedBlock {
  std::uint64_t id = 0;
  bool stored = false; // known to be; else the store has to be asked
  std::string name;
  std::uint64_t bytes = 0;
  Sha256 sha256{};
  SequenceList own;
  SequenceList shared;
  std::int64_t interval_start = 0;
  std::string key;         // encoded
  std::int64_t newest = 0; // timestamp of a message, nanoseconds since 1970
  bool of_earlier_consumer = false;
  std::uint64_t last_sequence = 0;
  std::int64_t last_sequence_timestamp = 0;
};

class Journal {
public:
  // Tells whether what the journal holds is of this capture.
  using SameCapture = std::function<bool(const CaptureIdentity &of_journal)>;

  // Opens or makes the file "journal" in the folder. What belongs to another identity is dropped, with a warning. Throws StartupError.
  Journal(const std::filesystem::path &folder, const CaptureIdentity &identity, const SameCapture &same, Log &log);
  ~Journal();
  Journal(const Journal &) = delete;
  Journal &operator=(const Journal &) = delete;

  // What earlier runs left, in the order of their ids.
  const std::vector<UnfinishedBlock> &unfinished() const { return unfinished_; }
  // Greater than any id in the file.
  std::uint64_t next_id() const { return next_id_; }

  // [any-thread] Durable when they return. Throw JournalError.
  void intent(const SealedBlock &block);
  void stored(std::uint64_t id);
  // [any-thread] Durable some time later.
  void done(std::uint64_t id);
  void dropped(std::uint64_t id);

  // [any-thread] The message, by sequence and timestamp, is in a block that is done.
  bool is_stored(std::uint64_t sequence, std::int64_t timestamp) const;

  // STUB
  std::uint32_t generation_of(std::int64_t timestamp) const {
    std::uint32_t g = 0;
    while (g < starts_.size() && timestamp > starts_[g])
      g++;
    return g;
  }
  void begin_generation(std::int64_t after) { starts_.push_back(after); }
  std::vector<std::int64_t> starts_;
  std::int64_t newest() const;
  void safe_up_to(std::uint64_t) {}
  void forget_below(std::uint64_t) {}

  // [any-thread] Of the file.
  std::uint64_t bytes() const;

private:
  using Lock = std::unique_lock<std::mutex>;
  void read(const SameCapture &same, Log &log);
  void take(std::string_view bytes, CaptureIdentity &found, std::map<std::uint64_t, UnfinishedBlock> &blocks);
  void finish(const UnfinishedBlock &block);
  void append(std::uint8_t type, std::uint64_t id, std::string record, bool durable);
  void write_out(Lock &lock);
  void compact(Lock &lock);

  std::filesystem::path file_;
  std::string identity_record_;
  std::vector<UnfinishedBlock> unfinished_;
  std::uint64_t next_id_ = 1;

  mutable std::mutex mutex_;
  std::condition_variable written_;
  int descriptor_ = -1;
  std::uint64_t good_size_ = 0; // bytes of the file that are whole records
  std::string pending_;         // records not yet written
  std::uint64_t appended_ = 0;  // records so far
  std::uint64_t durable_ = 0;   // of them, written and fsynced
  bool writing_ = false;
  std::map<std::uint64_t, std::string> live_; // the records of blocks that are not done
  std::uint64_t live_bytes_ = 0;
  StoredSequences history_;
  std::atomic<std::uint64_t> highest_stored_ = 0; // of the history: nearly every message is above it
};

} // namespace jetcapture::host
