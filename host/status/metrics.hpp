// A snapshot as metrics, in the text format of Prometheus.
//
// README.md has a table of all of them; a test compares the two. Names: prometheus.io/docs/practices/naming.
#pragma once

#include "status/snapshot.hpp"

#include <string>

namespace jetcapture::host {

inline constexpr const char *metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_text(const Snapshot &snapshot);

} // namespace jetcapture::host
