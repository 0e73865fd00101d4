// What no other try would change, with what the service said.
#pragma once

#include "jetcapture/plugin.hpp"

#include <string>
#include <utility>

namespace jetcapture::plugins {

class Refusal : public Misconfigured {
public:
  // status: of the answer. code: the service's own for it; "" where it gave none.
  Refusal(const std::string &sentence, long status, std::string code)
      : Misconfigured(sentence), status_(status), code_(std::move(code)) {}
  long status() const noexcept { return status_; }
  const std::string &code() const noexcept { return code_; }

private:
  long status_;
  std::string code_;
};

} // namespace jetcapture::plugins
