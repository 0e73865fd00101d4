// The seam for what a capture tells others through the messaging system.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace jetcapture::host {

struct Notification {
  std::string id;   // the same each time that it is published
  std::string body; // JSON
};

class Publisher {
public:
  virtual ~Publisher() = default;

  struct Outcome {
    std::vector<bool> confirmed = {}; // for each: a stream has it
    std::string reason = {};          // why not all of them; one sentence
  };
  // One thread at a time. [may block] Publishes them in their order.
  virtual Outcome publish(std::span<const Notification> notifications) = 0;
};

} // namespace jetcapture::host
