// What stages keep over restarts, in the manifests too: a host that lost its state directory gets it back, so that its
// schema goes on where that of the capture was.
#pragma once

#include "log/log.hpp"
#include "plugins/stages.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace jetcapture::host {

// By stage: "writer-parquet".
using KeptMemory = std::map<std::string, std::string>;

// What is in the folder where stages keep it. Empty: nothing, or there is no folder.
KeptMemory read_memory(const std::filesystem::path &folder);

// Makes the folder with what the newest manifest of that stream and capture has, whichever host wrote it. What can't be
// read or written is a warning. May block.
void restore_memory(const Store &store, const std::string &stream, const std::string &capture,
                    const std::filesystem::path &folder, Log &log);

} // namespace jetcapture::host
