// Which option of --opt goes to which stage of a file: NAME=VALUE to all that have such an option, STAGE.NAME=VALUE to
// the one of that kind or name.
#pragma once

#include "tools/check_plugin/check.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace jetcapture::host {

// For each stage of the subject its options, as NAME=VALUE. Loads the file in a child process. Throws StartupError with
// a sentence: no stage has such an option, there is no such stage, a value does not parse. Where the file can't be
// loaded, each stage gets all of them: the checks tell what is wrong with it.
std::vector<std::vector<std::string>> options_by_stage(const Subject &subject, const std::vector<std::string> &given,
                                                       std::chrono::milliseconds limit);

} // namespace jetcapture::host
