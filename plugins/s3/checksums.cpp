#include "s3/checksums.hpp"

#include "http/encoding.hpp"
#include "s3/errors.hpp"

#include <exception>
#include <string>

namespace jetcapture::plugins {

namespace {

std::string line(bool sent, const std::string &refused) {
  return (sent ? "uploads carry x-amz-checksum-sha256 again, since the service refused one without ("
               : "uploads go without x-amz-checksum-sha256 from now on, with the signed SHA-256 alone, since the "
                 "service "
                 "refused one with it (") +
         refused + ")";
}

} // namespace

Header checksum_header(const Sha256 &hash) {
  return {"x-amz-checksum-sha256", base64(bytes_of(hash))};
}

void Checksums::upload(const std::function<void(bool checksums)> &put) {
  const bool sent = sent_;
  std::exception_ptr first;
  std::string sentence;
  try {
    put(sent);
    return;
  } catch (const Refusal &refusal) {
    if (!may_be_due_to_checksums(refusal))
      throw;
    first = std::current_exception();
    sentence = refusal.what();
  }
  try {
    put(!sent);
  } catch (const Refusal &) {
    std::rethrow_exception(first);
  }
  if (sent_.exchange(!sent) == sent)
    host_.warn(line(!sent, sentence));
}

} // namespace jetcapture::plugins
