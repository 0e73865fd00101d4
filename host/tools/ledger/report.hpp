// What the commands that read a backup print.
#pragma once

#include "audit/finding.hpp"
#include "audit/line_states.hpp"
#include "ledger/manifest.hpp"
#include "tools/arguments.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// A line on standard error, while that is a terminal, that says how far a command has come. Taken back at the end.
class CountLine {
public:
  CountLine();
  ~CountLine();
  CountLine(const CountLine &) = delete;
  CountLine &operator=(const CountLine &) = delete;

  // "1,200 of 5,000 manifests"; of 0: it is not known how many there are. Any number of times: few are shown.
  void show(std::string_view what, std::uint64_t done, std::uint64_t of);

private:
  const bool shown_;
  std::chrono::steady_clock::time_point next_{};
};

// "wrong: eu/a.csv is not in the store (messages 1 to 1000)". Notes only where all is asked for. At most so many of a
// kind, and how many more there are.
void print_findings(const Findings &findings, bool all, std::ostream &out);
nlohmann::ordered_json json_of(const Findings &findings);
nlohmann::ordered_json json_of(const std::vector<SequenceRun> &runs);

// "eu/berlin", with "-" for a part that is not there.
std::string key_text(std::string_view key);
// A block, its chain and its state, as ls and find give it.
nlohmann::ordered_json json_of(const ManifestHeader &header, const BlockLine &line, std::uint64_t messages,
                               LineState state);

// What is kept of a line by the thousand: all but its sequences, and nothing of their memory.
void forget_sequences(BlockLine &line);

// A point in time as a user writes it: RFC 3339, a date or a date with hours and minutes (UTC), or a duration before
// now ("2h"). Throws StartupError.
std::int64_t time_given(const std::string &flag, const std::string &text);

// Whether the parts of the key begin with those of the text, which are separated by slashes.
bool key_begins_with(std::string_view key, const std::string &text);

// Throws StartupError where the command was given arguments that are no flags.
void refuse_plain(const ToolArguments &given);

// The status that the command gives; where the server or the store can't be asked, that it could not be told, with the
// reason on standard error. Throws StartupError also for a permission that is missing.
int status_if_told(const std::function<int()> &command);

void print_json(const nlohmann::ordered_json &json, std::ostream &out);

} // namespace jetcapture::host
