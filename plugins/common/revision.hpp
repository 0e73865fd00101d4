// The identity of schemas (payload.h): numbers that no two schemas of this library share in the process.
#pragma once

#include <atomic>
#include <cstdint>

namespace jetcapture::common {

// [any-thread] Above 0, another one at each call.
inline std::uint64_t next_revision() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

} // namespace jetcapture::common
