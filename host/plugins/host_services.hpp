// What a plug-in may ask of the host: the jetcapture_host of one stage.
#pragma once

#include "jetcapture/abi.h"
#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "plugins/stage_memory.hpp"

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>

namespace jetcapture::host {

// Lives as long as the stage. Any thread may call through it.
class HostServices {
public:
  // stage: "decoder json", for log lines. cancelled: set by the host when it wants to end soon. memory: the folder in
  // which stages keep what outlives the process; empty: nowhere, and they are not offered to.
  HostServices(std::string stage, Log &log, const std::atomic<bool> &cancelled,
               const std::filesystem::path &memory = {});
  HostServices(const HostServices &) = delete;
  HostServices &operator=(const HostServices &) = delete;

  const jetcapture_host *c_host() const { return &interface_.host; }

  // The sentence that the calling thread gave last through fail(), and forget it. Empty text: it gave none.
  static std::string take_failure();

private:
  struct Interface {
    jetcapture_host host; // first: a pointer to it is a pointer to this
    HostServices *owner;
  };
  Interface interface_;
  std::string stage_;
  Log &log_;
  LineLimit limit_; // a plug-in may have something to say of each message
  const std::atomic<bool> &cancelled_;
  std::optional<StageMemory> memory_;
};

} // namespace jetcapture::host
