// What a stage's description says, as JSON: for `jetcapture plugins`.
#pragma once

#include "plugins/catalog.hpp"
#include "settings/help_text.hpp"

#include <nlohmann/json.hpp>

namespace jetcapture::host {

// {"kind","name","file","version","abi","needs","summary","produces"|"accepts","suffix","content_type","compresses",
//  "can","options":[{"name","kind","required","secret","default","choices","help"}],"example","help"}
// Loads the file, so call it in a child process. Throws StartupError where the description breaks the rules of the ABI.
// columns: of the lines of "help".
nlohmann::ordered_json stage_facts(const StageFile &stage, std::size_t columns = usual_help_columns);

} // namespace jetcapture::host
