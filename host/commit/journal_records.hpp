// How records stand in the journal's file, and how they are found again where the file is damaged.
//
// A line names the format, for people. Then records, little-endian: [mark, 4 bytes][u32 length][u32 CRC-32 of length
// and payload][payload]. The mark never occurs in a payload: behind each occurrence of its first three bytes there a
// zero byte is added. So what a message brings in (a destination key) can't be mistaken for a record, and behind damage
// the next mark is the next record.
//
// Version 1 of the format had no mark, and its CRC-32 was that of the payload alone. It is read, never written.
#pragma once

#include "delivery/sequence_list.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::host {

constexpr std::string_view journal_first_line = "jetcapture journal 2\n";

enum class RecordType : std::uint8_t {
  identity = 1,
  intent,
  stored,
  done,
  dropped,
  history,
  floor,
  generation,
  landmark,
  position,
  ledger
};

// A record with its frame. A large one is written into the memory that it needs: blocks of millions of messages are in
// several at once.
class RecordWriter {
public:
  explicit RecordWriter(RecordType type, std::size_t expected_bytes = 0);

  template <class Integer>
  RecordWriter &put_integer(Integer value) {
    for (std::size_t i = 0; i < sizeof value; i++)
      bytes_ += static_cast<char>(static_cast<std::uint64_t>(value) >> 8 * i);
    return *this;
  }
  RecordWriter &put(std::string_view text);

  // What it wrote, at the end.
  std::string record();

private:
  std::string bytes_;
};

// Reads the payload that a RecordWriter wrote; good() turns false at what it can't have written.
class RecordReader {
public:
  explicit RecordReader(std::string_view payload) : rest_(payload) {}

  RecordType type() { return static_cast<RecordType>(integer<std::uint8_t>()); }
  template <class Integer>
  Integer integer() {
    if (rest_.size() < sizeof(Integer)) {
      good_ = false;
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); i++)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << 8 * i;
    rest_.remove_prefix(sizeof(Integer));
    return static_cast<Integer>(value);
  }
  std::string text();
  SequenceList sequences();

  // All is read. Fields that version 1 did not have are at the end.
  bool at_end() const { return rest_.empty(); }
  bool good() const { return good_; }

private:
  std::string_view rest_;
  bool good_ = true;
};

// Of a record that RecordWriter gave.
std::string payload_of(std::string_view record);

// Finds the whole records of a file, in their order.
class RecordScanner {
public:
  // file: all its bytes; they have to outlive the scanner.
  explicit RecordScanner(std::string_view file);

  // False: the file is not a journal, or one of a later version.
  bool is_journal() const { return is_journal_; }
  // The payload of the next whole record; nullopt: there is none any more.
  std::optional<std::string> next();

  // Damage that has whole records behind it. Of version 1, nothing behind damage is found.
  std::uint64_t damaged_bytes() const { return damaged_bytes_; }
  std::uint64_t damaged_records() const { return damaged_records_; }
  std::uint64_t records_behind_damage() const { return records_behind_; }
  // At the end, once next() found nothing: a record that a crash has cut off, usually.
  std::uint64_t torn_bytes() const { return file_.size() - at_; }

private:
  struct Whole {
    std::string payload;
    std::size_t size;
  };
  std::optional<Whole> whole_at(std::size_t at) const;

  std::string_view file_;
  std::size_t at_ = 0; // behind the last whole record
  bool first_version_ = false;
  bool is_journal_ = true;
  std::uint64_t damaged_bytes_ = 0;
  std::uint64_t damaged_records_ = 0;
  std::uint64_t records_behind_ = 0;
};

} // namespace jetcapture::host
