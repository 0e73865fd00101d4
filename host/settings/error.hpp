// What is wrong before the first pull, as one sentence that names the fix.
#pragma once

#include <stdexcept>
#include <string>

namespace jetcapture::host {

// Thrown while the host starts: a wrong flag, plug-in, connection or consumer. main() prints it and exits with status
// 2.
struct StartupError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace jetcapture::host
