// A block blob: put whole, or in staged blocks, several at once, that one list makes the blob. The service verifies the
// MD5 of each.
#pragma once

#include "azure/container.hpp"
#include "azure/upload_headers.hpp"

#include <cstdint>
#include <string>

namespace jetcapture::plugins {

// Bounds of the service.
constexpr std::uint64_t largest_block = std::uint64_t{4000} << 20;
constexpr std::uint64_t most_blocks = 50'000;

struct BlockSettings {
  std::uint64_t block_size;
  unsigned parallel;
  BlobChoices choices;
};

// A blob that is to be created only is asked for so, in blocks by the list that makes them one. Throws Retry and
// Misconfigured: no blob of that name has changed then, and staged blocks are the service's to forget,
// after a week.
void put_blob(Container &container, const std::string &key, const Object &object, const BlockSettings &settings,
              const TimeLimit &time_limit);

} // namespace jetcapture::plugins
