#include "host/restore/archive_reader.hpp"

#include <cstring>
#include <stdexcept>

namespace jetcapture::test {

namespace {

template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  Number number = 0;
  if (at + sizeof number > bytes.size())
    throw std::runtime_error("cut off");
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

// A block of snappy, or of S2, with which servers pack: a copy with the offset 0 has that of the copy before it.
std::string unpack_block(std::string_view block) {
  std::size_t at = 0;
  const auto number = [&](std::size_t bytes) {
    std::size_t value = 0;
    for (std::size_t i = 0; i < bytes; i++)
      value |= static_cast<std::size_t>(static_cast<unsigned char>(block.at(at++))) << (8 * i);
    return value;
  };
  while ((number(1) & 0x80) != 0) {
  } // how long it is
  std::string bytes;
  std::size_t offset = 0;
  while (at < block.size()) {
    const std::size_t tag = number(1);
    const std::size_t high = tag >> 2;
    if ((tag & 3) == 0) {
      const std::size_t size = 1 + (high < 60 ? high : number(high - 59));
      bytes += block.substr(at, size);
      at += size;
      continue;
    }
    std::size_t size = 1 + high;
    if ((tag & 3) == 1) {
      const std::size_t given = (tag & 0xe0) << 3 | number(1);
      const std::size_t code = high & 7;
      size = code + 4;
      if (given != 0)
        offset = given;
      else if (code >= 5)
        size = 4 + (code == 5 ? 4 : std::size_t{1} << (8 * (code - 5))) + number(code - 4);
    } else {
      offset = number((tag & 3) == 2 ? 2 : 4);
    }
    if (offset == 0 || offset > bytes.size())
      throw std::runtime_error("not snappy");
    for (std::size_t i = 0; i < size; i++)
      bytes += bytes[bytes.size() - offset];
  }
  return bytes;
}

} // namespace

std::string unpack_frames(std::string_view packed) {
  std::string bytes;
  for (std::size_t at = 0; at < packed.size();) {
    const auto head = number_at<std::uint32_t>(packed, at);
    const std::uint32_t kind = head & 0xff;
    const std::uint32_t size = head >> 8;
    const std::string_view body = packed.substr(at + 4, size);
    at += 4 + size;
    // Both kinds begin with a checksum of four bytes.
    if (kind == 0x00) {
      bytes += unpack_block(body.substr(4));
    } else if (kind == 0x01) {
      bytes += body.substr(4);
    } else if (kind != 0xff && kind != 0xfe && kind != 0x99) { // 0x99: an index, which s2 writes
      throw std::runtime_error("an unknown frame");
    }
  }
  return bytes;
}

std::map<std::string, std::string> files_of_tar(std::string_view tar) {
  std::map<std::string, std::string> files;
  constexpr std::size_t record = 512;
  for (std::size_t at = 0; at + record <= tar.size() && tar[at] != '\0';) {
    const std::string name = std::string(tar.substr(at, 100)).c_str();
    const std::size_t size = std::stoul(std::string(tar.substr(at + 124, 12)), nullptr, 8);
    files[name] = tar.substr(at + record, size);
    at += record + (size + record - 1) / record * record;
  }
  return files;
}

std::vector<Record> records_of(std::string_view block) {
  std::vector<Record> records;
  while (!block.empty()) {
    Record record;
    const auto head = number_at<std::uint32_t>(block, 0);
    const std::uint32_t size = head & 0x7fffffff;
    const auto sequence = number_at<std::uint64_t>(block, 4);
    record.erased = (sequence >> 63) != 0;
    record.sequence = sequence & ~(std::uint64_t{1} << 63);
    record.timestamp = number_at<std::int64_t>(block, 12);
    const auto subject_size = number_at<std::uint16_t>(block, 20);
    record.subject = block.substr(22, subject_size);
    std::size_t at = 22u + subject_size;
    if (head != size) {
      const auto headers_size = number_at<std::uint32_t>(block, at);
      record.headers = block.substr(at + 4, headers_size);
      at += 4 + headers_size;
    }
    record.data = block.substr(at, size - at - 8);
    record.hash = block.substr(size - 8, 8);
    records.push_back(record);
    block.remove_prefix(size);
  }
  return records;
}

} // namespace jetcapture::test
