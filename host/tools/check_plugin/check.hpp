// The conformance checks of `jetcapture check-plugin`, as tables: one for files, one for each kind of stage.
#pragma once

#include "plugins/catalog.hpp"
#include "tools/check_plugin/finding.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// What is checked, and with what.
struct Subject {
  std::filesystem::path file;
  std::vector<StageFile> stages;                          // all of the file
  std::vector<std::vector<std::string>> options_by_stage; // key=value, for each of stages
  StageFile stage;                                        // the one of a stage's check
  std::vector<std::string> options;                       // its own, for create()
  std::vector<std::string> samples;                       // good messages, beside those that are made up
  std::filesystem::path folder;                           // empty, for this check alone
  unsigned cycles = 1000;                                 // of what is repeated to see whether it grows
  bool accepts_unprovable = false;                        // a store that can't tell what it has is no failure

  // The same for that one of stages.
  Subject of_stage(std::size_t number) const {
    Subject subject = *this;
    subject.stage = stages[number];
    if (number < options_by_stage.size())
      subject.options = options_by_stage[number];
    return subject;
  }
};

// Runs in a child process of its own. Returns where it passed, throws Finding otherwise; a crash, or the time limit, is
// a failure.
struct Check {
  std::string_view id;
  std::string_view title; // what holds where it passes
  std::string_view needs; // another check: where that one fails, this one is skipped; empty: none
  void (*run)(const Subject &);
};

// Read the file, and run nothing of it.
std::span<const Check> file_checks();
// Load the file.
std::span<const Check> load_checks();
std::span<const Check> binding_checks();
// Of every stage.
std::span<const Check> stage_checks();
std::span<const Check> decoder_checks();
std::span<const Check> writer_checks();
std::span<const Check> reader_checks();
std::span<const Check> store_checks();

} // namespace jetcapture::host
