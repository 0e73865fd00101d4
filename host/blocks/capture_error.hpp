// What ends a capture.
#pragma once

#include <stdexcept>

namespace jetcapture::host {

// The capture can't go on: one sentence. Messages that are not acked stay in the stream.
struct CaptureError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace jetcapture::host
