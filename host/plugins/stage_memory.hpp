// The text that a stage keeps over restarts: a file of the state directory behind the extension jetcapture.memory/1.
#pragma once

#include "jetcapture/abi.h"
#include "log/log.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace jetcapture::host {

// Any thread. It replaces its file by another one that is renamed over it, so that a crash leaves the old text or the
// new one.
class StageMemory {
public:
  // folder: made by the first set(). stage: "writer parquet"; its file is writer-parquet. The log says why a set()
  // failed.
  StageMemory(std::filesystem::path folder, std::string stage, Log &log);
  StageMemory(const StageMemory &) = delete;
  StageMemory &operator=(const StageMemory &) = delete;

  const jetcapture_memory *c_memory() const { return &interface_.memory; }

private:
  struct Interface {
    jetcapture_memory memory; // first: a pointer to it is a pointer to this
    StageMemory *owner;
  };
  static StageMemory &owner_of(const jetcapture_memory *memory);
  // What could not be done, as a sentence. Empty: nothing.
  std::string keep(std::string_view text);

  Interface interface_;
  Log &log_;
  const std::string stage_;
  const std::filesystem::path folder_;
  const std::filesystem::path file_;
};

} // namespace jetcapture::host
