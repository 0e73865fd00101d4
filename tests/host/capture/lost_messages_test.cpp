// What is told of messages that left the stream uncaptured, on a made-up server that does what nats-server was seen to
// do.
#include "capture/lost_messages.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace jetcapture::host;

namespace {

// A stream with messages for this consumer and for others, and how far the consumer is.
struct MadeUpServer {
  std::map<std::uint64_t, bool> messages; // whether the consumer's filter lets them through
  std::uint64_t last = 0;
  std::uint64_t first = 1;
  std::uint64_t delivered = 0; // of the stream
  std::uint64_t deliveries = 0;
  bool keeps_acked = true;
  bool replaces = false;

  void publish(std::size_t count, bool is_for_consumer = true) {
    for (std::size_t i = 0; i < count; i++)
      messages[++last] = is_for_consumer;
  }
  // The next message; 0: there is none.
  std::uint64_t deliver() {
    for (auto next = messages.upper_bound(delivered); next != messages.end(); ++next)
      if (next->second) {
        deliveries++;
        return delivered = next->first;
      }
    return 0;
  }
  // By limits: the consumer stays where it is.
  void discard_up_to(std::uint64_t sequence) {
    messages.erase(messages.begin(), messages.upper_bound(sequence));
    first = messages.empty() ? last + 1 : messages.begin()->first;
  }
  // The consumer is moved on.
  void purge_up_to(std::uint64_t sequence) {
    discard_up_to(sequence);
    delivered = std::max(delivered, first - 1);
  }
  void remove(std::uint64_t sequence) {
    messages.erase(sequence);
    first = messages.empty() ? last + 1 : messages.begin()->first;
  }
  Delivery::Progress progress() const {
    const auto waiting = std::count_if(messages.upper_bound(delivered), messages.end(),
                                       [](const auto &message) { return message.second; });
    return {.delivered_sequence = delivered,
            .delivered_consumer_sequence = deliveries,
            .not_delivered = static_cast<std::uint64_t>(waiting),
            .stream_first_sequence = first,
            .stream_last_sequence = last,
            .stream_messages = messages.size(),
            .stream_keeps_acked = keeps_acked,
            .stream_replaces = replaces};
  }
};

// A host with what the journal of its earlier runs knows.
struct WatchedRun {
  MadeUpServer server;
  Log log{Level::error, LogFormat::text, -1};
  Delivery::Coverage coverage{.filters = {}, .first_sequence = 1};
  Journal::Earlier earlier;
  std::unique_ptr<LostMessages> lost;
  std::uint64_t newest = 0; // messages are a second apart

  void filter() { coverage.filters = {"a"}; }
  // Ten messages for the consumer: 1, 4, 7, … 28.
  void filter_thirty() {
    filter();
    for (int i = 0; i < 10; i++) {
      server.publish(1);
      server.publish(2, false);
    }
  }
  void start() {
    lost = std::make_unique<LostMessages>(coverage, log);
    lost->begin(earlier);
    look();
  }
  // A run ends, and the next one starts.
  void restart() {
    look();
    lost->judge(true);
    earlier.position = lost->judged();
    start();
  }
  void look() { look(server); }
  // The server answers for the consumer before, and for the stream as it is now.
  void look(const MadeUpServer &before) {
    Delivery::Progress progress = before.progress();
    const Delivery::Progress now = server.progress();
    progress.stream_first_sequence = now.stream_first_sequence;
    progress.stream_last_sequence = now.stream_last_sequence;
    progress.stream_messages = now.stream_messages;
    lost->hear(progress);
    lost->judge();
  }
  // As long as it takes for all that is heard to be judged.
  void look_on() {
    look();
    look();
    look();
  }
  void see(std::uint64_t sequence, std::uint64_t times) {
    jetcapture_message message{};
    message.stream_sequence = sequence;
    message.consumer_sequence = server.deliveries;
    message.deliveries = times;
    message.timestamp = static_cast<std::int64_t>(sequence);
    lost->see(message);
  }
  void take(std::size_t count) {
    for (std::size_t i = 0; i < count; i++)
      if (const std::uint64_t sequence = server.deliver(); sequence > 0)
        see(sequence, 1);
  }
  void take_again(std::uint64_t sequence) {
    server.deliveries++;
    see(sequence, 2);
  }
  void others_take(std::size_t count) {
    for (std::size_t i = 0; i < count; i++)
      server.deliver();
  }
  void others_take_again(std::size_t count) { server.deliveries += count; }

  std::uint64_t certain() const { return lost->figures().lost; }
  std::uint64_t possible() const { return lost->figures().possibly; }
  bool told(const std::string &text) const {
    const std::vector<std::string> lines = log.recent();
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string &line) { return line.find(text) != std::string::npos; });
  }
  // Nothing is told.
  bool silent() const { return certain() == 0 && possible() == 0 && log.recent().empty(); }
};

} // namespace

TEST_CASE("what limits or a purge removed before it was captured is counted, with or without messages after it") {
  for (const bool purged : {false, true})
    for (const bool more : {false, true}) {
      CAPTURE(purged);
      CAPTURE(more);
      WatchedRun run;
      run.start();
      run.server.publish(10);
      run.take(4);
      run.look();
      if (purged)
        run.server.purge_up_to(10);
      else
        run.server.discard_up_to(10);
      if (more) {
        run.server.publish(3);
        run.take(3);
      }
      run.look_on();
      CHECK(run.certain() == 6);
      CHECK(run.possible() == 0);
      CHECK(run.told(R"("first":5,"last":10,"messages":6)"));
      // It is told once.
      run.server.publish(5);
      run.take(5);
      run.look_on();
      CHECK(run.certain() == 6);
    }
}

TEST_CASE("a purge in the midst of messages is counted exactly, though some of them are seen later than the server is "
          "asked") {
  WatchedRun run;
  run.start();
  run.server.publish(20);
  run.take(4);
  // Delivered, and on their way here when the server is asked after the purge.
  MadeUpServer before = run.server;
  run.others_take(3);
  run.server.purge_up_to(15);
  run.look();
  std::swap(before, run.server);
  run.take(3);
  std::swap(before, run.server);
  run.take(5);
  run.look_on();
  CHECK(run.certain() == 8);
  CHECK(run.possible() == 0);
}

TEST_CASE("what left the stream between two runs is counted by the next run, with or without messages after it") {
  for (const bool purged : {false, true})
    for (const bool more : {false, true}) {
      CAPTURE(purged);
      CAPTURE(more);
      WatchedRun run;
      run.server.publish(10);
      run.start();
      run.take(4);
      run.look();
      run.earlier.position = run.lost->judged();
      if (purged)
        run.server.purge_up_to(10);
      else
        run.server.discard_up_to(10);
      if (more)
        run.server.publish(3);
      run.start();
      run.take(3);
      run.look_on();
      CHECK(run.certain() == 6);
      CHECK(run.possible() == 0);
      run.restart();
      run.look_on();
      CHECK(run.certain() == 0);
    }
}

TEST_CASE("before the first run on a consumer nothing is known, and nothing is told") {
  WatchedRun run;
  run.server.publish(10);
  run.server.purge_up_to(5);
  run.start();
  run.take(2);
  run.look_on();
  CHECK(run.silent());
  // With messages taken by others before.
  WatchedRun later;
  later.server.publish(10);
  later.others_take(5);
  later.server.purge_up_to(8);
  later.start();
  later.take(2);
  later.look_on();
  CHECK(later.silent());
}

TEST_CASE("what other hosts take, what comes again, and single deleted messages are no loss") {
  WatchedRun run;
  run.server.publish(100);
  for (const std::uint64_t sequence : {20, 21, 50})
    run.server.remove(sequence);
  run.start();
  for (int i = 0; i < 30; i++) {
    run.take(1);
    run.others_take(2);
    if (i % 7 == 0)
      run.take_again(3);
    if (i % 5 == 0)
      run.others_take_again(2);
    if (i % 4 == 0)
      run.look();
  }
  // All that is acked leaves the stream.
  run.server.discard_up_to(run.server.delivered);
  run.look_on();
  run.restart();
  run.look_on();
  CHECK(run.silent());
}

TEST_CASE("with several hosts no more is counted than is lost, and redeliveries to others hide as many at most") {
  for (const std::size_t redelivered : {0, 2, 9}) {
    CAPTURE(redelivered);
    WatchedRun run;
    run.server.publish(30);
    run.start();
    run.take(5);
    run.others_take(5);
    run.look();
    run.server.discard_up_to(15); // 11 to 15 are lost
    run.others_take_again(redelivered);
    run.others_take(3);
    run.take(2);
    run.look_on();
    CHECK(run.certain() <= 5);
    CHECK(run.certain() + redelivered >= 5);
    CHECK(run.possible() == 0);
  }
}

TEST_CASE("as many as may have been deleted one by one before are possibly lost, not certainly") {
  WatchedRun run;
  run.server.publish(20);
  run.server.remove(8);
  run.server.remove(12);
  run.start();
  run.take(4);
  run.look();
  run.server.purge_up_to(15); // 5 to 15 but 8 and 12: nine messages
  run.look_on();
  CHECK(run.certain() == 9);
  CHECK(run.possible() == 2);
  CHECK(run.told("messages may be lost"));
}

TEST_CASE("of a stream that replaces messages all that is gone from its beginning may have been replaced") {
  WatchedRun run;
  run.server.replaces = true;
  const auto none_certain = [&](std::uint64_t possible) {
    run.look_on();
    CHECK(run.certain() == 0);
    CHECK(run.possible() == possible);
    CHECK(run.told("replaced them (max_msgs_per_subject, roll-ups)"));
  };
  SUBCASE("with messages after it") {
    run.start();
    run.server.publish(10);
    run.take(4);
    run.look();
    run.server.discard_up_to(10);
    run.server.publish(3);
    run.take(3);
    none_certain(6);
  }
  SUBCASE("between two runs, with nothing delivered since") {
    run.server.publish(10);
    run.start();
    run.take(4);
    run.look();
    run.earlier.position = run.lost->judged();
    run.server.discard_up_to(10);
    run.start();
    none_certain(6);
  }
  SUBCASE("behind a filter") {
    run.filter_thirty();
    run.start();
    run.take(4);
    run.look_on();
    run.server.discard_up_to(20); // of the consumer 13, 16, 19
    none_certain(3);
  }
}

TEST_CASE("messages that the server passed over though the stream has them are lost to the consumer") {
  WatchedRun run;
  run.server.publish(10);
  run.start();
  run.take(4);
  run.look();
  // As nats-server 2.9.10 does after a purge by subject: the consumer is moved behind all.
  run.server.remove(6);
  run.server.remove(9);
  run.server.delivered = 10;
  run.look_on();
  CHECK(run.certain() == 4);
  CHECK(run.told("the server has passed over them"));
}

TEST_CASE("a consumer that begins with the last message of each subject passes over others, which are not lost") {
  WatchedRun run;
  run.coverage.first_sequence.reset();
  run.server.publish(10);
  run.start();
  for (std::uint64_t sequence = 3; sequence <= 10; sequence += 3) {
    run.server.delivered = sequence - 1;
    run.take(1);
  }
  run.look_on();
  CHECK(run.silent());
}

TEST_CASE("behind a filter the certain losses are counted, and the rest of what is gone is told as possible") {
  WatchedRun run;
  run.filter_thirty();
  run.start();
  run.take(4); // up to 10; six more wait
  run.look_on();

  SUBCASE("a purge with nothing after it") {
    run.server.purge_up_to(30);
    run.look_on();
    CHECK(run.certain() == 6);
    CHECK(run.possible() == 0);
    CHECK(run.told(R"("first":11,"last":30,"messages":6)"));
  }
  SUBCASE("limits, with nothing published or taken") {
    run.server.discard_up_to(20); // of the consumer 13, 16, 19
    run.look_on();
    CHECK(run.certain() == 3);
    CHECK(run.possible() == 0);
  }
  SUBCASE("limits, with messages published meanwhile") {
    run.server.publish(9, false);
    run.server.discard_up_to(20);
    run.look_on();
    CHECK(run.certain() == 3);
    CHECK(run.possible() == 7); // of the ten that are gone
    CHECK(run.lost->figures().possibly_first == 11);
    CHECK(run.lost->figures().possibly_last == 20);
    CHECK(run.told("messages may be lost"));
  }
  SUBCASE("limits, with messages taken meanwhile") {
    run.server.discard_up_to(20);
    run.take(3);
    run.look_on();
    CHECK(run.certain() <= 3);
    CHECK(run.certain() + run.possible() >= 3);
  }
  SUBCASE("between two runs") {
    run.earlier.position = run.lost->judged();
    run.server.purge_up_to(30);
    run.start();
    run.look_on();
    CHECK(run.certain() == 6);
    CHECK(run.possible() == 0);
  }
  SUBCASE("a server that moves the consumer behind what it has, after a purge of another subject") {
    run.server.remove(11);
    run.server.delivered = 30;
    run.look_on();
    CHECK(run.certain() == 6);
  }
}

TEST_CASE("behind a filter what is lost between the server's answers for the consumer and for the stream is counted") {
  for (const std::size_t taken : {0, 4})
    for (const bool purged : {false, true})
      for (const bool restarted : {false, true}) {
        CAPTURE(taken);
        CAPTURE(purged);
        CAPTURE(restarted);
        WatchedRun run;
        run.filter_thirty();
        run.start();
        run.take(taken);
        run.look_on();
        const MadeUpServer before = run.server;
        if (purged)
          run.server.purge_up_to(30);
        else
          run.server.discard_up_to(20); // of the consumer 1, 4, 7, 10, 13, 16, 19
        run.look(before);
        CHECK(run.silent());
        if (restarted) {
          run.earlier.position = run.lost->judged();
          run.start();
        }
        run.look_on();
        CHECK(run.certain() == (purged ? 10 : 7) - taken);
        CHECK(run.possible() == 0);
        // It is told once.
        run.restart();
        run.look_on();
        CHECK(run.certain() == 0);
      }
}

TEST_CASE("behind a filter what is gone of others' messages is no loss where no own message can be among it") {
  WatchedRun run;
  run.filter();
  run.server.publish(3);
  run.start();
  run.take(3);
  run.server.publish(10, false);
  run.look_on();
  SUBCASE("purged") {
    run.server.purge_up_to(13);
  }
  SUBCASE("discarded") {
    run.server.discard_up_to(13);
  }
  SUBCASE("the server has looked through them before") {
    run.server.delivered = 13;
    run.look();
    run.server.purge_up_to(13);
  }
  run.look_on();
  run.restart();
  run.look_on();
  CHECK(run.silent());
}

TEST_CASE("behind a filter of a work queue, messages that leave it as they are acked are no loss") {
  WatchedRun run;
  run.filter();
  run.server.keeps_acked = false;
  run.start();
  for (int i = 0; i < 10; i++) {
    run.server.publish(3);
    run.server.publish(5, false);
    run.take(2);
    run.server.discard_up_to(run.server.delivered);
    run.look();
  }
  CHECK(run.silent());
}

TEST_CASE("what is gone behind what was safe of a consumer that was recreated may be lost") {
  WatchedRun run;
  run.earlier.safe_up_to = 5;
  SUBCASE("the journal knows how far the one before was") {
    run.earlier.position.emplace();
    run.earlier.position->delivered_consumer_sequence = run.earlier.position->delivered_sequence = 8;
  }
  SUBCASE("the journal knows only what was safe") {}
  run.server.publish(20);
  run.server.purge_up_to(12);
  SUBCASE("it begins behind what was safe, or before") {
    run.coverage.first_sequence = 6;
    run.start();
    run.take(3);
    run.look_on();
    CHECK(run.certain() == 0);
    CHECK(run.possible() == 7);
    CHECK(run.lost->figures().possibly_first == 6);
    CHECK(run.lost->figures().possibly_last == 12);
  }
  SUBCASE("it was made to begin later") {
    run.coverage.first_sequence = 18;
    run.server.delivered = 17;
    run.start();
    run.take(3);
    run.look_on();
    CHECK(run.silent());
  }
}

TEST_CASE("a server that has lost its last moments, and a stream that gives its sequences again, are no loss") {
  for (const bool stream_too : {false, true}) {
    CAPTURE(stream_too);
    WatchedRun run;
    run.server.publish(100);
    run.start();
    run.take(50);
    const MadeUpServer at_crash = run.server;
    run.take_again(40);
    run.take_again(41);
    run.take(20);
    run.look();
    run.server = at_crash;
    if (stream_too) {
      run.server.messages.erase(run.server.messages.upper_bound(60), run.server.messages.end());
      run.server.last = 60;
    }
    run.server.publish(100);
    SUBCASE("the messages come here") {
      run.take(60);
    }
    SUBCASE("the messages go to another host first") {
      run.others_take(10);
      run.look();
      run.others_take(15);
      run.look();
      run.take(30);
    }
    run.server.discard_up_to(run.server.delivered);
    run.look_on();
    CHECK(run.silent());
  }
}
