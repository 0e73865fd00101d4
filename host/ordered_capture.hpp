// A host with ordered delivery before its capture begins: it stands by until the capture is its own, and finds where it
// goes on.
#pragma once

#include "log/log.hpp"
#include "ordered/start.hpp"
#include "plugins/stages.hpp"
#include "status/http_server.hpp"
#include "status/snapshot.hpp"
#include "stream_capture.hpp"

#include <atomic>
#include <memory>
#include <optional>

namespace jetcapture::host {

struct Settings;

// Throws StartupError: the store lacks what ordered delivery needs.
void require_ordered_store(const Store &store);

// Of a host with shared delivery. Throws StartupError: the stream is captured under that name with ordered delivery,
// and both would store the same messages. A store that does not answer now is left to the capture.
void refuse_beside_ordered(const Settings &settings, const Store &store);

// For --check: where a run would begin if no other host owns the capture. Throws StartupError.
OrderedStart look_at_start(const Settings &settings, BoundStream &stream, const Store &store, Log &log);

// [may block, for days] facts: of this host. server: answers for the host that stands by; nullptr: there is none.
// nullopt: it was stopped. Throws StartupError.
std::optional<OrderedStart> wait_for_start(const Settings &settings, const HostFacts &facts, BoundStream &stream,
                                           const Store &store, const std::atomic<int> &stop, HttpServer *server,
                                           Log &log);

// The claims that this host captures one after the other, with --parallel-backlog.
class ClaimTurns {
public:
  // All outlive it. facts, server: as for wait_for_start().
  ClaimTurns(const Settings &settings, const HostFacts &facts, BoundStream &stream, const Store &store,
             const std::atomic<int> &stop, HttpServer *server, Log &log);
  ~ClaimTurns();

  // [may block, for days] Where the next one begins. nullopt: it was stopped, or with --once all is done. Throws
  // StartupError.
  std::optional<OrderedStart> next();
  // The capture of a claim has ended: whether there may be a next one.
  bool goes_on_after(const OrderedStart &start, const CaptureEnd &end);
  // [watch thread] While a claim is captured, now and then: hears who else lives.
  void listen();

private:
  class Parts;
  const std::unique_ptr<Parts> parts_;
};

} // namespace jetcapture::host
