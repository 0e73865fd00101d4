// What stands at each path that the HTTP server answers, of a capture or of a host that stands by.
#pragma once

#include "log/log.hpp"
#include "status/http_server.hpp"
#include "status/observer.hpp"
#include "status/snapshot.hpp"

#include <string_view>
#include <vector>

namespace jetcapture::host {

// [any-thread]
HttpAnswer resource(std::string_view path, const Snapshot &snapshot, const std::vector<Observer::Rate> &history,
                    const Log &log);

} // namespace jetcapture::host
