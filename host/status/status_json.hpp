// A snapshot as JSON: for programs that read the status from a subject, and for the page.
#pragma once

#include "status/observer.hpp"
#include "status/snapshot.hpp"

#include <string>
#include <vector>

namespace jetcapture::host {

// How a run ended, for its last status.
struct Ending {
  int exit_status = 0;
  std::string failure;
  std::uint64_t returned = 0;
  std::uint64_t unconfirmed = 0;
};

std::string_view to_string(Phase phase);

// One object on one line. ending: of the last status, else nullptr.
std::string status_json(const Snapshot &snapshot, const Ending *ending = nullptr);

// The same with the blocks stored last and the last warnings and errors, newest first. warnings: each a JSON object.
std::string page_json(const Snapshot &snapshot, const std::vector<std::string> &warnings);

// Messages a second: [[time, rate],…], times in seconds since 1970, oldest first.
std::string history_json(const std::vector<Observer::Rate> &history);

} // namespace jetcapture::host
