// Reads a command line as main() does, with an environment of the test's own.
#pragma once

#include "settings/command_line.hpp"
#include "settings/error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

inline jetcapture::host::CommandLine read(const std::vector<std::string> &arguments,
                                          const std::vector<std::string> &environment = {}) {
  std::vector<const char *> pointers;
  for (const std::string &entry : environment)
    pointers.push_back(entry.c_str());
  pointers.push_back(nullptr);
  return jetcapture::host::read_command_line(arguments, pointers.data());
}

// Complete for a run, with more flags added.
inline std::vector<std::string> complete(std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"--stream", "ORDERS",   "--consumer", "capture", "--decoder",
                                        "json",     "--writer", "csv",        "--store", "file"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// The sentence of the refusal.
inline std::string refusal(const std::vector<std::string> &arguments,
                           const std::vector<std::string> &environment = {}) {
  try {
    static_cast<void>(read(arguments, environment));
  } catch (const jetcapture::host::StartupError &error) {
    return error.what();
  }
  return "(none)";
}
