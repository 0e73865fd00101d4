// Payloads that writers are checked with: records with every kind of value, whole messages; and what a decoder makes of
// the user's samples. For a payload of the author's own, what a decoder makes of the usual messages.
#pragma once

#include "jetcapture/payload.h"
#include "tools/check_plugin/check.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

class Payloads {
public:
  virtual ~Payloads() = default;
  // What they are, for a sentence: "records of …".
  virtual std::string_view name() const = 0;
  // How many different ones there are. at() takes any number, and begins again after the last one.
  virtual std::uint64_t count() const = 0;
  // The number of the one with the most bytes.
  virtual std::uint64_t largest() const { return 0; }
  // Calls use with the payload of that number: each time with the same content, in memory of its own, which is
  // forbidden after it.
  virtual jetcapture_status with(std::uint64_t number, const std::function<jetcapture_status(const void *)> &use) = 0;
  // Whether the last use left the payload, or what of it is known here, as it was.
  bool left_alone() const { return left_alone_; }

protected:
  // content: the bytes that use has to leave as they are.
  jetcapture_status lend(const void *payload, const std::function<jetcapture_status(const void *)> &use,
                         const std::function<std::string()> &content) {
    const std::string before = content();
    const jetcapture_status status = use(payload);
    left_alone_ = content() == before;
    return status;
  }

private:
  bool left_alone_ = true;
};

// Sets of them, each for a writer of its own. skip()s where nothing makes that payload.
std::vector<std::unique_ptr<Payloads>> payloads_for(const Subject &subject, const std::string &payload);

} // namespace jetcapture::host
