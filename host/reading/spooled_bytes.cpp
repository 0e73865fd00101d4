#include "reading/spooled_bytes.hpp"

#include "reading/reading_error.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

void SpooledBytes::move_to_spool(std::string_view bytes) {
  std::optional<Spool::Extent> extent = spool_->append(bytes);
  if (!extent)
    throw ReadingError("messages can't be kept on disk (" + spool_->reason() +
                       "); set TMPDIR to a folder with more room, or read a shorter range");
  pieces_.push_back(std::move(*extent));
}

void SpooledBytes::append(std::string_view bytes) {
  size_ += bytes.size();
  while (rest_.size() + bytes.size() >= piece) {
    const std::string_view first = bytes.substr(0, piece - rest_.size());
    bytes.remove_prefix(first.size());
    rest_ += first;
    move_to_spool(rest_);
    rest_.clear();
  }
  rest_ += bytes;
}

void SpooledBytes::flush() {
  if (!rest_.empty())
    move_to_spool(rest_);
  std::string().swap(rest_);
}

std::int64_t SpooledBytes::read_some(std::uint64_t offset, char *buffer, std::uint64_t count) const {
  const auto which = static_cast<std::size_t>(offset / piece);
  const std::uint64_t within = offset % piece;
  if (which < pieces_.size())
    return pieces_[which].read(within, buffer, count);
  return static_cast<std::int64_t>(std::string_view(rest_).substr(within, count).copy(buffer, count));
}

std::int64_t SpooledBytes::read(std::uint64_t offset, char *buffer, std::uint64_t count) const {
  if (offset >= size_)
    return 0;
  const std::uint64_t wanted = std::min(count, size_ - offset);
  std::uint64_t done = 0;
  while (done < wanted) {
    const std::int64_t got = read_some(offset + done, buffer + done, wanted - done);
    if (got <= 0)
      return -1;
    done += static_cast<std::uint64_t>(got);
  }
  return static_cast<std::int64_t>(done);
}

} // namespace jetcapture::host
