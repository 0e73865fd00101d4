// What ends a capture.
#pragma once

#include <stdexcept>

namespace jetcapture::host {

// The capture can't go on: one sentence. Messages that are not acked stay in the stream.
struct CaptureError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// It was refused before it had begun: its sentence names the fix.
struct CaptureRefused : CaptureError {
  using CaptureError::CaptureError;
};

// It was told to stop before it had begun: that is no failure.
struct CaptureStopped : CaptureError {
  using CaptureError::CaptureError;
};

// Another host goes on with the capture.
struct Overtaken : CaptureError {
  using CaptureError::CaptureError;
};

// Another host was faster: it has begun what this one was about to begin. Nothing has been put.
struct Outrun : CaptureError {
  using CaptureError::CaptureError;
};

} // namespace jetcapture::host
