#include "reading/block_messages.hpp"

#include "reading/reading_error.hpp"

#include <algorithm>
#include <cstring>

namespace jetcapture::host {

void BlockMessages::add(const WholeMessage &message) {
  const MessageHead head(message);
  ascending_ = ascending_ && (places_.empty() || places_.back().first <= message.sequence);
  places_.emplace_back(message.sequence, bytes_.size());
  for (const std::string_view part : {head.bytes(), message.subject, message.headers, message.data})
    bytes_.append(part);
}

void BlockMessages::read(std::uint64_t offset, char *buffer, std::uint64_t count) const {
  if (bytes_.read(offset, buffer, count) != static_cast<std::int64_t>(count))
    throw ReadingError("messages that were kept on disk can't be read again; is the disk of TMPDIR in order?");
}

void BlockMessages::sort() {
  std::stable_sort(places_.begin(), places_.end(),
                   [](const auto &one, const auto &other) { return one.first < other.first; });
  SpooledBytes sorted(spool_);
  std::string record;
  for (const auto &[sequence, offset] : places_) {
    read(offset, reinterpret_cast<char *>(&head_), sizeof head_);
    record.resize(sizeof head_ + head_.body());
    read(offset, record.data(), record.size());
    sorted.append(record);
  }
  bytes_ = std::move(sorted);
}

void BlockMessages::end() {
  if (!ascending_)
    sort();
  std::vector<std::pair<std::uint64_t, std::uint64_t>>().swap(places_);
  bytes_.flush();
  if (has_next())
    read(0, reinterpret_cast<char *>(&head_), sizeof head_);
}

// Not more than ahead. Valid until the next call.
const char *BlockMessages::read_ahead(std::uint64_t offset, std::uint64_t count, std::size_t ahead) {
  if (offset < ahead_at_ || offset + count > ahead_at_ + ahead_.size()) {
    ahead_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(ahead, bytes_.size() - offset)));
    read(offset, ahead_.data(), ahead_.size());
    ahead_at_ = offset;
  }
  return ahead_.data() + (offset - ahead_at_);
}

WholeMessage BlockMessages::take(std::string &kept, std::size_t ahead) {
  const MessageHead head = head_;
  const std::uint64_t begin = next_ + sizeof head;
  const bool is_last = begin + head.body() == bytes_.size();
  const std::uint64_t wanted = head.body() + (is_last ? 0 : sizeof head);
  const char *bytes = nullptr;
  if (wanted <= ahead) {
    bytes = read_ahead(begin, wanted, ahead);
  } else {
    std::string().swap(ahead_);
    kept.resize(wanted);
    read(begin, kept.data(), wanted);
    bytes = kept.data();
  }
  if (!is_last)
    std::memcpy(&head_, bytes + head.body(), sizeof head_);
  next_ = begin + head.body();
  if (is_last && wanted <= ahead) { // this may go before its texts do
    const std::ptrdiff_t place = bytes - ahead_.data();
    kept.swap(ahead_);
    bytes = kept.data() + place;
  }
  const std::string_view body(bytes, head.body());
  return {head.sequence, head.timestamp, body.substr(0, head.subject), body.substr(head.subject, head.headers),
          body.substr(head.subject + head.headers, head.data)};
}

} // namespace jetcapture::host
