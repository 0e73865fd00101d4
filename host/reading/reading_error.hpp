// Reading a backup can't go on: the disk is full, a plug-in is broken. One sentence.
#pragma once

#include <stdexcept>

namespace jetcapture::host {

struct ReadingError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace jetcapture::host
