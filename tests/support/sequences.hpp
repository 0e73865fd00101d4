// Sequences that tests expect.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

namespace jetcapture::test {

// From the first to the last, both included.
inline std::vector<std::uint64_t> from_to(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> all(last - first + 1);
  std::iota(all.begin(), all.end(), first);
  return all;
}

} // namespace jetcapture::test
