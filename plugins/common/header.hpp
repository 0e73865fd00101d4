// Headers of a message.
#pragma once

#include <jetcapture/plugin.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace jetcapture::common {

// The first header of that name; nullopt: there is none.
inline std::optional<std::string_view> header_of(const jetcapture_message &message, std::string_view name) {
  for (std::uint32_t i = 0; i < message.header_count; i++)
    if (view(message.headers[i].name) == name)
      return view(message.headers[i].value);
  return std::nullopt;
}

} // namespace jetcapture::common
