// A stage's options: from "key=value" texts and the stage's own description to checked values.
#pragma once

#include "jetcapture/abi.h"
#include "plugins/catalog.hpp"

#include <deque>
#include <string>
#include <vector>

namespace jetcapture::host {

// Checked settings of one stage, with all the memory they point to. Not copyable: the pointers stay valid as it stands.
class StageSettings {
public:
  StageSettings() = default;
  StageSettings(const StageSettings &) = delete;
  StageSettings &operator=(const StageSettings &) = delete;

  const jetcapture_setting *const *pointers() const { return pointers_.data(); }
  std::uint32_t count() const { return static_cast<std::uint32_t>(pointers_.size()); }

private:
  friend void parse_stage_options(const jetcapture_about &, StageKind, const std::vector<std::string> &,
                                  StageSettings &);
  std::deque<std::string> texts_;
  std::deque<std::vector<jetcapture_text>> lists_;
  std::deque<jetcapture_setting> settings_;
  std::vector<const jetcapture_setting *> pointers_;
};

// Fills settings: one for each described option, in order, defaults filled in. Given twice: the last one counts, a list
// goes on. A secret's value "@/path" is the content of that file without its last newline.
// Throws StartupError with one sentence: an unknown key (with the nearest), no '=', a value that does not parse (with
// what would), a missing required option. Never shows the value of a secret.
void parse_stage_options(const jetcapture_about &about, StageKind kind, const std::vector<std::string> &given,
                         StageSettings &settings);

// The text of `jetcapture --decoder json --help`: summary, version, payloads, each option with its kind, default and
// help.
std::string stage_help(StageKind kind, const jetcapture_about &about, const char *const *payloads, std::size_t columns);

} // namespace jetcapture::host
