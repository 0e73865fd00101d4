#include "restore/tar_entry.hpp"

#include <cstdio>

namespace jetcapture::host {

namespace {

constexpr std::size_t record = 512;
constexpr std::size_t checksum_at = 148;
constexpr std::size_t checksum_size = 8;

// As the format has its numbers: octal digits, and a NUL.
void put_number(std::string &header, std::size_t at, std::size_t size, std::uint64_t number) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%0*llo", static_cast<int>(size - 1), static_cast<unsigned long long>(number));
  header.replace(at, size - 1, digits, size - 1);
}

} // namespace

std::string tar_header(std::string_view name, std::uint64_t bytes) {
  std::string header(record, '\0');
  header.replace(0, name.size(), name);
  put_number(header, 100, 8, 0600); // mode
  put_number(header, 108, 8, 0);    // user
  put_number(header, 116, 8, 0);    // group
  put_number(header, 124, 12, bytes);
  put_number(header, 136, 12, 0); // time
  header[156] = '0';              // a regular file
  header.replace(257, 5, "ustar");
  header.replace(263, 2, "00");
  // The sum of all bytes, with blanks in its own place.
  header.replace(checksum_at, checksum_size, checksum_size, ' ');
  std::uint64_t sum = 0;
  for (const char byte : header)
    sum += static_cast<unsigned char>(byte);
  put_number(header, checksum_at, 7, sum);
  header[checksum_at + 6] = '\0';
  return header;
}

std::string tar_padding(std::uint64_t bytes) {
  return std::string((record - bytes % record) % record, '\0');
}

std::string tar_end() {
  return std::string(2 * record, '\0');
}

} // namespace jetcapture::host
