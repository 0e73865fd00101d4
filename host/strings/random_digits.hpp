// Names that nobody else has.
#pragma once

#include <cstddef>
#include <cstdio>
#include <random>
#include <string>

namespace jetcapture::host {

// So many hexadecimal digits that nobody else has.
inline std::string random_digits(std::size_t count) {
  std::random_device random;
  std::string digits;
  while (digits.size() < count) {
    char eight[9];
    std::snprintf(eight, sizeof eight, "%08x", random());
    digits += eight;
  }
  digits.resize(count);
  return digits;
}

} // namespace jetcapture::host
