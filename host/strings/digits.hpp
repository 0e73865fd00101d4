// Numbers of a fixed width.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace jetcapture::host {

// The last digits of a number, so many of them, with zeros in front.
inline void append_digits(std::string &text, std::uint64_t number, std::size_t digits) {
  text.resize(text.size() + digits);
  for (std::size_t i = 1; i <= digits; i++, number /= 10)
    text[text.size() - i] = static_cast<char>('0' + number % 10);
}

} // namespace jetcapture::host
