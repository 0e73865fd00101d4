// From an errno to a status with its sentence: "can't write /backup/x: No space left on device".
#pragma once

#include <string>

namespace jetcapture::plugins {

// Throws Misconfigured where someone has to act (permissions, a read-only file system, something in the way), else
// Retry.
[[noreturn]] void fail(int error, const std::string &what, const std::string &path);

} // namespace jetcapture::plugins
