// Why a restore can't go on: one sentence that says what to do.
#pragma once

#include <stdexcept>

namespace jetcapture::host {

struct RestoreError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace jetcapture::host
