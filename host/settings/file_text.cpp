#include "settings/file_text.hpp"

#include <fstream>
#include <sstream>
#include <utility>

namespace jetcapture::host {

std::optional<std::string> file_text(const std::string &file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream.is_open())
    return std::nullopt;
  // peek() sees the end of an empty file and the failure of a folder, without the exception that iterators give.
  if (stream.peek() == std::ifstream::traits_type::eof())
    return stream.bad() ? std::nullopt : std::optional<std::string>("");
  std::ostringstream text;
  text << stream.rdbuf();
  if (text.fail() || stream.bad())
    return std::nullopt;
  return std::move(text).str();
}

} // namespace jetcapture::host
