#include "reading/block_messages.hpp"

#include "reading/reading_error.hpp"

#include <algorithm>
#include <cstring>

namespace jetcapture::host {

void BlockMessages::add(const WholeMessage &message) {
  const Head head = {message.sequence, message.timestamp, message.subject.size(), message.headers.size(),
                     message.data.size()};
  ascending_ = ascending_ && (places_.empty() || places_.back().first <= message.sequence);
  places_.emplace_back(message.sequence, bytes_.size());
  char bytes[sizeof head];
  std::memcpy(bytes, &head, sizeof head);
  for (const std::string_view part :
       {std::string_view(bytes, sizeof bytes), message.subject, message.headers, message.data})
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

WholeMessage BlockMessages::take(std::string &kept) {
  const Head head = head_;
  const std::uint64_t behind = next_ + sizeof head + head.body();
  const bool is_last = behind == bytes_.size();
  kept.resize(head.body() + (is_last ? 0 : sizeof head));
  read(next_ + sizeof head, kept.data(), kept.size());
  if (!is_last)
    std::memcpy(&head_, kept.data() + head.body(), sizeof head_);
  next_ = behind;
  const std::string_view body = kept;
  return {head.sequence, head.timestamp, body.substr(0, head.subject), body.substr(head.subject, head.headers),
          body.substr(head.subject + head.headers, head.data)};
}

} // namespace jetcapture::host
