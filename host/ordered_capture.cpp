#include "ordered_capture.hpp"

#include "blocks/capture_error.hpp"
#include "blocks/object_name.hpp"
#include "ledger/ledger.hpp"
#include "nats/ordered_consumer.hpp"
#include "nats/owner_signs.hpp"
#include "nats/request.hpp"
#include "ordered/standby.hpp"
#include "settings/error.hpp"
#include "standby_view.hpp"
#include "status/service_notifier.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr auto between_looks_at_stop = 50ms;

bool has_other_chains(const Settings &settings, const Store &store) {
  const std::vector<ChainName> chains = chains_of(store, settings.stream, settings.consumer);
  return std::any_of(chains.begin(), chains.end(), [](const ChainName &chain) { return chain.host != ordered_chain; });
}

StreamNow stream_now(const Settings &settings, BoundStream &stream) {
  const StreamState state = stream_state(stream_info(stream.jetstream, settings.stream));
  return {
      .created = state.created,
      .first_sequence = state.first_sequence,
      .last_sequence = state.last_sequence,
      .filters = stream.consumer.coverage.filters,
      .timestamp_of = [&](std::uint64_t sequence) { return timestamp_of(stream.jetstream, settings.stream, sequence); },
      .begin = [&] { return start_of_capture(stream.jetstream, settings); }};
}

// Throws NoAnswer: ask again.
OrderedStart start_of(OrderedChain &chain, const Settings &settings, BoundStream &stream, const Store &store,
                      Log &log) {
  try {
    return find_start(chain, stream_now(settings, stream), settings, captured_by(settings),
                      chain.is_new() && has_other_chains(settings, store), log);
  } catch (const DamagedChain &error) {
    throw StartupError(error.what());
  } catch (const NoAnswer &error) {
    if (error.reason != Unanswered::not_permitted)
      throw;
    throw StartupError(error.what());
  }
}

void wait_unless_stopped(const std::atomic<int> &stop, std::chrono::nanoseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (true) {
    if (stop.load() != 0)
      throw CaptureStopped("stopped");
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= 0ns)
      return;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, between_looks_at_stop));
  }
}

} // namespace

void require_ordered_store(const Store &store) {
  if (!Ledger::can_keep(store) || (store.description().flags & JETCAPTURE_STORE_CREATES) == 0)
    throw StartupError("ordered delivery needs a store that lists, reads, and puts objects only where there is none, "
                       "and the store " +
                       store.name() + " does not: use another one, or --delivery shared");
}

OrderedStart look_at_start(const Settings &settings, BoundStream &stream, const Store &store, Log &log) {
  OrderedChain chain(store, settings.stream, settings.consumer, settings.store_timeout);
  try {
    chain.look();
    return start_of(chain, settings, stream, store, log);
  } catch (const StoreFailure &failure) {
    throw StartupError(std::string("the store can't be asked for the manifests: ") + failure.what());
  } catch (const NoAnswer &error) {
    throw StartupError(error.what());
  } catch (const DamagedChain &error) {
    throw StartupError(error.what());
  }
}

std::optional<OrderedStart> wait_for_start(const Settings &settings, const HostFacts &facts, BoundStream &stream,
                                           const Store &store, const std::atomic<int> &stop, HttpServer *server,
                                           Log &log) {
  // A host that stands by works as it should.
  const ServiceNotifier manager = ServiceNotifier::from_environment();
  const auto view = std::make_shared<StandbyView>(facts, settings.takeover_after, log);
  bool serves = false;
  const auto tell = [&](const Standby::Seen &seen) {
    view->see(seen);
    if (server != nullptr && !std::exchange(serves, true))
      server->serve({.get = [view](std::string_view path) { return view->answer(path); },
                     .event = [view] { return view->event(); }});
    manager.tell(std::string("READY=1\nWATCHDOG=1\nSTATUS=standing by") +
                 (seen.owner == nullptr ? "" : " for " + seen.owner->owner));
  };
  OrderedChain chain(store, settings.stream, settings.consumer, settings.store_timeout);
  const std::string subject = owner_subject(settings.stream, settings.consumer);
  OwnerWatch watch(stream.acks, subject);
  Standby standby({.chain = chain,
                   .heard = [&](const std::string &run) { return watch.heard(run); },
                   .can_hear = [&] { return stream.acks.connected(); },
                   .now = [] { return std::chrono::steady_clock::now(); },
                   .wait =
                       [&](std::chrono::nanoseconds time) {
                         wait_unless_stopped(stop, time);
                         // It would take the owner for dead, again and again.
                         if (watch.refused())
                           throw StartupError("another host owns this capture, and there is no permission to subscribe "
                                              "to " +
                                              subject +
                                              ", where it shows that it lives: add it to the permissions of the NATS "
                                              "user");
                       },
                   .tell = tell,
                   .log = log},
                  stream.state.last_run(), settings.takeover_after);
  try {
    while (true) {
      standby.wait_for_turn();
      try {
        return start_of(chain, settings, stream, store, log);
      } catch (const StoreFailure &failure) {
        log.warn("the store can't be asked for the manifests; it is asked again", {{"reason", failure.what()}});
        wait_unless_stopped(stop, settings.retry_min);
      } catch (const NoAnswer &error) {
        log.warn("the stream can't be asked where it stands; it is asked again", {{"reason", error.what()}});
        wait_unless_stopped(stop, settings.retry_min);
      }
    }
  } catch (const CaptureStopped &) {
    return std::nullopt;
  } catch (const DamagedChain &error) {
    throw StartupError(error.what());
  }
}

} // namespace jetcapture::host
