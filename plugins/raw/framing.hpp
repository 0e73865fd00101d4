// What tells one message's data from the next in a file: bytes behind it, or its length before it.
#pragma once

#include "jetcapture/plugin.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace jetcapture::plugins {

class Framing {
public:
  // Throws Misconfigured when the values don't go together.
  explicit Framing(const Options &options);

  // Throws BadData when the data does not fit (strict, or too long for its length); nothing is written then.
  void put(Out out, std::string_view data) const;

  static constexpr const char *length_choices[] = {"none", "u32be", "u32le", "u64be", "u64le", "varint", nullptr};

private:
  enum class Length { none, u32be, u32le, u64be, u64le, varint };

  static Length length_of(const std::string &choice);
  void put_length(Out out, std::uint64_t size) const;

  Length length_;
  std::string delimiter_; // empty with a length
  bool strict_;
};

} // namespace jetcapture::plugins
