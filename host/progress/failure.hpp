// Why a capture can't go on, once it can't: one sentence. The capture thread says it; any thread asks.
#pragma once

#include "threads/mutex.hpp"

#include <string>
#include <utility>

namespace jetcapture::host {

class Failure {
public:
  void set(std::string sentence) {
    const MutexLock lock(mutex_);
    sentence_ = std::move(sentence);
  }
  // Empty: it can go on.
  std::string sentence() const {
    const MutexLock lock(mutex_);
    return sentence_;
  }

private:
  mutable Mutex mutex_;
  std::string sentence_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
