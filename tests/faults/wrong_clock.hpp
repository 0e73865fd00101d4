// A host whose wall clock is wrong: libfaketime answers it (package faketime). A monotonic clock goes right.
#pragma once

#include "capture/host.hpp"
#include "support/installed.hpp"

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace jetcapture::test {

inline std::filesystem::path wrong_clock_library() {
  for (const auto &folder : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"})
    if (const auto library = std::filesystem::path(folder) / "faketime" / "libfaketime.so.1";
        std::filesystem::exists(library))
      return library;
  return {};
}

// True where there is no library: CTest counts the test as skipped. With CI=true it throws. A sanitizer has to be the
// first library of a
// process: there the test has nothing to do.
inline bool skipped_without_wrong_clock() {
#ifdef JETCAPTURE_FEWER
  return true;
#else
  if (!wrong_clock_library().empty())
    return false;
  if (in_ci())
    throw std::runtime_error("in CI no test is skipped, and this one needs libfaketime (package faketime)");
  std::printf("skipped: it needs libfaketime (package faketime)\n");
  return true;
#endif
}

// The next starts of the host have a clock that is wrong by so much: "-40s", "+1h"; "" for a right one.
inline void run_by_wrong_clock(Host &host, const std::string &offset) {
  host.environment["LD_PRELOAD"] = offset.empty() ? "" : wrong_clock_library().string();
  host.environment["FAKETIME"] = offset;
  host.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
}

// The same, by what stands in a file, which is read anew at each look at the clock.
inline void run_by_clock_file(Host &host, const std::string &file) {
  host.environment["LD_PRELOAD"] = wrong_clock_library().string();
  host.environment["FAKETIME_TIMESTAMP_FILE"] = file;
  host.environment["FAKETIME_NO_CACHE"] = "1";
  host.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
}

} // namespace jetcapture::test
