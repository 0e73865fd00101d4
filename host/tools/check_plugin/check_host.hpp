// The host as a checked stage sees it: keeps the sentences, and can be a newer one than this.
#pragma once

#include "jetcapture/abi.h"

#include <atomic>
#include <cstdint>
#include <string>

namespace jetcapture::host {

// What a function of a stage returned, with the sentence that it gave.
struct Answer {
  jetcapture_status status = JETCAPTURE_OK;
  std::string sentence;

  bool ok() const { return status == JETCAPTURE_OK; }
  bool is_known() const { return status >= JETCAPTURE_OK && status <= JETCAPTURE_NEXT_BLOCK; }
  // "bad data (the line has another width)"
  std::string words() const;
};

// Any thread.
class CheckHost {
public:
  // newer: with fields behind those that the SDK knows, and a higher minor version.
  explicit CheckHost(bool newer = false);
  CheckHost(const CheckHost &) = delete;
  CheckHost &operator=(const CheckHost &) = delete;

  const jetcapture_host *c_host() const { return &interface_.host; }
  void cancel() { interface_.cancelled = true; }

  // Calls function(), and takes the sentence that it leaves.
  template <class Function>
  static Answer ask(Function &&function) {
    forget_sentence();
    const jetcapture_status status = function();
    return {status, take_sentence()};
  }

private:
  static void forget_sentence();
  static std::string take_sentence();

  struct Interface {
    jetcapture_host host; // first: a pointer to it is a pointer to this
    std::uint8_t unknown[64];
    std::atomic<bool> cancelled;
  };
  Interface interface_;
};

} // namespace jetcapture::host
