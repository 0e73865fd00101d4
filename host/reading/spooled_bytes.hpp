// Bytes that are appended, and then read at any place: in the spool, in pieces, but for what is behind the last whole
// piece. They go with it.
//
// One thread at a time.
#pragma once

#include "blocks/spool.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

class SpooledBytes {
public:
  // spool: outlives it.
  explicit SpooledBytes(Spool &spool) : spool_(&spool) {}

  // Throws ReadingError: the disk is full.
  void append(std::string_view bytes);
  // Moves the rest into the spool, too. Nothing is appended after it. Throws as append().
  void flush();

  std::uint64_t size() const { return size_; }
  // Up to count bytes from offset, fewer only at the end; -1: they can't be read.
  std::int64_t read(std::uint64_t offset, char *buffer, std::uint64_t count) const;

private:
  static constexpr std::size_t piece = 1u << 20;

  void move_to_spool(std::string_view bytes);
  std::int64_t read_some(std::uint64_t offset, char *buffer, std::uint64_t count) const;

  Spool *spool_;
  std::vector<Spool::Extent> pieces_; // each but the last of that size
  std::string rest_;
  std::uint64_t size_ = 0;
};

} // namespace jetcapture::host
