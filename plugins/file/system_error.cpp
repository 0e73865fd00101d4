#include "file/system_error.hpp"

#include "jetcapture/plugin.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace jetcapture::plugins {

namespace {

bool someone_has_to_act(int error) {
  switch (error) {
  case EACCES:
  case EPERM:
  case EROFS:
  case ENOTDIR:
  case EISDIR:
  case ELOOP:
  case ENAMETOOLONG:
  case EFBIG:
  case EXDEV:
  case EINVAL:
    return true;
  default: // ENOSPC, EDQUOT, EIO, EMFILE, ENFILE, EINTR, ESTALE, ENOENT, …
    return false;
  }
}

} // namespace

void fail(int error, const std::string &what, const std::string &path) {
  std::string sentence = "can't " + what + " " + path + ": " + std::generic_category().message(error);
  // Set for what systemd runs: in the sandbox of its unit a file system is read-only that is not so elsewhere.
  if (error == EROFS && std::getenv("INVOCATION_ID") != nullptr)
    sentence += "; a unit of systemd with ProtectSystem= needs ReadWritePaths= with that folder";
  if (someone_has_to_act(error))
    throw Misconfigured(sentence);
  throw Retry(sentence);
}

} // namespace jetcapture::plugins
