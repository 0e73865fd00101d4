// A pool of threads that compress chunks, several of one block at once, and append them to the block's body in order.
//
// Without compression the chunks go through it all the same: hashing and spilling are kept off the threads that decode
// too.
#pragma once

#include "blocks/block_body.hpp"
#include "blocks/codec.hpp"
#include "threads/mutex.hpp"
#include "threads/worker_threads.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>

namespace jetcapture::host {

class Compressors {
public:
  // refused: see WorkerThreads.
  Compressors(
      Compression compression, int level, std::uint32_t threads, MemoryMeter &meter,
      WorkerThreads::Refused refused = [](const std::string &) {});
  ~Compressors(); // finishes what was given to it
  Compressors(const Compressors &) = delete;
  Compressors &operator=(const Compressors &) = delete;

  // [by one thread at a time]
  void compress(std::shared_ptr<BlockBody> body, Chunk chunk);
  // [any-thread] Chunks that are not yet part of their bodies.
  std::size_t waiting() const;

private:
  struct Work {
    std::shared_ptr<BlockBody> body;
    std::uint64_t number;
    ChunkPlace place;
    Chunk chunk;
  };
  void run();

  Compression compression_;
  int level_;
  MemoryMeter &meter_;
  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Work> queue_ GUARDED_BY(mutex_);
  std::size_t at_work_ GUARDED_BY(mutex_) = 0;
  bool ending_ GUARDED_BY(mutex_) = false;
  WorkerThreads threads_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
