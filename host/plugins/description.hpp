// A stage's description as the plug-in exports it, brought into this host's shape and checked against the rules of the
// ABI.
#pragma once

#include "jetcapture/plugin.h"
#include "plugins/catalog.hpp"

#include <string>

namespace jetcapture::host {

// Copies what both sides know; what the plug-in's is too small for is zero. Throws StartupError with one sentence that
// names the file and the defect. exported: the symbol's address; it and all it points to stays loaded.
template <class Description>
Description checked_description(const StageFile &file, const void *exported);

extern template jetcapture_decoder checked_description<jetcapture_decoder>(const StageFile &, const void *);
extern template jetcapture_writer checked_description<jetcapture_writer>(const StageFile &, const void *);
extern template jetcapture_store checked_description<jetcapture_store>(const StageFile &, const void *);
extern template jetcapture_reader checked_description<jetcapture_reader>(const StageFile &, const void *);

// What is wrong with a writer's suffix or content type, for a sentence: "no suffix"; empty: nothing.
std::string defect_of_facts(const char *suffix, const char *content_type);

} // namespace jetcapture::host
