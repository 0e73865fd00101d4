// What goes on beside a capture: the thread that watches it, and the HTTP server with metrics, health and page.
#pragma once

#include "nats/connection.hpp"
#include "status/http_server.hpp"
#include "status/observer.hpp"
#include "status/watch.hpp"

#include <memory>
#include <optional>

namespace jetcapture::host {

struct Settings;

// Before the first pull: nullptr without --listen. Throws StartupError: the address is wrong, or taken; the subject is
// none.
std::unique_ptr<HttpServer> listen(const Settings &settings);

class Operation {
public:
  // Begins at once. connection: for the status. All outlive it.
  Operation(Observer::Sources sources, HostFacts facts, const Settings &settings, Connection &connection,
            HttpServer *server, Log &log);

  ~Operation();
  Operation(const Operation &) = delete;
  Operation &operator=(const Operation &) = delete;

  Snapshot look() const { return observer_.look(); }
  void finish(const Ending &ending) { watch_.finish(ending); }

private:
  HttpServer *const server_;
  Observer observer_;
  Watch watch_;
};

} // namespace jetcapture::host
