#include "ordered_capture.hpp"

#include "blocks/capture_error.hpp"
#include "blocks/object_name.hpp"
#include "ledger/ledger.hpp"
#include "nats/ordered_consumer.hpp"
#include "nats/ordered_consumer_delivery.hpp"
#include "nats/owner_signs.hpp"
#include "nats/request.hpp"
#include "ordered/claims.hpp"
#include "ordered/standby.hpp"
#include "settings/error.hpp"
#include "standby_view.hpp"
#include "status/service_notifier.hpp"
#include "threads/mutex.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr auto between_looks_at_stop = 50ms;
constexpr auto between_looks_at_claims = 1s;

bool has_other_chains(const Settings &settings, const Store &store) {
  const std::vector<ChainName> chains = chains_of(store, settings.stream, settings.consumer);
  return std::any_of(chains.begin(), chains.end(), [](const ChainName &chain) { return !is_ordered(chain); });
}

// Of questions about the stream. Throws NoAnswer: ask again; StartupError.
template <class Ask>
auto asked(const Settings &settings, const Ask &ask) {
  constexpr int not_found = 404;
  try {
    return ask();
  } catch (const ApiError &error) {
    if (error.code != not_found)
      throw NoAnswer(Unanswered::lost, error.what());
    throw StartupError("there is no stream " + settings.stream + " (--stream) any more");
  } catch (const NoAnswer &error) {
    if (error.reason != Unanswered::not_permitted)
      throw;
    throw StartupError(error.what());
  }
}

StreamNow stream_now(const Settings &settings, BoundStream &stream) {
  const StreamState state = stream_state(stream_info(stream.jetstream, settings.stream));
  return {.created = state.created,
          .first_sequence = state.first_sequence,
          .last_sequence = state.last_sequence,
          .filters = stream.consumer.coverage.filters,
          .newest_up_to = [&](std::uint64_t sequence) -> std::optional<OrderedChain::Message> {
            const auto newest = newest_up_to(stream.jetstream, settings.stream, sequence);
            return newest ? std::optional(OrderedChain::Message{newest->sequence, newest->timestamp}) : std::nullopt;
          },
          .begin = [&] { return start_of_capture(stream.jetstream, settings); }};
}

// What the delivery has to know of the stream where it begins. It is asked for here, where a server that is away is
// asked again.
OrderedStart with_stream(OrderedStart start, const Settings &settings, BoundStream &stream) {
  const OrderedRange range = range_behind(stream.jetstream, settings.stream, start.after);
  start.stream_ends_at = range.stream_ends_at;
  start.after_timestamp = range.after_timestamp;
  return start;
}

// Throws NoAnswer: ask again.
OrderedStart start_of(OrderedChain &chain, const Settings &settings, BoundStream &stream, const Store &store,
                      Log &log) {
  try {
    return asked(settings, [&] {
      return with_stream(find_start(chain, stream_now(settings, stream), settings, captured_by(settings),
                                    chain.is_new() && has_other_chains(settings, store), log),
                         settings, stream);
    });
  } catch (const DamagedChain &error) {
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

// What a host that stands by shows, and hears.
class StandingBy {
public:
  StandingBy(const Settings &settings, const HostFacts &facts, BoundStream &stream, const std::atomic<int> &stop,
             HttpServer *server, const Log &log)
      : stop_(stop), server_(server), view_(std::make_shared<StandbyView>(facts, settings.takeover_after, log)),
        subject_(owner_subject(settings.stream, settings.consumer)), watch_(stream.acks, subject_) {}

  std::set<std::string> heard() { return watch_.heard(); }
  // A host that stands by works as it should.
  void tell(const Standby::Seen &seen) {
    view_->see(seen);
    if (server_ != nullptr && !std::exchange(serves_, true))
      server_->serve({.get = [view = view_](std::string_view path) { return view->answer(path); },
                      .event = [view = view_] { return view->event(); }});
    manager_.tell(std::string("READY=1\nWATCHDOG=1\nSTATUS=standing by") +
                  (seen.owner == nullptr ? "" : " for " + seen.owner->owner));
  }
  // Throws CaptureStopped; StartupError: it hears nothing.
  void wait(std::chrono::nanoseconds time) {
    wait_unless_stopped(stop_, time);
    // It would take the owner for dead, again and again.
    if (watch_.refused())
      throw StartupError("another host owns this capture, and there is no permission to subscribe to " + subject_ +
                         ", where it shows that it lives: add it to the permissions of the NATS user");
  }
  void ended() { serves_ = false; } // something else is served

private:
  const ServiceNotifier manager_ = ServiceNotifier::from_environment();
  const std::atomic<int> &stop_;
  HttpServer *const server_;
  const std::shared_ptr<StandbyView> view_;
  const std::string subject_;
  OwnerWatch watch_;
  bool serves_ = false;
};

} // namespace

void require_ordered_store(const Store &store) {
  if (!Ledger::can_keep(store) || (store.description().flags & JETCAPTURE_STORE_CREATES) == 0)
    throw StartupError("ordered delivery needs a store that lists, reads, and puts objects only where there is none, "
                       "and the store " +
                       store.name() + " does not: use another one, or --delivery shared");
}

void refuse_beside_ordered(const Settings &settings, const Store &store) {
  if (!Ledger::can_keep(store))
    return;
  try {
    const std::vector<ChainName> chains = chains_of(store, settings.stream, settings.consumer);
    if (std::any_of(chains.begin(), chains.end(), is_ordered))
      throw StartupError("the stream " + settings.stream + " is captured as " + settings.consumer +
                         " with ordered delivery in this store: give --delivery ordered, or another name with "
                         "--consumer");
  } catch (const StoreFailure &) {
    return;
  }
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
  StandingBy standing_by(settings, facts, stream, stop, server, log);
  OrderedChain chain(store, settings.stream, settings.consumer, settings.store_timeout);
  Standby standby({.chain = chain,
                   .heard = [&](const std::string &run) { return standing_by.heard().contains(run); },
                   .can_hear = [&] { return stream.acks.connected(); },
                   .now = [] { return std::chrono::steady_clock::now(); },
                   .wait = [&](std::chrono::nanoseconds time) { standing_by.wait(time); },
                   .tell =
                       [&](const Standby::Seen &seen) {
                         // A host that could not go on with the capture would be no help when its turn comes.
                         if (seen.owner != nullptr && !settings.from_here)
                           check_options(*seen.owner, stream.consumer.coverage.filters, settings, captured_by(settings),
                                         log);
                         standing_by.tell(seen);
                       },
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

class ClaimTurns::Parts {
public:
  Parts(const Settings &settings, const HostFacts &facts, BoundStream &stream, const Store &store,
        const std::atomic<int> &stop, HttpServer *server, Log &log)
      : settings_(settings), stream_(stream), stop_(stop), log_(log),
        standing_by_(settings, facts, stream, stop, server, log),
        claims_({.store = store,
                 .stream = [&settings, &stream] { return stream_now(settings, stream); },
                 .has_other_chains = [&settings, &store] { return has_other_chains(settings, store); },
                 .heard = [this] { return heard(); },
                 .last_run = [&stream] { return stream.state.last_run(); },
                 .now = [] { return std::chrono::steady_clock::now(); },
                 .log = log},
                settings, captured_by(settings)) {}

  std::optional<OrderedStart> next() {
    standing_by_.ended();
    while (stop_.load() == 0) {
      if (std::optional<OrderedStart> start = look())
        return start;
      if (claims_.everything_is_done())
        return std::nullopt;
      standing_by_.tell({}); // each part has an owner of its own
      standing_by_.wait(std::min<std::chrono::nanoseconds>(between_looks_at_claims, settings_.takeover_after / 4));
    }
    return std::nullopt;
  }
  Claims &claims() { return claims_; }
  bool is_once() const { return settings_.once; }
  void listen() {
    const MutexLock lock(mutex_);
    heard_.merge(standing_by_.heard());
  }

private:
  std::optional<OrderedStart> look() {
    try {
      return asked(settings_, [this]() -> std::optional<OrderedStart> {
        std::optional<OrderedStart> start = claims_.look();
        return start ? std::optional(with_stream(*std::move(start), settings_, stream_)) : std::nullopt;
      });
    } catch (const StoreFailure &failure) {
      complain("the store can't be asked for the manifests; it is asked again", failure.what());
    } catch (const NoAnswer &error) {
      complain("the stream can't be asked for; it is asked again", error.what());
    }
    return std::nullopt;
  }
  void complain(std::string_view sentence, const char *reason) {
    if (const auto held_back = lines_.admit())
      log_.warn(sentence, {{"reason", reason}, {"others_since_last_line", *held_back}});
  }
  std::set<std::string> heard() {
    listen();
    const MutexLock lock(mutex_);
    return std::exchange(heard_, {});
  }

  const Settings &settings_;
  BoundStream &stream_;
  const std::atomic<int> &stop_;
  Log &log_;
  LineLimit lines_{1, std::chrono::seconds(30)};
  StandingBy standing_by_;
  Mutex mutex_;
  std::set<std::string> heard_ GUARDED_BY(mutex_); // runs, since they were asked for
  Claims claims_;
};

ClaimTurns::ClaimTurns(const Settings &settings, const HostFacts &facts, BoundStream &stream, const Store &store,
                       const std::atomic<int> &stop, HttpServer *server, Log &log)
    : parts_(std::make_unique<Parts>(settings, facts, stream, store, stop, server, log)) {}

ClaimTurns::~ClaimTurns() = default;

std::optional<OrderedStart> ClaimTurns::next() {
  try {
    return parts_->next();
  } catch (const CaptureStopped &) {
    return std::nullopt;
  } catch (const DamagedChain &error) {
    throw StartupError(error.what());
  }
}

bool ClaimTurns::goes_on_after(const OrderedStart &start, const CaptureEnd &end) {
  if (end.outrun)
    return true;
  if (!end.failure.empty() || end.returned + end.unconfirmed > 0)
    return false;
  if (end.reached_end)
    return true;
  if (!parts_->is_once() || !end.complete)
    return false;
  parts_->claims().nothing_more_of(*start.claim);
  return true;
}

void ClaimTurns::listen() {
  parts_->listen();
}

} // namespace jetcapture::host
