// How fields, rows and nulls look in a file: the checked options.
#pragma once

#include "jetcapture/plugin.hpp"

#include <array>
#include <string>
#include <string_view>

namespace jetcapture::plugins {

enum class Quote { minimal, all, nonnumeric };

struct Dialect {
  // Throws Misconfigured when the values don't go together or can't be told apart in a file.
  explicit Dialect(const Options &options);

  char delimiter;
  Quote quote;
  std::string_view line_end;
  std::string null;     // stands unquoted; everything else that looks like it is quoted
  bool escape_formulas; // texts that a spreadsheet would run get a ' in front
  bool header;
  std::array<bool, 256> special{}; // bytes that make a text need quotes
};

} // namespace jetcapture::plugins
