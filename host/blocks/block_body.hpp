// The finished bytes of one block, as the store will get them: in order, hashed, in memory or in the spool, which may
// have a file of its own for a large one.
//
// Filled by the compressors, chunk by chunk, from any thread; read by the store after it is complete.
#pragma once

#include "blocks/chunk.hpp"
#include "blocks/sha256.hpp"
#include "blocks/spool.hpp"
#include "threads/mutex.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

struct evp_md_ctx_st;

namespace jetcapture::host {

class BlockBody {
public:
  BlockBody(MemoryMeter &meter, Spool &spool);
  ~BlockBody();
  BlockBody(const BlockBody &) = delete;
  BlockBody &operator=(const BlockBody &) = delete;

  // [by one thread at a time] The number of the next chunk.
  std::uint64_t take_number() { return next_number_++; }
  // [by one thread at a time] True at the first call: the chunk that is handed on then begins the file.
  bool begin() { return !std::exchange(begun_, true); }
  // [by one thread at a time] No further chunk comes; on_complete is called once, by whoever appends the last one, or
  // here.
  void close(std::function<void()> on_complete);

  // [any-thread] The chunk of that number, ready for the store. Moves to the spool when memory is short.
  void append(std::uint64_t number, Chunk chunk);

  // Once complete:
  std::uint64_t size() const { return size_; }
  const Sha256 &sha256() const { return sha256_; }
  // Up to count bytes from offset; 0 at the end; -1 when they can't be read, errno says why. Any thread.
  std::int64_t read(std::uint64_t offset, char *buffer, std::uint64_t count) const;
  // A file that has all its bytes, and nothing else; nothing is written to it any more. What is in memory of a block
  // with a file of its own goes there. -1: there is none. By one thread at a time, not while somebody reads.
  int whole_file();
  // [any-thread] Bytes of it that are in memory.
  std::uint64_t in_memory() const { return in_memory_.load(std::memory_order_relaxed); }
  // Moves what is in memory to the spool, as far as it takes it. Not while somebody reads.
  void spill();

private:
  struct Piece {
    std::uint64_t offset;
    std::variant<Chunk, Spool::Extent> bytes;
  };
  void spill_locked() NEEDS_LOCK(mutex_);
  void move_to_file() NEEDS_LOCK(mutex_);
  void finish_hash() NEEDS_LOCK(mutex_);

  MemoryMeter &meter_;
  Spool &spool_;
  std::uint64_t next_number_ = 0;
  bool begun_ = false;

  mutable Mutex mutex_;
  std::map<std::uint64_t, Chunk> early_ GUARDED_BY(mutex_); // came before one with a lower number
  std::uint64_t next_append_ GUARDED_BY(mutex_) = 0;
  std::optional<std::uint64_t> chunks_ GUARDED_BY(mutex_); // how many, once closed
  std::function<void()> on_complete_ GUARDED_BY(mutex_);
  std::vector<Piece> pieces_ GUARDED_BY(mutex_);
  std::size_t spilled_ GUARDED_BY(mutex_) = 0; // pieces before it are in the spool
  std::uint64_t size_ = 0;                     // read without the lock, once complete, as the hash is
  std::atomic<std::uint64_t> in_memory_ = 0;
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st *)> hash_ GUARDED_BY(mutex_);
  Sha256 sha256_{};
  std::unique_ptr<Spool::File> file_ GUARDED_BY(mutex_); // has what comes before the pieces
};

} // namespace jetcapture::host
