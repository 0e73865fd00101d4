// What types the columns of the capture have, by name: what one file had to widen is not narrowed by a later one, also
// after a restart.
#pragma once

#include "jetcapture/abi.h"
#include "parquet/column.hpp"

#include <map>
#include <mutex>
#include <string>

namespace jetcapture::plugins {

// Any thread.
class CaptureTypes {
public:
  // Reads what an earlier run has kept with the host (JETCAPTURE_MEMORY). nullptr: nothing is kept, and nothing
  // remembered from file to file.
  CaptureTypes(const jetcapture_host *host, NestedJson nested);

  // Settles the members of a block's rows: from what the capture's columns of these names are, upwards. What they are
  // then is kept before this returns.
  void settle(Column &rows);

private:
  void read(const std::string &kept);
  void keep();

  const jetcapture_host *const host_;
  const NestedJson nested_;
  const jetcapture_memory *memory_ = nullptr;
  std::mutex mutex_;
  std::map<std::string, Type, std::less<>> types_;
};

} // namespace jetcapture::plugins
