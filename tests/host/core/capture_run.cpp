#include "host/core/capture_run.hpp"

#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fcntl.h>

namespace jetcapture::test {

using namespace host;
using namespace std::chrono_literals;

namespace {

constexpr auto longest_wait = 10s;

CaptureIdentity identity_of(const std::string &name) {
  return {name, "2026-01-01T00:00:00Z", name, 7};
}

} // namespace

World::World()
    : server(clock, [this](const FakeMessage &message, bool terminated) { check_ack(message, terminated); }) {
  server.ack_wait = 1h;
}

World::World(const World &other) : World(other, std::unique_lock(other.mutex)) {}

// In the order in which a crash may leave them: no ack that the journal does not know, and no block in the journal that
// the store does not have.
World::World(const World &other, std::unique_lock<std::mutex>)
    : clock(other.clock),
      server(other.server, clock,
             [this](const FakeMessage &message, bool terminated) { check_ack(message, terminated); }),
      store_kind(other.store_kind), host(other.host), stream_created(other.stream_created), broken_(other.broken_) {
  for (const std::string &file : files_below(other.state.path()))
    write_file(state / file, read_file(other.state / file));
  store.set_objects(other.store.objects());
}

void World::lose_state(std::string new_host) {
  for (const std::string &file : files_below(state.path()))
    std::filesystem::remove(state / file);
  host = std::move(new_host);
}

std::vector<std::string> World::broken() const {
  const std::lock_guard lock(mutex);
  return broken_;
}

void World::publish(std::initializer_list<std::string> messages) {
  const std::lock_guard lock(mutex);
  for (const std::string &message : messages)
    server.publish(message);
}

bool World::is_stored(const FakeMessage &message) const {
  if (message.data.find("BAD") != std::string::npos || message.data.find("!bad") != std::string::npos) {
    for (const auto &[name, bytes] : store.objects())
      if (name.starts_with("_quarantine") &&
          bytes.find("\"sequence\":" + std::to_string(message.sequence) + ",") != std::string::npos)
        return true;
    return false;
  }
  std::istringstream words(message.data);
  for (std::string word; words >> word;)
    if (word != "LATER" && !store.has({message.sequence, message.timestamp, word.substr(0, word.find_first_of("#@!"))}))
      return false;
  return true;
}

void World::check_ack(const FakeMessage &message, bool terminated) {
  if (!terminated && !is_stored(message))
    broken_.push_back("message " + std::to_string(message.sequence) + " \"" + message.data +
                      "\" was acked and is not stored whole");
}

bool TurnDelivery::turn() {
  begin_turn();
  return end_turn();
}

void TurnDelivery::begin_turn() {
  {
    const std::lock_guard lock(mutex_);
    captures_turn_ = true;
  }
  changed_.notify_all();
}

bool TurnDelivery::has_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

bool TurnDelivery::end_turn() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, longest_wait, [this] { return !captures_turn_ || ended_; });
}

void TurnDelivery::let_go() {
  acks_flow = true;
  exchange(UINT64_MAX);
  {
    const std::lock_guard lock(mutex_);
    free_ = captures_turn_ = true;
  }
  changed_.notify_all();
}

void TurnDelivery::capture_ended() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
}

void TurnDelivery::wait_for_turn() {
  std::unique_lock lock(mutex_);
  if (free_)
    return;
  captures_turn_ = false;
  changed_.notify_all();
  changed_.wait(lock, [this] { return captures_turn_; });
}

void TurnDelivery::exchange(std::uint64_t acks) {
  const std::lock_guard lock(world_.mutex);
  inner_.exchange(acks);
}

bool TurnDelivery::next(jetcapture_message &message, std::chrono::milliseconds wait) {
  const auto take = [&] {
    const std::lock_guard lock(world_.mutex);
    if (wait > 0ms)
      inner_.pull(window);
    return inner_.next(message, wait);
  };
  on_step("next");
  if (take()) {
    idle_ = false;
    return true;
  }
  // It looks at its clocks first.
  if (wait == 0ms || !std::exchange(idle_, true))
    return false;
  wait_for_turn();
  idle_ = !take();
  return !idle_;
}

void TurnDelivery::ack(AckOrder order) {
  on_step("before an order to ack");
  {
    const std::lock_guard lock(world_.mutex);
    inner_.ack(std::move(order));
  }
  on_step("after an order to ack");
  if (!acks_flow)
    return;
  exchange(UINT64_MAX);
  on_step("after acks");
}

std::vector<AckOutcome> TurnDelivery::take_confirmed() {
  const std::lock_guard lock(world_.mutex);
  return inner_.take_confirmed();
}

std::uint32_t TurnDelivery::connection() const {
  const std::lock_guard lock(world_.mutex);
  return inner_.connection();
}

bool TurnDelivery::has(std::uint64_t sequence, std::int64_t timestamp) {
  const std::lock_guard lock(world_.mutex);
  if (world_.unanswered > 0) {
    world_.unanswered--;
    return false;
  }
  return inner_.has(sequence, timestamp);
}

void TurnDelivery::stop_pulling() {
  on_step("stop");
  const std::lock_guard lock(world_.mutex);
  inner_.stop_pulling();
}

std::uint64_t TurnDelivery::give_back_rest() {
  const std::lock_guard lock(world_.mutex);
  return inner_.give_back_rest();
}

void TurnDelivery::give_back(const SequenceList &sequences) {
  on_step("before a return");
  {
    const std::lock_guard lock(world_.mutex);
    inner_.give_back(sequences);
  }
  on_step("after a return");
}

void TurnDelivery::keep_alive(const SequenceList &sequences) {
  const std::lock_guard lock(world_.mutex);
  inner_.keep_alive(sequences);
}

void TurnDelivery::terminate(std::uint64_t sequence) {
  const std::lock_guard lock(world_.mutex);
  inner_.terminate(sequence);
}

std::optional<std::uint64_t> TurnDelivery::ack_budget() const {
  const std::lock_guard lock(world_.mutex);
  return inner_.ack_budget();
}

std::chrono::nanoseconds TurnDelivery::ack_wait() const {
  const std::lock_guard lock(world_.mutex);
  return inner_.ack_wait();
}

std::optional<Delivery::Progress> TurnDelivery::progress(std::chrono::milliseconds timeout) {
  const std::lock_guard lock(world_.mutex);
  if (world_.unanswered > 0) {
    world_.unanswered--;
    return std::nullopt;
  }
  return told ? told : inner_.progress(timeout);
}

Delivery::Vitals TurnDelivery::vitals() const {
  const std::lock_guard lock(world_.mutex);
  return inner_.vitals();
}

Settings CaptureRun::settings() {
  Settings settings;
  settings.store_threads = 1;
  settings.compress_threads = 1;
  settings.retry_min = settings.retry_max = 1ms;
  return settings;
}

Capture::LedgerPlan CaptureRun::ledger_plan(const World &world, const std::string &name) {
  Capture::LedgerPlan plan;
  plan.facts.chain = {name, name, world.host};
  plan.facts.stream_created = world.stream_created;
  plan.facts.consumer_created = identity_of(name).consumer_created;
  plan.facts.interval = std::chrono::nanoseconds(15min).count();
  plan.beginning.floor = world.server.ack_floor();
  plan.beginning.known_above = read_journal(world.state.path() / journal_file).ledger_floor;
  plan.beginning.again = [](const ManifestHeader &) { return false; };
  plan.pace = {0ns, 0ns, 0ns, 0ns};
  plan.stage_memory = world.state.path() / "memory";
  plan.configurations = world.configurations;
  plan.last_manifest = world.state.path() / last_manifest_file;
  return plan;
}

CaptureRun::CaptureRun(World &world, Settings given, Step on_step, const std::string &name)
    : delivery(world), log(Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)),
      settings_(std::move(given)), world_(world), spool(world.state.path() / "spool", settings_.spool_limit),
      ledger_(ledger_plan(world, name)),
      journal_(
          world.state.path(), read_journal(world.state.path() / journal_file), identity_of(name),
          [](const CaptureIdentity &) { return JournalOrigin::this_consumer; }, log),
      in_flight_(world.state.path() / "in-flight", name, log),
      writer_(fake_writer(), StageKind::writer, {}, "test.item/1", log, cancelled_),
      store_(FakeStore::description(world.store_kind), StageKind::store, world.store.options(), "", log, cancelled_),
      capture_(settings_, {name, identity_of(name).stream_created, name},
               {[this]() -> const std::deque<Decoder> & {
                  for (std::uint32_t i = 0; i < settings_.pipelines; i++)
                    decoders_.emplace_back(fake_decoder(), StageKind::decoder, std::vector<std::string>{},
                                           "test.item/1", log, cancelled_);
                  return decoders_;
                }(),
                writer_, store_},
               {delivery,
                [this](Ledger *ledger) {
                  return std::make_unique<SharedCommitter>(SharedCommitter::Surroundings{
                      delivery, journal_, in_flight_, counters, world_.clock, log, ledger});
                },
                spool, counters, world.clock, log, world.store_kind == FakeStore::Kind::complete ? &ledger_ : nullptr},
               {stop_, cancelled_}) {
  if (on_step) {
    delivery.on_step = on_step;
    world.store.on_put([on_step](bool stored) { on_step(stored ? "after a put" : "before a put"); });
  }
  thread_ = std::thread([this] {
    end_ = capture_.run();
    delivery.capture_ended();
  });
  delivery.turn();
}

CaptureRun::~CaptureRun() {
  stop_ = 2;
  if (thread_.joinable())
    wait_for_end();
  world_.store.on_put([](bool) {});
}

void CaptureRun::turn(std::chrono::nanoseconds time) {
  world_.clock.advance(time);
  if (!delivery.turn())
    throw std::runtime_error("the capture does not come to ask for a message");
}

void CaptureRun::wait_for_stores() const {
  const auto end = std::chrono::steady_clock::now() + longest_wait;
  while (true) {
    const StoreProgress::Snapshot now = counters.store.snapshot();
    if (now.waiting + now.storing == 0)
      return;
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error("blocks are not stored");
    std::this_thread::yield();
  }
}

std::uint64_t CaptureRun::sealed(SealReason reason) const {
  return counters.store.snapshot().sealed_by_reason[static_cast<std::size_t>(reason)];
}

void CaptureRun::confirm() {
  wait_for_stores();
  delivery.exchange(UINT64_MAX);
  turn();
  wait_for_stores(); // of what that turn has sealed
}

CaptureEnd CaptureRun::wait_for_end() {
  delivery.let_go();
  thread_.join();
  return end_;
}

CaptureEnd CaptureRun::end() {
  stop_ = 1;
  return wait_for_end();
}

} // namespace jetcapture::test
