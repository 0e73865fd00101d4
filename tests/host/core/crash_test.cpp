#include "host/core/capture_run.hpp"
#include "ledger/manifest.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// The world as it was at each step of a run: what a host finds that was killed there.
class Moments {
public:
  struct Moment {
    std::string step;
    std::unique_ptr<World> world;
  };

  explicit Moments(const World &world) : world_(world) {}

  CaptureRun::Step taker() {
    return [this](const char *step) { take(step); };
  }
  void take(const std::string &step) {
    auto copy = std::make_unique<World>(world_);
    const std::lock_guard lock(mutex_);
    moments_.push_back({std::to_string(moments_.size()) + ", " + step, std::move(copy)});
  }
  const std::vector<Moment> &all() const { return moments_; }

private:
  const World &world_;
  std::mutex mutex_; // of what follows
  std::vector<Moment> moments_;
};

// A capture goes on until all is acked, and ends.
void capture_all(World &world, const CaptureRun::Step &on_step = {}) {
  CaptureRun run(world, CaptureRun::settings(), on_step);
  run.delivery.acks_flow = true;
  for (int round = 0; round < 8 && !world.server.all_acked(); round++) {
    run.turn();
    run.turn(20min);
    run.confirm();
  }
  const CaptureEnd end = run.end();
  CHECK(end.failure.empty());
  CHECK(end.returned == 0);
  CHECK(end.unconfirmed == 0);
}

// All messages are stored once, and were acked after all of their blocks were stored.
void check_promise(const World &world) {
  for (const std::string &broken : world.broken())
    CHECK_MESSAGE(false, broken);
  CHECK(world.server.all_acked());
  for (const auto &[part, count] : world.store.parts())
    CHECK_MESSAGE(count == 1, "message " << std::get<0>(part) << " for key " << std::get<2>(part));
  for (const auto &[id, block] : read_journal(world.state.path() / "journal").blocks)
    CHECK_MESSAGE(false, "the journal has the unfinished block " << block.name);
}

// Who reads the manifests has each object in one line. At the end of a run that may be not declared yet.
void check_lines(const World &world) {
  using Line = std::pair<std::uint64_t, std::uint64_t>;
  std::vector<Manifest> manifests;
  std::set<Line> done;
  std::set<Line> voided;
  const auto add = [](std::set<Line> &to, const std::vector<LineRun> &runs) {
    for (const LineRun &run : runs)
      for (std::uint64_t line = run.first; line <= run.last; line++)
        to.emplace(run.manifest, line);
  };
  for (const auto &[name, bytes] : world.store.objects())
    if (name.starts_with(manifest_root)) {
      manifests.push_back(decode_manifest(bytes));
      add(done, manifests.back().done);
      add(voided, manifests.back().voided);
    }
  std::set<std::string> names;
  for (const Manifest &manifest : manifests)
    for (std::size_t i = 0; i < manifest.lines.size(); i++) {
      const std::string &name = manifest.lines[i].name;
      CAPTURE(name);
      CAPTURE(manifest.number);
      const bool is_void = voided.contains({manifest.number, i});
      CHECK_FALSE((is_void && done.contains({manifest.number, i})));
      if (!is_void) {
        CHECK(names.insert(name).second);
        CHECK(world.store.objects().contains(name));
      }
    }
}

// Two intervals with messages of one key, of several, without an item, and bad ones. acks_flow: else they are confirmed
// one by one, after all is stored.
void capture_with_moments(World &world, Moments &moments, bool acks_flow,
                          const Settings &settings = CaptureRun::settings()) {
  CaptureRun run(world, settings, moments.taker());
  run.delivery.acks_flow = acks_flow;
  world.publish({"a!red", "a!blue b", "", "b c", "BAD", "a!red"});
  run.turn(1min);
  world.clock.advance(15min);
  world.publish({"a c", "c"});
  run.turn();
  run.wait_for_stores();
  for (int acks = 0; acks < 6; acks++) {
    run.delivery.exchange(1);
    moments.take("an ack is confirmed");
    run.turn();
  }
  run.end();
  moments.take("the end");
}

} // namespace

TEST_CASE(
    "killed between any two steps of its blocks, a host stores each message once and acks it after all its blocks") {
  for (const bool acks_flow : {false, true}) {
    CAPTURE(acks_flow);
    World world;
    Moments moments(world);
    capture_with_moments(world, moments, acks_flow);
    check_promise(world);
    CHECK(moments.all().size() > 50);
    for (const auto &[step, killed] : moments.all()) {
      CAPTURE(step);
      capture_all(*killed);
      check_promise(*killed);
    }
  }
}

TEST_CASE("killed between any two steps with several pipelines and store threads, a host stores each message once") {
  Settings settings = CaptureRun::settings();
  settings.pipelines = settings.compress_threads = settings.store_threads = 3;
  World world;
  Moments moments(world);
  capture_with_moments(world, moments, true, settings);
  check_promise(world);
  for (const auto &[step, killed] : moments.all()) {
    CAPTURE(step);
    capture_all(*killed);
    check_promise(*killed);
  }
}

TEST_CASE(
    "killed after the journal knew that a block is stored, a host stores it once also where the store can't be asked") {
  World world;
  world.store_kind = FakeStore::Kind::blind;
  Moments moments(world);
  capture_with_moments(world, moments, true);
  for (const auto &[step, killed] : moments.all())
    if (step.find("ack") != std::string::npos) {
      CAPTURE(step);
      capture_all(*killed);
      check_promise(*killed);
    }
}

TEST_CASE("killed once more between any two steps of the run after, a host stores each message once all the same") {
  World world;
  Moments moments(world);
  capture_with_moments(world, moments, true);
  // Each tenth: there are thousands.
  for (std::size_t i = 0; i < moments.all().size(); i += 10) {
    World &killed = *moments.all()[i].world;
    Moments again(killed);
    capture_all(killed, again.taker());
    for (const auto &[step, killed_again] : again.all()) {
      CAPTURE(moments.all()[i].step);
      CAPTURE(step);
      capture_all(*killed_again);
      check_promise(*killed_again);
    }
  }
}

TEST_CASE("killed between any two steps, a host with a ledger stores each message once, with its state folder and "
          "without it") {
  for (const bool acks_flow : {false, true}) {
    CAPTURE(acks_flow);
    World world;
    world.store_kind = FakeStore::Kind::complete;
    Moments moments(world);
    capture_with_moments(world, moments, acks_flow);
    check_promise(world);
    CHECK(moments.all().size() > 50);
    for (const auto &[step, killed] : moments.all()) {
      CAPTURE(step);
      World without_state(*killed);
      without_state.lose_state("second");
      capture_all(*killed);
      check_promise(*killed);
      INFO("the state folder is lost");
      capture_all(without_state);
      check_promise(without_state);
    }
  }
}

TEST_CASE("killed once more in the run after, a host with a ledger stores each message once, whatever state it loses") {
  World world;
  world.store_kind = FakeStore::Kind::complete;
  Moments moments(world);
  capture_with_moments(world, moments, true);
  // Each tenth: there are thousands.
  for (std::size_t i = 0; i < moments.all().size(); i += 10) {
    World &killed = *moments.all()[i].world;
    if (i % 20 == 0)
      killed.lose_state("second");
    Moments again(killed);
    capture_all(killed, again.taker());
    for (std::size_t j = 0; j < again.all().size(); j++) {
      const auto &[step, killed_again] = again.all()[j];
      CAPTURE(moments.all()[i].step);
      CAPTURE(step);
      if (j % 3 == 0)
        killed_again->lose_state("third");
      capture_all(*killed_again);
      check_promise(*killed_again);
    }
  }
}

TEST_CASE("killed between any two steps where the store replaces objects, a host has each object in one line that "
          "counts") {
  for (const bool acks_flow : {false, true}) {
    CAPTURE(acks_flow);
    World world;
    world.store_kind = FakeStore::Kind::complete;
    world.store.replace_always();
    Moments moments(world);
    capture_with_moments(world, moments, acks_flow);
    check_promise(world);
    check_lines(world);
    for (std::size_t i = 0; i < moments.all().size(); i++) {
      World &killed = *moments.all()[i].world;
      CAPTURE(moments.all()[i].step);
      killed.store.replace_always();
      Moments again(killed);
      capture_all(killed, again.taker());
      check_promise(killed);
      check_lines(killed);
      // Each fortieth: there are thousands.
      for (std::size_t j = i % 40; j < again.all().size(); j += 40) {
        World &killed_again = *again.all()[j].world;
        CAPTURE(again.all()[j].step);
        killed_again.store.replace_always();
        capture_all(killed_again);
        check_promise(killed_again);
        check_lines(killed_again);
      }
    }
  }
}
