// The checksum that uploads carry beside the signed hash: x-amz-checksum-sha256 ("Checking object integrity" of the S3
// user guide). A bucket with Object Lock refuses each put and part without one; some services refuse the header, since
// they don't know it.
#pragma once

#include "http/digest.hpp"
#include "http/message.hpp"

#include <atomic>
#include <functional>

namespace jetcapture::plugins {

// Of a put or a part.
Header checksum_header(const Sha256 &hash);

// Whether to send checksums, learned from what the service takes. Any thread.
class Checksums {
public:
  explicit Checksums(Host host) : host_(host) {}

  // Calls put with whether to send them: at first yes, then as it worked last. Where the service refuses it in a way
  // that may be due to them, put is called once more, the other way; when that works it is remembered, and one line is
  // logged. Throws as put does, and the first refusal where both are refused.
  void upload(const std::function<void(bool checksums)> &put);

private:
  const Host host_;
  std::atomic<bool> sent_ = true;
};

} // namespace jetcapture::plugins
