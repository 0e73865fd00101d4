// What the progress line tells of a snapshot.
#pragma once

#include "status/snapshot.hpp"
#include "terminal/progress_text.hpp"

namespace jetcapture::host {

Progress progress_of(const Snapshot &snapshot);

} // namespace jetcapture::host
