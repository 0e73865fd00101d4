#include "text/utf8.hpp"

#include <simdjson.h>

namespace jetcapture::plugins {

bool is_utf8_beyond_ascii(std::string_view bytes) noexcept {
  return bytes.empty() || simdjson::validate_utf8(bytes.data(), bytes.size());
}

} // namespace jetcapture::plugins
