#include "host/growth/simulated_day.hpp"

#include "capture/capture.hpp"
#include "commit/in_flight.hpp"
#include "commit/shared_committer.hpp"
#include "host/core/fake_delivery.hpp"
#include "host/growth/stages.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jetcapture::test {

using namespace host;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds step = 2s;
constexpr unsigned hour = 3600;
constexpr unsigned quiet_from = 3000; // seconds of an hour; what follows is longer than an interval
constexpr std::chrono::nanoseconds interval = 5min;
constexpr std::uint64_t keys_at_once = 20;
constexpr std::size_t messages_kept = 2000;    // by the stream, behind those that are acked
constexpr auto longest_wait_for_threads = 60s; // of real time
constexpr auto longest_wait_for_spool = 1s;    // of real time

const CaptureIdentity identity = {"S", "2026-01-01T00:00:00Z", "C", 7};

bool is_outage(unsigned of_hour) {
  return of_hour % 6 == 2 || of_hour % 6 == 3;
}

Settings settings() {
  Settings settings;
  settings.stream = identity.stream;
  settings.consumer = identity.consumer;
  settings.max_age = interval;
  settings.compression = Compression::gzip;
  settings.memory_limit = 4 << 10; // the spool is in use
  settings.retry_min = 2ms;
  settings.retry_max = 20ms;
  settings.store_threads = 2;
  return settings;
}

std::size_t entries_of(const std::filesystem::path &folder) {
  const std::filesystem::directory_iterator entries(folder);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

double bytes_on_disk(const std::filesystem::path &file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? static_cast<double>(status.st_blocks) * 512 : 0;
}

double heap_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

double resident_bytes() {
  ::malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

// The host's: it may be wrong.
class HostClock final : public Clock {
public:
  explicit HostClock(const FakeClock &right) : right_(right) {}
  time_point now() const override { return right_.now(); }
  std::int64_t wall() const override { return right_.wall() + wrong_by_.count(); }
  void step_to(std::chrono::nanoseconds wrong_by) { wrong_by_ = wrong_by; }

private:
  const FakeClock &right_;
  std::chrono::nanoseconds wrong_by_{0};
};

} // namespace

class SimulatedDay::World {
public:
  explicit World(const Plan &plan) : plan_(plan), random_(plan.seed), settings_(settings()) {
    calls_.keep_in(plan.folder);
    store_fails = false;
    // What is measured takes no memory later.
    for (unsigned number = 1; number <= plan.hours; number++)
      hours_.push_back(
          {.number = number, .usual = true, .figures = std::vector<double>(SimulatedDay::figures().size())});
    server_.ack_wait = 10min;
    server_.max_ack_pending = std::max<std::uint64_t>(plan.messages_an_hour / 4, 1000);
  }

  std::vector<Sample> run() {
    const CaptureEnd end = capture_.run();
    if (!end.failure.empty())
      throw std::runtime_error("the capture ended: " + end.failure);
    return hours_;
  }

  Happened happened() const {
    return {.messages = counters_.messages,
            .filtered = counters_.filtered,
            .quarantined = counters_.quarantined,
            .redeliveries = counters_.redeliveries,
            .blocks = counters_.blocks_stored,
            .store_failures = counters_.store_failures,
            .spooled_bytes = spool_.taken(),
            .generations = journal_.generation_of(INT64_MAX),
            .unstored = server_.pending() + server_.waiting()};
  }

private:
  // When nothing has come, time passes.
  class Line final : public FakeDelivery {
  public:
    explicit Line(World &world) : FakeDelivery(world.server_), world_(world) {}

    bool next(jetcapture_message &message, std::chrono::milliseconds wait) override {
      if (FakeDelivery::next(message, wait))
        return true;
      world_.go_on();
      return FakeDelivery::next(message, wait);
    }
    void ack(AckOrder order) override {
      const std::lock_guard lock(mutex_);
      ordered_.push_back(std::move(order));
    }
    // The server takes and confirms what is ordered.
    void exchange_all() {
      {
        const std::lock_guard lock(mutex_);
        for (; !ordered_.empty(); ordered_.pop_front())
          FakeDelivery::ack(std::move(ordered_.front()));
      }
      exchange();
    }
    std::vector<AckOutcome> take_confirmed() override {
      exchange_all();
      return FakeDelivery::take_confirmed();
    }
    std::optional<std::uint64_t> ack_budget() const override { return world_.server_.max_ack_pending; }
    Vitals vitals() const override {
      Vitals vitals = FakeDelivery::vitals();
      const std::lock_guard lock(mutex_);
      vitals.acks_outstanding += ordered_.size();
      return vitals;
    }

  private:
    World &world_;
    mutable std::mutex mutex_;
    std::deque<AckOrder> ordered_;
  };

  std::uint64_t any(std::uint64_t below) { return random_() % below; }
  unsigned hours_gone() const { return seconds_ / hour; }
  unsigned second_of_hour() const { return seconds_ % hour; }

  void go_on() {
    if (stop_ != 0)
      return;
    line_.exchange_all();
    wait_for_threads();
    clock_.advance(step);
    seconds_ += static_cast<unsigned>(step / 1s);
    if (hours_gone() == plan_.hours) {
      store_fails = false; // the drain ends by what is stored: the clock stands still
      stop_ = 1;
      return;
    }
    store_fails = is_outage(hours_gone());
    if (second_of_hour() < quiet_from)
      publish();
    happen();
    if (seconds_ % 4 == 0)
      capture_.hear(*line_.progress(0ms));
    line_.pull(1000);
    if (second_of_hour() == hour - 2)
      measure();
  }

  // What was sealed is stored, or has failed: time does not run away from the threads.
  void wait_for_threads() const {
    const auto deadline = std::chrono::steady_clock::now() + longest_wait_for_threads;
    while (true) {
      const StoreProgress::Snapshot blocks = counters_.store.snapshot();
      if (blocks.waiting + blocks.storing == (store_fails ? blocks.retrying : 0))
        return;
      if (std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error("blocks are not stored: " + blocks.reason);
      std::this_thread::sleep_for(100us);
    }
  }

  void publish() {
    due_ += static_cast<double>(plan_.messages_an_hour) * static_cast<double>(step / 1s) / quiet_from;
    for (; due_ >= 1; due_ -= 1)
      server_.publish(data());
  }

  std::string data() {
    const std::uint64_t kind = any(100);
    const std::string rest(any(400), 'x');
    if (kind < 10)
      return "";
    if (kind == 10)
      return "!" + rest;
    std::string keys = key();
    for (std::uint64_t more = kind < 20 ? 1 + any(2) : 0; more > 0; more--)
      keys += "," + key();
    return keys + ":" + rest;
  }
  // Others each ten minutes.
  std::string key() { return "key" + std::to_string(seconds_ / 600 * keys_at_once / 2 + any(keys_at_once)); }

  // A sequence that is not acked, most likely.
  std::uint64_t any_open() {
    const std::uint64_t floor = server_.ack_floor();
    return floor + 1 + any(std::max<std::uint64_t>(1, server_.last_sequence() - floor));
  }

  void happen() {
    const unsigned second = second_of_hour();
    server_.limit(second < quiet_from ? messages_kept : 10);
    if (second % 60 == 0 && second < quiet_from)
      server_.remove(any_open());
    if (second == 600)
      server_.restart(2min, 0);
    if (second == 1200)
      server_.restart(0s, 0);
    if (second == 1500)
      for (int i = 0; i < 20; i++)
        server_.give_back(any_open());
    if (second == 1800)
      server_.restart(0s, 1 + any(20) + std::min<std::uint64_t>(server_.waiting(), 100));
    if (second == 2400)
      host_clock_.step_to(hours_gone() % 2 == 0 ? 10min : -10min);
  }

  void measure() {
    Sample &measured = hours_[hours_gone()];
    measured.usual = !store_fails;
    // The uploader lets go of a block's bytes after it has said that it is stored.
    const auto deadline = std::chrono::steady_clock::now() + longest_wait_for_spool;
    while (measured.usual && spool_.used() > 0 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(100us);
    const StoreProgress::Snapshot blocks = counters_.store.snapshot();
    const std::array figures = {resident_bytes(),
                                heap_bytes(),
                                static_cast<double>(journal_.bytes()),
                                static_cast<double>(journal_.history_bytes()),
                                static_cast<double>(journal_.generations()),
                                bytes_on_disk(plan_.folder / "in-flight"),
                                bytes_on_disk(plan_.folder / "calls"),
                                static_cast<double>(spool_.used()),
                                static_cast<double>(entries_of("/proc/self/fd")),
                                static_cast<double>(entries_of("/proc/self/task")),
                                static_cast<double>(counters_.open_blocks),
                                static_cast<double>(blocks.waiting + blocks.storing + counters_.acking_blocks),
                                static_cast<double>(counters_.in_flight)};
    std::copy(figures.begin(), figures.end(), measured.figures.begin());
  }

  const Plan plan_;
  std::mt19937_64 random_;
  const Settings settings_;
  Log log_{Level::info, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  FakeClock clock_;
  HostClock host_clock_{clock_};
  FakeServer server_{clock_, [](const FakeMessage &, bool) {}};
  Line line_{*this};
  std::atomic<int> stop_ = 0;
  std::atomic<bool> cancelled_ = false;
  CallRecord calls_;
  std::deque<Decoder> decoders_ = make_decoders({{}, jetcapture_decoder_1_simulated}, settings_,
                                                JETCAPTURE_PAYLOAD_MESSAGE, log_, cancelled_, {.calls = &calls_});
  Writer writer_{jetcapture_writer_1_simulated,
                 StageKind::writer,
                 {},
                 JETCAPTURE_PAYLOAD_MESSAGE,
                 log_,
                 cancelled_,
                 {.calls = &calls_}};
  Store store_{jetcapture_store_1_simulated, StageKind::store, {}, "", log_, cancelled_, {.calls = &calls_}};
  Spool spool_{plan_.folder / "spool", 0};
  Journal journal_{
      plan_.folder, {}, identity, [](const CaptureIdentity &) { return JournalOrigin::this_consumer; }, log_};
  InFlight in_flight_{plan_.folder / "in-flight", "S C", log_};
  Counters counters_;
  Capture capture_{settings_,
                   {identity.stream, identity.stream_created, identity.consumer},
                   {decoders_, writer_, store_},
                   {line_,
                    [this](Ledger *ledger) {
                      return std::make_unique<SharedCommitter>(SharedCommitter::Surroundings{
                          line_, journal_, in_flight_, counters_, host_clock_, log_, ledger});
                    },
                    spool_, counters_, host_clock_, log_},
                   {stop_, cancelled_}};
  unsigned seconds_ = 0; // of the day
  double due_ = 0;       // messages to publish
  std::vector<Sample> hours_;
};

SimulatedDay::SimulatedDay(const Plan &plan) : world_(std::make_unique<World>(plan)) {}
SimulatedDay::~SimulatedDay() = default;

std::vector<Sample> SimulatedDay::run() {
  return world_->run();
}

SimulatedDay::Happened SimulatedDay::happened() const {
  return world_->happened();
}

const std::vector<Figure> &SimulatedDay::figures() {
  constexpr double kib = 1024;
#ifdef JETCAPTURE_SANITIZED
  constexpr double resident = -1; // what is freed is kept for a while
#else
  constexpr double resident = 64 * kib;
#endif
  static const std::vector<Figure> figures = {
      {"resident memory", "rss KiB", kib, resident},
      {"memory in use", "heap KiB", kib, 1.5 * kib},
      // It is rewritten at a megabyte where most of it is about blocks that are done.
      {"the journal's file", "journal KiB", kib, -1, 1.5 * kib * kib},
      // Up and down by the pages that the messages of ten minutes are in, and by the last generations.
      {"what the journal knows as stored", "history B", 1, 64},
      {"the journal's generations", "generations", 1, -1, 4},
      {"the file of messages in flight", "in-fl. KiB", kib, kib},
      {"the record of calls", "calls KiB", kib, 0},
      {"the spool", "spool B", 1, 0},
      {"descriptors", "fds", 1, 0.1},
      {"threads", "threads", 1, 0},
      {"open blocks", "open", 1, 0.1},
      {"blocks under way", "under way", 1, 0.1},
      {"messages in flight", "in flight", 1, 0.1},
  };
  return figures;
}

} // namespace jetcapture::test
