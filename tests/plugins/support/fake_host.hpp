// A host that remembers the sentence of the last failure and what was logged, and keeps a stage's memory where a test
// gives it one. Any thread.
#pragma once

#include <jetcapture/plugin.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace jetcapture::test {

// What a stage keeps over restarts: it outlives the hosts of a test.
class FakeMemory {
public:
  FakeMemory() : interface_{{sizeof(jetcapture_memory), 0, &get, &set}, this} {}
  FakeMemory(const FakeMemory &) = delete;
  FakeMemory &operator=(const FakeMemory &) = delete;

  const jetcapture_memory *c_memory() const { return &interface_.memory; }

  std::string text;
  int sets = 0;
  jetcapture_status set_status = JETCAPTURE_OK; // otherwise set() fails with it, and changes nothing

private:
  struct Interface {
    jetcapture_memory memory; // first: a pointer to it is a pointer to this
    FakeMemory *owner;
  };
  static FakeMemory &of(const jetcapture_memory *memory) { return *reinterpret_cast<const Interface *>(memory)->owner; }
  static jetcapture_text get(const jetcapture_memory *memory) {
    return {of(memory).text.data(), of(memory).text.size()};
  }
  static jetcapture_status set(const jetcapture_memory *memory, jetcapture_text text) {
    FakeMemory &self = of(memory);
    self.sets++;
    if (self.set_status == JETCAPTURE_OK)
      self.text.assign(text.data, text.size);
    return self.set_status;
  }
  Interface interface_;
};

class FakeHost {
public:
  // memory: nullptr, as without a state directory: none is offered.
  explicit FakeHost(const FakeMemory *memory = nullptr)
      : memory_(memory), interface_{
                             {sizeof(jetcapture_host), JETCAPTURE_ABI_MINOR, &log, &fail, &cancelled, &extension},
                             this} {}
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
  static const void *extension(const jetcapture_host *host, const char *id) {
    const FakeMemory *const memory = of(host).memory_;
    return memory != nullptr && std::string(id) == JETCAPTURE_MEMORY ? memory->c_memory() : nullptr;
  }

  const FakeMemory *const memory_;
  Interface interface_;
  mutable std::mutex mutex_;
  std::string sentence_;
  std::vector<std::string> logged_;
};

} // namespace jetcapture::test
