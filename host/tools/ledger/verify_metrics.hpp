// What a run of verify brought to light, as a file for the textfile collector of Prometheus' node exporter.
#pragma once

#include "audit/store_check.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace jetcapture::host {

struct VerifyRun {
  ChainFilter filter;     // the labels; a text that is empty is none
  std::int64_t ended = 0; // seconds since 1970
  std::chrono::nanoseconds duration{};
};

// In Prometheus' text format. before: what the file has now, which knows when a run was good last.
std::string verify_metrics(const StoreCheck &check, const VerifyRun &run, std::string_view before);

// The file has them then, whole, and had what it had before until then. Throws StartupError: it can't be written.
void write_verify_metrics(const std::string &file, const StoreCheck &check, const VerifyRun &run);

} // namespace jetcapture::host
