// One value that the user gave, with where it came from; and how it becomes part of the settings.
#pragma once

#include "settings/flags.hpp"

#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

// From weak to strong: a value from a later one wins.
enum class Source { file, environment, arguments };

struct Given {
  const Flag *flag;
  std::string value;
  Source source;
  std::string where; // what the user wrote it as: "--max-age", "JETCAPTURE_MAX_AGE", "jetcapture.ini, line 3: max-age"
};

// Each reader keeps the user's order and splits lists into one Given an item. They throw StartupError with one
// sentence.

// Flags. Boolean ones without a value have the value "true".
std::vector<Given> read_arguments(const std::vector<std::string> &arguments);

// JETCAPTURE_* variables; empty ones count as not given. warnings: one sentence for each that looks like a slip.
// Unknown ones are no error, since others make such names too: Kubernetes sets JETCAPTURE_PORT for a service called
// jetcapture.
std::vector<Given> read_environment(const char *const *environment, std::vector<std::string> &warnings);

// The INI file; settings/config_value.hpp says how values and comments are written. Sections [decoder], [writer],
// [store]: name, and options of that stage; the groups of the help are sections too.
std::vector<Given> read_config_file(const std::string &file);

// The names of the settings that differ and that a running host does not take up (it does so with log-level), as
// "max-age, store-opt"; "": none does.
std::string settings_to_restart_for(const std::vector<Given> &before, const std::vector<Given> &now);

// Checks one value and puts it into the settings. Lists and options are appended.
void apply(const Given &given, Settings &settings);

// "; did you mean --max-age?", or "" where no name is near. prefix: what stands before the name ("--").
std::string suggestion(std::string_view wrong, const std::vector<std::string> &names, std::string_view prefix = {});

// The items of one value of a list, blanks around them removed.
std::vector<std::string> split(std::string_view value, char separator);

} // namespace jetcapture::host
