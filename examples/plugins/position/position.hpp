// What the decoder hands to the writer.
#pragma once

#include <jetcapture/plugin.hpp>

#include <cstdint>
#include <string_view>

#define POSITION_PAYLOAD "com.example.position/1"

// Valid until the writer returns, as all payloads are.
struct Position {
  std::string_view vehicle;
  double latitude;   // degrees
  double longitude;  // degrees
  std::int64_t time; // nanoseconds since 1970
};
