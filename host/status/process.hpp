// What the kernel tells of this process, as other programs' process_* metrics do. Source: proc(5).
#pragma once

#include <cstdint>

namespace jetcapture::host {

struct ProcessFigures {
  double cpu_seconds = 0; // user and system
  double start_time = 0;  // seconds since 1970
  std::uint64_t resident_memory = 0;
  std::uint64_t virtual_memory = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t most_descriptors = 0; // 0: no limit
};

// What can't be read is zero.
ProcessFigures process_figures();

} // namespace jetcapture::host
