// What a library may change of a process by being loaded: nothing of this.
#pragma once

#include <string>

namespace jetcapture::host {

struct ProcessState {
  std::size_t threads = 0;
  std::size_t descriptors = 0;
  std::string signal_handlers; // one letter a signal: default, ignored, handled
  std::string locale;
  std::string folder;
  int rounding = 0;
  int float_exceptions = 0; // those that trap
  unsigned umask = 0;

  static ProcessState now();
  // "it has started a thread"; empty: the same.
  std::string difference(const ProcessState &later) const;
};

} // namespace jetcapture::host
