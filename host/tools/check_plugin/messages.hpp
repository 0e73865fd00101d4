// Messages that decoders and writers are checked with: usual ones, hard ones, and random ones from a fixed seed.
#pragma once

#include "jetcapture/payload.h"
#include "tools/check_plugin/check.hpp"
#include "tools/check_plugin/guarded.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace jetcapture::host {

// A message in memory of its own.
class CheckMessage {
public:
  // at_guard: each text ends at a page that must not be touched; else some zeros are behind it.
  CheckMessage(std::string_view data, std::uint64_t sequence, bool at_guard = false);
  // No data, no headers, an empty subject.
  static CheckMessage empty();

  const jetcapture_message &message() const { return message_; }
  void set_timestamp(std::int64_t timestamp) { message_.timestamp = timestamp; }
  // All its bytes, and those of its struct.
  std::string content() const;
  // Takes its memory away: whoever kept a pointer to it crashes when it uses it.
  void forbid();

private:
  CheckMessage(std::string_view data, std::string_view subject, std::uint64_t sequence, bool at_guard,
               bool with_headers);

  Guarded data_;
  Guarded subject_;
  Guarded texts_;
  std::vector<jetcapture_pair> headers_;
  jetcapture_message message_{};
};

// The user's samples; or, without, texts that common decoders know.
std::vector<std::string> usual_data(const Subject &subject);

// Random bytes, or a usual text with some of its bytes changed, cut or doubled; never empty, at most 4 KiB.
std::string random_data(std::mt19937_64 &random, const std::vector<std::string> &usual);

} // namespace jetcapture::host
