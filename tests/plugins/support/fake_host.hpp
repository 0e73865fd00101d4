// A host that remembers the sentence of the last failure and what was logged. Any thread.
#pragma once

#include <jetcapture/plugin.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace jetcapture::test {

class FakeHost {
public:
  FakeHost() : interface_{{sizeof(jetcapture_host), JETCAPTURE_ABI_MINOR, &log, &fail, &cancelled, &extension}, this} {}
  FakeHost(const FakeHost &) = delete;
  FakeHost &operator=(const FakeHost &) = delete;

  const jetcapture_host *get() const { return &interface_.host; }
  std::string sentence() const {
    const std::lock_guard lock(mutex_);
    return sentence_;
  }
  std::vector<std::string> logged() const {
    const std::lock_guard lock(mutex_);
    return logged_;
  }
  std::atomic<bool> wants_to_end = false;

private:
  struct Interface {
    jetcapture_host host; // first: a pointer to it is a pointer to this
    FakeHost *owner;
  };
  static FakeHost &of(const jetcapture_host *host) { return *reinterpret_cast<const Interface *>(host)->owner; }

  static void log(const jetcapture_host *host, std::int32_t, jetcapture_text line) {
    const std::lock_guard lock(of(host).mutex_);
    of(host).logged_.emplace_back(line.data, line.size);
  }
  static jetcapture_status fail(const jetcapture_host *host, jetcapture_status status, jetcapture_text sentence) {
    const std::lock_guard lock(of(host).mutex_);
    of(host).sentence_.assign(sentence.data, sentence.size);
    return status;
  }
  static std::int32_t cancelled(const jetcapture_host *host) { return of(host).wants_to_end ? 1 : 0; }
  static const void *extension(const jetcapture_host *, const char *) { return nullptr; }

  Interface interface_;
  mutable std::mutex mutex_;
  std::string sentence_;
  std::vector<std::string> logged_;
};

} // namespace jetcapture::test
