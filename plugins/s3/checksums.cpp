#include "s3/checksums.hpp"

#include "http/encoding.hpp"
#include "http/piece_hasher.hpp"
#include "s3/errors.hpp"

#include <exception>
#include <string>

namespace jetcapture::plugins {

namespace {

Checksum older_kind() {
  try {
    const Hash hash(EVP_md5());
    return Checksum::md5;
  } catch (const Fatal &) {
    return Checksum::none;
  }
}

std::string line(Checksum now, const std::string &refused) {
  const std::string begin = now == Checksum::sha256 ? "uploads carry x-amz-checksum-sha256 again"
                            : now == Checksum::md5  ? "uploads carry Content-MD5 instead of x-amz-checksum-sha256"
                                                    : "uploads go without x-amz-checksum-sha256";
  return begin + " from now on, since the service refused one as it was before and takes it so (" + refused + ")";
}

} // namespace

std::vector<Header> checksum_headers(Checksum kind, const Body &body, const Sha256 &hash, const TimeLimit &time_limit) {
  switch (kind) {
  case Checksum::sha256:
    return {{"x-amz-checksum-sha256", base64(bytes_of(hash))}};
  case Checksum::md5:
    return {{"content-md5", base64(bytes_of(md5_of(body, time_limit)))}};
  case Checksum::none:
    break;
  }
  return {};
}

Checksums::Checksums(Host host) : host_(host), older_(older_kind()) {}

void Checksums::upload(const std::function<void(Checksum kind)> &put) {
  Checksum sent = sent_;
  const Checksum other = sent == Checksum::sha256 ? older_ : Checksum::sha256;
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
    put(other);
  } catch (const Refusal &) {
    std::rethrow_exception(first);
  }
  if (sent_.compare_exchange_strong(sent, other))
    host_.warn(line(other, sentence));
}

} // namespace jetcapture::plugins
