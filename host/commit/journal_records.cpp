#include "commit/journal_records.hpp"

#include <utility>

#include <zlib.h>

namespace jetcapture::host {

namespace {

constexpr std::string_view first_line_1 = "jetcapture journal 1\n";
static_assert(first_line_1.size() == journal_first_line.size());

// No two of its first three bytes are the same, so occurrences never overlap.
constexpr std::string_view mark = "\xF5JR\x02";
constexpr std::string_view mark_start = mark.substr(0, 3);
constexpr std::size_t length_size = sizeof(std::uint32_t);
constexpr std::size_t frame_size = mark.size() + 2 * length_size;
constexpr std::size_t frame_size_1 = 2 * length_size;

std::uint32_t checksum(std::string_view bytes, std::uint32_t before = 0) {
  return static_cast<std::uint32_t>(crc32_z(before, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
}

} // namespace

RecordWriter::RecordWriter(RecordType type, std::size_t expected_bytes) {
  bytes_.reserve(frame_size + sizeof type + expected_bytes);
  bytes_.resize(frame_size);
  put_integer(static_cast<std::uint8_t>(type));
}

RecordWriter &RecordWriter::put(std::string_view text) {
  put_integer(static_cast<std::uint32_t>(text.size()));
  bytes_ += text;
  return *this;
}

std::string RecordWriter::record() {
  for (std::size_t at = frame_size; (at = bytes_.find(mark_start, at)) != std::string::npos;) {
    at += mark_start.size();
    bytes_.insert(at, 1, '\0');
  }
  std::string frame(mark);
  const auto put_word = [&](std::uint32_t word) {
    for (std::size_t i = 0; i < length_size; i++)
      frame += static_cast<char>(word >> 8 * i);
  };
  put_word(static_cast<std::uint32_t>(bytes_.size() - frame_size));
  const std::uint32_t of_length = checksum(std::string_view(frame).substr(mark.size()));
  put_word(checksum(std::string_view(bytes_).substr(frame_size), of_length));
  bytes_.replace(0, frame_size, frame);
  return std::move(bytes_);
}

std::string RecordReader::text() {
  const auto size = integer<std::uint32_t>();
  if (!good_ || rest_.size() < size) {
    good_ = false;
    return {};
  }
  std::string text(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return text;
}

SequenceList RecordReader::sequences() {
  auto list = SequenceList::decode(text());
  good_ = good_ && list.has_value();
  return list ? std::move(*list) : SequenceList();
}

std::string payload_of(std::string_view record) {
  std::string payload(record.substr(frame_size));
  for (std::size_t at = 0; (at = payload.find(mark_start, at)) != std::string::npos;) {
    at += mark_start.size();
    payload.erase(at, 1);
  }
  return payload;
}

RecordScanner::RecordScanner(std::string_view file) : file_(file) {
  // Shorter than the first line: cut off by a crash when it was made.
  if (file.size() < journal_first_line.size())
    return;
  const std::string_view records = file.substr(journal_first_line.size());
  if (file.starts_with(journal_first_line) || (file.starts_with(first_line_1) && !records.starts_with(mark))) {
    first_version_ = file.starts_with(first_line_1);
    at_ = journal_first_line.size();
    return;
  }
  // The line itself may be what is damaged.
  is_journal_ = RecordScanner(*this).next().has_value();
}

std::optional<RecordScanner::Whole> RecordScanner::whole_at(std::size_t at) const {
  std::string_view rest = file_.substr(at);
  const std::size_t frame = first_version_ ? frame_size_1 : frame_size;
  if (rest.size() < frame)
    return std::nullopt;
  const std::string_view words = rest.substr(frame - frame_size_1, frame_size_1);
  RecordReader reader(words);
  const auto size = reader.integer<std::uint32_t>();
  const auto sum = reader.integer<std::uint32_t>();
  if (rest.size() - frame < size)
    return std::nullopt;
  const std::uint32_t before = first_version_ ? 0 : checksum(words.substr(0, length_size));
  rest = rest.substr(0, frame + size);
  if (checksum(rest.substr(frame), before) != sum)
    return std::nullopt;
  return Whole{first_version_ ? std::string(rest.substr(frame)) : payload_of(rest), rest.size()};
}

std::optional<std::string> RecordScanner::next() {
  const auto taken = [this](std::size_t at, Whole whole) {
    at_ = at + whole.size;
    return std::move(whole.payload);
  };
  if (first_version_) {
    auto whole = whole_at(at_);
    return whole ? std::optional(taken(at_, std::move(*whole))) : std::nullopt;
  }
  // A record that does not begin with its mark is damaged there.
  std::uint64_t damaged = file_.substr(at_).starts_with(mark) ? 0 : 1;
  for (std::size_t at = at_; (at = file_.find(mark, at)) != std::string_view::npos; at++) {
    if (auto whole = whole_at(at)) {
      if (at > at_) {
        damaged_bytes_ += at - at_;
        damaged_records_ += damaged;
      }
      records_behind_ += damaged_bytes_ > 0 ? 1 : 0;
      return taken(at, std::move(*whole));
    }
    damaged++;
  }
  return std::nullopt;
}

} // namespace jetcapture::host
