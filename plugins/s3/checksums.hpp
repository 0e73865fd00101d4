// The checksum that uploads carry beside the signed hash ("Checking object integrity" of the S3 user guide): a bucket
// with Object Lock refuses each put and part without one. Some services refuse the newer x-amz-checksum-sha256, since
// they don't know it; all know Content-MD5.
#pragma once

#include "http/digest.hpp"
#include "http/message.hpp"
#include "http/session.hpp"

#include <atomic>
#include <functional>
#include <vector>

namespace jetcapture::plugins {

// none: where a FIPS policy forbids MD5.
enum class Checksum { sha256, md5, none };

// Of a put or a part with that body. hash: its SHA-256. Throws Retry when the body can't be read, and as time_limit
// says.
std::vector<Header> checksum_headers(Checksum kind, const Body &body, const Sha256 &hash, const TimeLimit &time_limit);

// Which kind to send, learned from what the service takes. Any thread.
class Checksums {
public:
  explicit Checksums(Host host);

  // Calls put with the kind to send: SHA-256 at first, then the one that worked last. Where the service refuses it in a
  // way that may be due to the checksum, put is called once more with the other kind; when that works it is remembered,
  // and one line is logged. Throws as put does, and the first refusal where both are refused.
  void upload(const std::function<void(Checksum kind)> &put);

private:
  const Host host_;
  const Checksum older_;
  std::atomic<Checksum> sent_ = Checksum::sha256;
};

} // namespace jetcapture::plugins
