#include "restore/snapshot_archive.hpp"

#include "restore/restore_error.hpp"
#include "restore/tar_entry.hpp"

#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

namespace jetcapture::host {

namespace {

constexpr std::uint64_t erased_bit = std::uint64_t{1} << 63;
constexpr std::uint32_t headers_bit = std::uint32_t{1} << 31;
constexpr std::size_t hash_bytes = 8;
constexpr std::size_t fixed_bytes = 4 + 8 + 8 + 2 + hash_bytes;
constexpr std::size_t header_length_bytes = 4;
constexpr std::size_t most_subject_bytes = UINT16_MAX;

// All machines that this is built for have the low byte first, as the format has.
template <class Number>
std::string little_endian(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

std::string in_hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    text += digits.data();
  }
  return text;
}

std::string block_name(const std::string &stream, std::uint64_t number) {
  return stream + "-" + std::to_string(number);
}

} // namespace

SnapshotArchive::SnapshotArchive(std::string stream, std::string_view configuration, Erased erased,
                                 FramedSnappy::Sink frames, std::size_t frame_bytes)
    : stream_(std::move(stream)), erased_(erased), out_(std::move(frames), frame_bytes),
      hash_(block_name(stream_, block_number_)) {
  put_file("meta.inf", configuration);
  put_file("meta.sum", in_hex(RecordHash(stream_).of({configuration})));
  out_.flush(); // the server waits for something
}

void SnapshotArchive::add(const WholeMessage &message) {
  if (message.sequence <= last_sequence_)
    throw RestoreError("the backup gives message " + std::to_string(message.sequence) + " behind message " +
                       std::to_string(last_sequence_) + ": its messages are not in the order of the stream");
  if (message.sequence >= erased_bit >> 1)
    throw RestoreError("message " + std::to_string(message.sequence) + " has a sequence that no server gives");
  const std::size_t record = fixed_bytes + message.subject.size() + message.data.size() +
                             (message.headers.empty() ? 0 : header_length_bytes + message.headers.size());
  if (record > most_record_bytes || message.subject.size() > most_subject_bytes)
    throw RestoreError("message " + std::to_string(message.sequence) +
                       " is larger than a server restores (32 MiB): leave it out with --to and --from, or restore "
                       "with --publish");
  pass(message.sequence);
  make_room(record);
  put_record(message.sequence, message);
  messages_++;
  bytes_ += record;
  last_sequence_ = message.sequence;
  last_timestamp_ = message.timestamp;
}

void SnapshotArchive::finish(std::uint64_t last_sequence) {
  if (last_sequence > last_sequence_) {
    // An old server takes a block without messages for the beginning of the stream.
    if (erased_ == Erased::left_out || last_sequence - last_sequence_ - 1 <= most_missing_in_a_block)
      pass(last_sequence);
    put_erased(last_sequence);
  }
  end_block();
  out_.write(tar_end());
  out_.flush();
}

// The sequences between the last one and this one are missing. What is before the first message needs nothing.
void SnapshotArchive::pass(std::uint64_t sequence) {
  if (last_sequence_ == 0)
    return;
  if (sequence - last_sequence_ - 1 > most_missing_in_a_block)
    end_block();
  else if (erased_ == Erased::recorded)
    while (++last_sequence_ < sequence)
      put_erased(last_sequence_);
}

void SnapshotArchive::put_erased(std::uint64_t sequence) {
  make_room(fixed_bytes);
  put_record(sequence | erased_bit, {sequence, last_timestamp_, {}, {}, {}});
}

void SnapshotArchive::put_record(std::uint64_t sequence, const WholeMessage &message) {
  const bool with_headers = !message.headers.empty();
  const std::size_t size = fixed_bytes + message.subject.size() + message.data.size() +
                           (with_headers ? header_length_bytes + message.headers.size() : 0);
  const std::string identity = little_endian(sequence) + little_endian(message.timestamp);
  block_ += little_endian(static_cast<std::uint32_t>(size) | (with_headers ? headers_bit : 0));
  block_ += identity;
  block_ += little_endian(static_cast<std::uint16_t>(message.subject.size()));
  block_ += message.subject;
  if (with_headers)
    block_.append(little_endian(static_cast<std::uint32_t>(message.headers.size()))).append(message.headers);
  block_ += message.data;
  block_ += hash_.of({identity, message.subject, message.headers, message.data});
}

void SnapshotArchive::make_room(std::size_t bytes) {
  if (!block_.empty() && block_.size() + bytes > most_block_bytes)
    end_block();
}

void SnapshotArchive::end_block() {
  if (block_.empty())
    return;
  put_file("msgs/" + std::to_string(block_number_) + ".blk", block_);
  block_.clear();
  hash_ = RecordHash(block_name(stream_, ++block_number_));
}

void SnapshotArchive::put_file(const std::string &name, std::string_view bytes) {
  out_.write(tar_header(name, bytes.size()));
  out_.write(bytes);
  out_.write(tar_padding(bytes.size()));
}

} // namespace jetcapture::host
