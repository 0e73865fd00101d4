// A block blob: put whole, or in staged blocks, several at once, that one list makes the blob. The service verifies the
// MD5 of each.
#pragma once

#include "azure/container.hpp"

#include <cstdint>
#include <string>

namespace jetcapture::plugins {

// Bounds of the service.
constexpr std::uint64_t largest_block = std::uint64_t{4000} << 20;
constexpr std::uint64_t most_blocks = 50'000;

struct BlockSettings {
  std::uint64_t block_size;
  unsigned parallel;
  std::string tier; // "": the account's
};

// Throws Retry and Misconfigured: no blob of that name has changed then, and staged blocks are the service's to forget,
// after a week.
void put_blob(Container &container, const std::string &key, const Object &object, const BlockSettings &settings,
              const TimeLimit &time_limit);

} // namespace jetcapture::plugins
