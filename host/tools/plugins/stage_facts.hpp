// What a stage's description says, as JSON: for `jetcapture plugins`.
#pragma once

#include "plugins/catalog.hpp"
#include "settings/help_text.hpp"
#include "tools/child.hpp"

#include <nlohmann/json.hpp>

namespace jetcapture::host {

struct Settings;

// {"kind","name","file","version","abi","needs","summary","produces"|"accepts","suffix","content_type","compresses",
//  "can","options":[{"name","kind","required","secret","default","choices","help"}],"example","help"}
// Loads the file, so call it in a child process. Throws StartupError where the description breaks the rules of the ABI.
// columns: of the lines of "help".
nlohmann::ordered_json stage_facts(const StageFile &stage, std::size_t columns = usual_help_columns);

// The same from a child process, so that a file that hangs, crashes or ends the process when it is loaded does nothing
// to this one, which must have one thread only.
struct StageLook {
  nlohmann::ordered_json facts; // null: the file can't be loaded, or its description breaks the rules of the ABI
  ChildEnd end;

  // Why there are no facts: "took more than 5 s", or a sentence of the loader's.
  std::string why() const;
};
StageLook look_at(const StageFile &stage, std::size_t columns = usual_help_columns);

// Of a stage that the settings name. Throws StartupError where it is not found or has no facts.
nlohmann::ordered_json facts_of(const Settings &settings, StageKind kind, std::size_t columns = usual_help_columns);

} // namespace jetcapture::host
