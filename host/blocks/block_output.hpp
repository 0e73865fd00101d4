// The buffer that a writer formats into: the jetcapture_out of one block, which can take back what a failed message
// wrote.
//
// Grows from a small chunk, so that many open blocks fit into memory; full chunks are handed on once their message is
// through.
#pragma once

#include "blocks/chunk.hpp"
#include "jetcapture/writer.h"

#include <cstdint>
#include <vector>

namespace jetcapture::host {

class BlockOutput {
public:
  explicit BlockOutput(MemoryMeter &meter);
  BlockOutput(const BlockOutput &) = delete;
  BlockOutput &operator=(const BlockOutput &) = delete;

  jetcapture_out *out() { return &interface_.out; }

  // All bytes written so far, also those that have been taken.
  std::uint64_t bytes() const { return taken_ + full_bytes_ + current_size(); }
  // Bytes of the chunk that is being filled.
  std::size_t current_size() const { return static_cast<std::size_t>(interface_.out.cursor - current_.data()); }

  // Whether the writer has kept to its place since bytes() was `before`: it went forward only, and within the buffer.
  // Once it has not, none of the block's bytes can be trusted any more, and this stays false; rollback() comes next.
  bool kept_its_place(std::uint64_t before);

  // Returns to an earlier bytes(); not to before the last take().
  void rollback(std::uint64_t bytes);

  bool has_full() const { return !full_.empty(); }
  // The chunks that are full; with rest: also the one being filled.
  std::vector<Chunk> take(bool rest);

private:
  struct Interface {
    jetcapture_out out; // first: a pointer to it is a pointer to this
    BlockOutput *owner;
  };
  static jetcapture_status more(jetcapture_out *out, std::uint64_t need);
  bool cursor_is_inside() const;
  void make_current(Chunk chunk);

  MemoryMeter &meter_;
  Interface interface_;
  Chunk current_;
  std::vector<Chunk> full_;
  std::uint64_t full_bytes_ = 0;
  std::uint64_t taken_ = 0;
  bool left_its_place_ = false;
};

} // namespace jetcapture::host
