// The messages of a block on disk, in ascending order of their sequences: what a block holds came in the order of
// deliveries. In memory is what is known of the next one, and as much as may be read ahead.
//
// Any thread, one at a time.
#pragma once

#include "delivery/whole_message.hpp"
#include "reading/spooled_bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::host {

class BlockMessages {
public:
  // spool: outlives it.
  explicit BlockMessages(Spool &spool) : spool_(spool), bytes_(spool) {}

  // Throws ReadingError: the disk is full, or can't be read.
  void add(const WholeMessage &message);
  // All were added; the first one is next.
  void end();

  // After end().
  bool has_next() const { return next_ < bytes_.size(); }
  std::uint64_t sequence() const { return head_.sequence; }
  std::int64_t timestamp() const { return head_.timestamp; }
  // The next one, and goes on to the one behind it. ahead: how many bytes may be read at once and kept for the ones
  // behind it. Its texts are valid until the next call, with kept also when this is gone. Throws ReadingError.
  WholeMessage take(std::string &kept, std::size_t ahead = 0);

private:
  void sort();
  // Throws ReadingError where they are not there.
  void read(std::uint64_t offset, char *buffer, std::uint64_t count) const;
  const char *read_ahead(std::uint64_t offset, std::uint64_t count, std::size_t ahead);

  Spool &spool_;
  SpooledBytes bytes_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places_; // until end(): sequence and offset of each
  bool ascending_ = true;
  std::uint64_t next_ = 0;     // the offset of the next one
  MessageHead head_;           // of the next one
  std::string ahead_;          // what was read
  std::uint64_t ahead_at_ = 0; // its offset
};

} // namespace jetcapture::host
