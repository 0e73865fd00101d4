// Takes an archive of a stream apart: framed snappy, tar, and the records of a block.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::test {

// The bytes that framed snappy stands for. Throws std::runtime_error: it is none.
std::string unpack_frames(std::string_view packed);

// The files of a tar by their names. The same.
std::map<std::string, std::string> files_of_tar(std::string_view tar);

struct Record {
  bool erased = false;
  std::uint64_t sequence = 0;
  std::int64_t timestamp = 0;
  std::string subject;
  std::string headers;
  std::string data;
  std::string hash;
};
std::vector<Record> records_of(std::string_view block);

} // namespace jetcapture::test
