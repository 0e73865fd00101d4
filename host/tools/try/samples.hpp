// Sample messages for `jetcapture try`: from files and standard input, or from a stream.
#pragma once

#include "settings/settings.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::host {

// A message that owns its bytes.
struct Sample {
  std::string subject;
  std::string data;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string header_block = {}; // as of jetcapture_message
  std::uint64_t sequence = 0;
  std::int64_t timestamp = 0; // nanoseconds since 1970, UTC
};

class Samples {
public:
  virtual ~Samples() = default;
  // False: there is no other. Throws StartupError where they can't be read.
  virtual bool next(Sample &sample) = 0;
};

struct FileSamples {
  std::vector<std::string> files; // "-" is standard input
  bool whole = false;             // a file is a message; else each of its lines is
  std::string subject;
  std::vector<std::pair<std::string, std::string>> headers;
};
// Read as they are asked for. Sequences count from 1, timestamps are now.
std::unique_ptr<Samples> samples_from_files(FileSamples from);

// The last count messages of the stream of the settings, oldest first, read without a consumer. Throws StartupError: no
// connection, no such stream.
std::unique_ptr<Samples> samples_from_stream(const Settings &settings, std::uint64_t count, Log &log);

} // namespace jetcapture::host
