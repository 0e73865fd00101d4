// The stages of a capture, as its settings name them: found, loaded, agreed on a payload, and made.
#pragma once

#include "plugins/stages.hpp"

#include <deque>
#include <optional>
#include <string>

namespace jetcapture::host {

struct LoadedStages {
  LoadedDecoder decoder;
  LoadedWriter writer;
  std::optional<LoadedStore> store; // none where the settings name none
  std::string payload;              // that the decoder gives and the writer takes
};

// Throws StartupError: a plug-in is not found or breaks the ABI, or no payload suits both. Logs a warning where a
// plug-in calls another library than the one that it was linked with.
LoadedStages load_stages(const Settings &settings, Log &log);

// Their instances.
struct Stages {
  // store: LoadedStages::store, or one of the host's own. Throws StartupError with the plug-in's sentence, or
  // where a setting does not suit the writer.
  Stages(const LoadedStages &loaded, const jetcapture_store &store, const Settings &settings, Log &log,
         const std::atomic<bool> &cancelled, const StageUse &use = {});

  const std::deque<Decoder> decoders; // one for each pipeline
  const Writer writer;
  const Store store;
};

} // namespace jetcapture::host
