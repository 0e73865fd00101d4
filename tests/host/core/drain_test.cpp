// What a stop does with open blocks: it stores them; or, with ordered delivery, leaves their messages to the next run.
#include "capture/capture.hpp"
#include "commit/ordered_committer.hpp"
#include "host/core/capture_run.hpp"
#include "host/core/fake_ordered_delivery.hpp"
#include "ledger/manifest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <fcntl.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

Settings settings(Drain drain) {
  Settings settings = CaptureRun::settings();
  settings.delivery = DeliveryKind::ordered;
  settings.drain = drain;
  return settings;
}

// Messages of one key, of which none is in the store.
struct Published {
  Published() {
    world.store_kind = FakeStore::Kind::complete;
    // The ledger waits by the real clock for what it writes at the end, up to a time of the capture's clock.
    world.clock.advance(std::max(0ns, std::chrono::nanoseconds(std::chrono::steady_clock::now() - world.clock.now())));
    for (int i = 0; i < 100; i++)
      world.publish({"k"});
  }
  // The manifests, in their order.
  std::vector<Manifest> manifests() const {
    std::vector<Manifest> all;
    for (const auto &[name, bytes] : world.store.objects())
      if (name.starts_with(manifest_root))
        all.push_back(decode_manifest(bytes));
    return all;
  }
  std::size_t blocks() const { return world.store.objects().size() - manifests().size(); }
  World world;
};

// A capture with ordered delivery, behind the last floor, on a thread of its own.
class OrderedRun {
public:
  OrderedRun(Published &published, Drain drain)
      : world_(published.world), after_(published.manifests().empty() ? 0 : published.manifests().back().floor),
        delivery(world_.server, after_), settings_(settings(drain)), ledger_(plan()),
        writer_(fake_writer(), StageKind::writer, {}, "test.item/1", log_, cancelled_),
        store_(FakeStore::description(FakeStore::Kind::complete), StageKind::store, world_.store.options(), "", log_,
               cancelled_),
        capture_(settings_, {"S", "created", "S"},
                 {[this]() -> const std::deque<Decoder> & {
                    decoders_.emplace_back(fake_decoder(), StageKind::decoder, std::vector<std::string>{},
                                           "test.item/1", log_, cancelled_);
                    return decoders_;
                  }(),
                  writer_, store_},
                 {delivery,
                  [this](Ledger *ledger) {
                    return std::make_unique<OrderedCommitter>(
                        OrderedCommitter::Surroundings{delivery, *ledger, counters, world_.clock, log_}, after_,
                        after_ > 0);
                  },
                  spool_, counters, world_.clock, log_, &ledger_},
                 {stop_, cancelled_}) {
    delivery.pull(1000);
    thread_ = std::thread([this] { end_ = capture_.run(); });
  }
  OrderedRun(const OrderedRun &) = delete;
  OrderedRun &operator=(const OrderedRun &) = delete;
  ~OrderedRun() {
    stop_ = 2;
    if (thread_.joinable())
      thread_.join();
  }

  // So many messages are taken, within some seconds by the capture's clock.
  void take(std::uint64_t messages) {
    const auto longest = std::chrono::steady_clock::now() + 10s;
    while (counters.in_flight != messages) {
      world_.clock.advance(20ms);
      std::this_thread::sleep_for(1ms); // so that the capture's clock is not far ahead of the real one
      if (std::chrono::steady_clock::now() > longest)
        throw std::runtime_error("the messages are not taken");
    }
    world_.clock.advance(1s);
    // It has looked at its clock since.
    for (int looks = 0; looks < 2; looks++) {
      const auto before = counters.last_beat.load();
      while (counters.last_beat.load() == before) {
        world_.clock.advance(20ms);
        std::this_thread::sleep_for(1ms); // so that the capture's clock is not far ahead of the real one
        if (std::chrono::steady_clock::now() > longest)
          throw std::runtime_error("the capture stands still");
      }
    }
  }
  CaptureEnd end() {
    stop_ = 1;
    thread_.join();
    return end_;
  }

private:
  Capture::LedgerPlan plan() const {
    Capture::LedgerPlan plan;
    plan.facts.chain = {"S", "S", std::string(ordered_chain)};
    plan.facts.floor = after_;
    plan.beginning.floor = after_;
    plan.beginning.known_above = 0;
    plan.beginning.again = [](const ManifestHeader &) { return false; };
    plan.pace = {0ns, 0ns, 0ns, 0ns};
    return plan;
  }

  World &world_;
  const std::uint64_t after_;

public:
  FakeOrderedDelivery delivery;
  Counters counters;

private:
  const Settings settings_;
  Log log_{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  std::atomic<int> stop_ = 0;
  std::atomic<bool> cancelled_ = false;
  Spool spool_{world_.state.path() / "spool", 0};
  const Capture::LedgerPlan ledger_;
  std::deque<Decoder> decoders_;
  const Writer writer_;
  const jetcapture::host::Store store_;
  Capture capture_;
  CaptureEnd end_;
  std::thread thread_;
};

} // namespace

TEST_CASE("with --drain drop a stop stores no open block, ends the run in order, and the next run has each message "
          "once") {
  Published published;
  {
    OrderedRun run(published, Drain::drop);
    run.take(100);
    const CaptureEnd end = run.end();
    CHECK(end.failure.empty());
    CHECK(end.dropped == 100);
    CHECK(end.returned == 0);
    CHECK(published.blocks() == 0);
    CHECK(published.manifests().back().ends);
    CHECK(published.manifests().back().floor == 0);
  }
  OrderedRun run(published, Drain::store);
  run.take(100);
  const CaptureEnd end = run.end();
  CHECK(end.dropped == 0);
  CHECK(end.returned == 0);
  CHECK(published.world.store.parts().size() == 100);
  for (const auto &[part, times] : published.world.store.parts())
    CHECK(times == 1);
  CHECK(published.manifests().back().floor == 100);
}

TEST_CASE("with --drain drop blocks are stored all the same where the stream keeps their messages for too short") {
  Published published;
  OrderedRun run(published, Drain::drop);
  // Reading them again takes some seconds, and to begin half a minute.
  SUBCASE("less than twice as long as reading them again takes") {
    run.delivery.kept = OrderedDelivery::Kept{60s, "max_age 1h"};
  }
  SUBCASE("not known how long") {
    run.delivery.kept = std::nullopt;
  }
  run.take(100);
  const CaptureEnd end = run.end();
  CHECK(end.dropped == 0);
  CHECK(end.returned == 0);
  CHECK(published.world.store.parts().size() == 100);
  CHECK(published.manifests().back().floor == 100);
}

TEST_CASE("with --drain drop blocks are dropped where the stream keeps their messages for longer than twice the time") {
  Published published;
  OrderedRun run(published, Drain::drop);
  run.delivery.kept = OrderedDelivery::Kept{1h, "max_age 2h"};
  run.take(100);
  CHECK(run.end().dropped == 100);
  CHECK(published.blocks() == 0);
}

TEST_CASE("a stop waits for the ack order of each block, also where that of another has acked its last message") {
  Settings settings = CaptureRun::settings();
  settings.store_threads = 2;
  World world;
  {
    CaptureRun run(world, settings, [orders = std::make_shared<std::atomic<int>>(0)](const char *step) {
      // The first block that is stored has no message left to ack: its order is overtaken by the other's.
      if (step == std::string_view("before an order to ack") && (*orders)++ == 0)
        std::this_thread::sleep_for(100ms);
    });
    run.delivery.acks_flow = true;
    world.publish({"a c"});
    run.turn();
    CHECK(run.end().unconfirmed == 0);
    CHECK(run.counters.blocks_stored == 2);
  }
  CHECK(world.server.all_acked());
  CHECK(read_journal(world.state.path() / journal_file).blocks.empty());
}
