// Flags, `JETCAPTURE_*` variables and an INI file, from one definition (Boost.Program_options).
//
// Precedence: flag, then environment, then file, then default. A flag --max-age is JETCAPTURE_MAX_AGE in the
// environment and max-age in the file; in the file, sections group stages: [decoder] with name = json and further lines
// as its options.
//
// A stronger source replaces a whole list (servers, subjects, folders). Stage options are replaced key by key, and
// those of a weaker source are dropped where a stronger one chooses another stage. In variables, --server and
// --filter-subject are separated by commas, --plugin-dir by colons, --decoder-opt by newlines, or in one line by ';'
// before the next key=.
#pragma once

#include "settings/given.hpp"
#include "settings/settings.hpp"

#include <iosfwd>
#include <ostream>
#include <string>
#include <vector>

namespace jetcapture::host {

struct CommandLine {
  enum class Mode { run, help, stage_help, version, print_config };
  Mode mode = Mode::run;
  Settings settings;
  std::vector<Given> given; // what the settings were made of: of each, only the values of the strongest source
  std::vector<std::string>
      warnings; // sentences for the log once there is one: JETCAPTURE_* variables that look like slips
};

// What the settings are for: all of a capture; decoder and writer, to try them out; or only where plug-ins are.
enum class Purpose { capture, trying, listing };

// Reads argv[1..], the environment (a NULL-terminated array of NAME=VALUE) and the file of --config.
// Throws StartupError with one sentence: an unknown flag (with the nearest one), a value that does not parse, a missing
// --stream. What only matters for a run (stream, consumer, stages) is not required when help or version is asked for,
// or for another purpose.
CommandLine read_command_line(const std::vector<std::string> &arguments, const char *const *environment,
                              Purpose purpose = Purpose::capture);

// All flags in their groups, each with one sentence and its default, in lines of that many columns at most.
void print_help(std::ostream &out, std::size_t columns);

} // namespace jetcapture::host
