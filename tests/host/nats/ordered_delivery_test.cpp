// What ordered delivery gives, from a server in peace.
#include "ordered_reading.hpp"

#include "nats/permission_checks.hpp"
#include "settings/error.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

struct Reading {
  Server server;
  Client client{server.url()};

  explicit Reading(const nlohmann::json &stream = nlohmann::json::object()) {
    client.make_stream("S", {"s.>"}, stream);
  }
  void publish(std::size_t count) {
    client.publish(count, [](std::size_t i) {
      return Message{"s." + std::to_string(i % 3), "message " + std::to_string(i)};
    });
  }
};

Settings filtered(std::vector<std::string> filters) {
  Settings settings;
  settings.filter_subjects = std::move(filters);
  return settings;
}

std::string refusal(const std::string &url, Settings settings) {
  Log log(Level::error);
  settings.connection = connection_to(url);
  settings.delivery = DeliveryKind::ordered;
  settings.stream = settings.stream.empty() ? "S" : settings.stream;
  settings.consumer = "C";
  Connection connection(settings.connection, "test", log);
  JetStream jetstream(connection, settings.connection);
  std::vector<std::string> warnings;
  try {
    bind_ordered(jetstream, settings, warnings);
  } catch (const StartupError &error) {
    return error.what();
  }
  return "";
}

bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("ordered delivery gives a hundred thousand messages once and in their order") {
  Reading reading;
  reading.publish(100'000);
  OrderedReading reader(reading.server.url());
  REQUIRE_MESSAGE(reader.read_up_to(100'000), reader.log());
  CHECK(reader.sequences() == from_to(1, 100'000));
  CHECK_FALSE(reader.next());
  CHECK(has(reader.log(), "a consumer was made"));
  CHECK_FALSE(has(reader.log(), "reading goes on"));
}

TEST_CASE("ordered delivery begins behind the given sequence, and tells progress in its own count") {
  Reading reading;
  reading.publish(100);
  OrderedReading reader(reading.server.url(), {}, 40);
  CHECK(reader.delivery().coverage().first_sequence == 41);
  REQUIRE_MESSAGE(reader.read_up_to(100), reader.log());
  CHECK(reader.sequences() == from_to(41, 100));
  reader.delivery().stored_up_to(70, 30);
  const auto progress = reader.delivery().progress(5s);
  REQUIRE(progress);
  CHECK(progress->delivered_sequence == 100);
  CHECK(progress->delivered_consumer_sequence == 61);
  CHECK(progress->not_delivered == 0);
  CHECK(progress->ack_floor_sequence == 70);
  CHECK(progress->not_acked == 30);
  CHECK(progress->stream_last_sequence == 100);
  CHECK(reader.delivery().vitals().not_delivered == 0);
  CHECK(reader.delivery().vitals().trouble == "");
}

TEST_CASE("ordered delivery that begins behind the end of the stream waits for that sequence") {
  Reading reading;
  reading.publish(10);
  OrderedReading reader(reading.server.url(), {}, 15);
  CHECK_FALSE(reader.next());
  reading.publish(10);
  REQUIRE_MESSAGE(reader.read_up_to(20), reader.log());
  CHECK(reader.sequences() == from_to(16, 20));
}

TEST_CASE("ordered delivery of an empty stream waits for its first message, with one consumer") {
  Reading reading;
  OrderedReading reader(reading.server.url());
  CHECK_FALSE(reader.next(4s));
  const auto progress = reader.delivery().progress(5s);
  REQUIRE(progress);
  CHECK(progress->delivered_sequence == 0);
  CHECK(progress->delivered_consumer_sequence == 1);
  reading.publish(5);
  REQUIRE_MESSAGE(reader.read_up_to(5), reader.log());
  CHECK(reader.sequences() == from_to(1, 5));
  CHECK_FALSE(has(reader.log(), "reading goes on"));
}

TEST_CASE("messages that were deleted or purged leave gaps in what ordered delivery gives, and nothing else") {
  Reading reading;
  reading.publish(1000);
  std::vector<std::uint64_t> left;
  for (std::uint64_t sequence = 101; sequence <= 1000; sequence++)
    if (sequence % 10 != 0)
      left.push_back(sequence);
  reading.client.api("STREAM.PURGE.S", {{"seq", 101}});
  for (std::uint64_t sequence = 110; sequence < 1000; sequence += 10)
    reading.client.api("STREAM.MSG.DELETE.S", {{"seq", sequence}});
  reading.client.api("STREAM.MSG.DELETE.S", {{"seq", 1000}});
  OrderedReading reader(reading.server.url());
  REQUIRE_MESSAGE(reader.read_up_to(999), reader.log());
  CHECK(reader.sequences() == left);
}

TEST_CASE("ordered delivery with a filter gives its messages alone") {
  Reading reading;
  reading.publish(300);
  OrderedReading reader(reading.server.url(), filtered({"s.0"}));
  REQUIRE_MESSAGE(reader.read_up_to(300), reader.log());
  CHECK(reader.sequences().size() == 100);
  CHECK(reader.sequences().front() == 3);
  reading.client.api("CONSUMER.DELETE.S." + OrderedReading::consumers(reading.client).at(0));
  reading.publish(300);
  REQUIRE_MESSAGE(reader.read_up_to(600), reader.log());
  CHECK(reader.sequences().size() == 200);
}

TEST_CASE("ordered delivery with several filters gives their messages, or is refused by a server before 2.10") {
  Reading reading;
  reading.publish(300);
  const Settings settings = filtered({"s.2", "s.0"});
  if (const std::string sentence = refusal(reading.server.url(), settings); !sentence.empty()) {
    CHECK(has(sentence, "older than 2.10 and takes one --filter-subject"));
  } else {
    OrderedReading reader(reading.server.url(), settings);
    REQUIRE_MESSAGE(reader.read_up_to(300), reader.log());
    CHECK(reader.sequences().size() == 200);
  }
  CHECK(eventually(5s, [&] { return OrderedReading::consumers(reading.client).empty(); }));
}

TEST_CASE("ordered delivery reads a mirror") {
  Reading reading;
  reading.client.make_stream("ORIGIN", {"o.>"});
  reading.client.api("STREAM.DELETE.S");
  reading.client.api("STREAM.CREATE.S", {{"name", "S"}, {"storage", "file"}, {"mirror", {{"name", "ORIGIN"}}}});
  reading.client.publish(5000, [](std::size_t) { return Message{"o.a", "x"}; });
  OrderedReading reader(reading.server.url());
  REQUIRE_MESSAGE(reader.read_up_to(5000), reader.log());
  CHECK(reader.sequences() == from_to(1, 5000));
}

TEST_CASE("ordered delivery leaves no consumer behind") {
  Reading reading;
  reading.publish(10);
  {
    OrderedReading reader(reading.server.url());
    REQUIRE(reader.read_up_to(10));
    CHECK(OrderedReading::consumers(reading.client).size() == 1);
  }
  CHECK(eventually(5s, [&] { return OrderedReading::consumers(reading.client).empty(); }));
}

TEST_CASE("after ordered delivery was told to stop it gives what has come, and nothing more") {
  Reading reading;
  reading.publish(1000);
  Settings settings;
  settings.window_messages = 100;
  OrderedReading reader(reading.server.url(), settings);
  REQUIRE(reader.read_up_to(10));
  reader.delivery().stop_pulling();
  while (reader.next()) {
  }
  CHECK(reader.sequences() == from_to(1, reader.sequences().back()));
  CHECK(reader.sequences().size() < 1000);
  CHECK(reader.delivery().give_back_rest() == 0);
  CHECK_FALSE(reader.next());
  CHECK(eventually(5s, [&] { return OrderedReading::consumers(reading.client).empty(); }));
}

TEST_CASE("ordered delivery refuses what it can't read, and settings that mean nothing to it") {
  Reading reading;
  reading.client.make_stream("QUEUE", {"q.>"}, {{"retention", "workqueue"}});
  reading.client.make_stream("INTEREST", {"i.>"}, {{"retention", "interest"}});
  reading.client.make_stream("SHORT", {"t.>"}, {{"max_age", 1'000'000'000}});
  const std::string url = reading.server.url();
  const auto with = [](auto change) {
    Settings settings;
    change(settings);
    return settings;
  };
  CHECK(refusal(url, {}) == "");
  CHECK(has(refusal(url, with([](Settings &s) { s.stream = "QUEUE"; })), "use --delivery shared"));
  CHECK(has(refusal(url, with([](Settings &s) { s.stream = "INTEREST"; })), "use --delivery shared"));
  CHECK(has(refusal(url, with([](Settings &s) { s.stream = "SHORT"; })), "--accept-loss"));
  CHECK(has(refusal(url, with([](Settings &s) { s.stream = "QUEUES"; })), "did you mean QUEUE?"));
  CHECK(has(refusal(url, with([](Settings &s) { s.create_consumer = true; })), "--create-consumer has no meaning"));
  CHECK(has(refusal(url, with([](Settings &s) { s.capture_again = true; })), "--capture-again has no meaning"));
  CHECK(has(refusal(url, with([](Settings &s) { s.priority_group = "g"; })), "--priority-group has no meaning"));
  CHECK(eventually(5s, [&] { return OrderedReading::consumers(reading.client).empty(); }));
}

TEST_CASE("where a new capture begins is found by sequence or by time") {
  Reading reading;
  reading.publish(10);
  const nlohmann::json sixth = reading.client.api("STREAM.MSG.GET.S", {{"seq", 6}});
  Settings settings;
  settings.connection = connection_to(reading.server.url());
  settings.stream = "S";
  settings.consumer = "C";
  Log log(Level::error);
  Connection connection(settings.connection, "test", log);
  JetStream jetstream(connection, settings.connection);
  CHECK(start_of_capture(jetstream, settings) == 0);
  settings.start_sequence = 7;
  CHECK(start_of_capture(jetstream, settings) == 6);
  settings.start_time = sixth["message"]["time"];
  CHECK_THROWS_AS(start_of_capture(jetstream, settings), StartupError);
  settings.start_sequence = 0;
  CHECK(start_of_capture(jetstream, settings) == 5);
  settings.start_time = "2001-01-01T00:00:00Z";
  CHECK(start_of_capture(jetstream, settings) == 0);
  settings.start_time = "2150-01-01T00:00:00Z";
  CHECK(start_of_capture(jetstream, settings) == 10);
  settings.start_time = "yesterday";
  CHECK_THROWS_AS(start_of_capture(jetstream, settings), StartupError);
  CHECK(eventually(5s, [&] { return OrderedReading::consumers(reading.client).empty(); }));
}

namespace {

const std::vector<std::string> needed = {"$JS.API.STREAM.INFO.S",         "$JS.API.CONSUMER.CREATE.S.>",
                                         "$JS.API.CONSUMER.MSG.NEXT.S.>", "$JS.API.CONSUMER.INFO.S.>",
                                         "$JS.API.CONSUMER.DELETE.S.>",   "$JS.API.STREAM.MSG.GET.S"};

std::string users(const std::vector<std::string> &publish) {
  return "authorization { users: [ { user: admin, password: pw }, { user: backup, password: pw, permissions: { "
         "publish: " +
         nlohmann::json(publish).dump() + ", subscribe: \"_INBOX.>\" } } ] }\n";
}

std::string as(const std::string &user, const Server &server) {
  return "nats://" + user + ":pw@" + server.url().substr(server.url().find("//") + 2);
}

// What is said of permissions before anything is read: a refusal or warnings.
std::string told_of_permissions(const Server &server, std::vector<std::string> filters) {
  Log log(Level::error, LogFormat::text, -1);
  Settings settings = filtered(std::move(filters));
  settings.connection = connection_to(as("backup", server));
  settings.stream = "S";
  settings.consumer = "C";
  Connection pulls(settings.connection, "pull", log);
  Connection asks(settings.connection, "ask", log);
  JetStream jetstream(asks, settings.connection);
  std::vector<std::string> warnings;
  try {
    const ConsumerFacts facts = bind_ordered(jetstream, settings, warnings);
    check_ordered_permissions(pulls, asks, jetstream, facts, settings, warnings);
  } catch (const StartupError &error) {
    return error.what();
  }
  std::string text;
  for (const std::string &warning : warnings)
    text += "warning: " + warning + "\n";
  return text;
}

} // namespace

TEST_CASE("each permission that ordered delivery misses is named before anything is read") {
  for (const std::string &subject : needed) {
    CAPTURE(subject);
    std::vector<std::string> rest = needed;
    std::erase(rest, subject);
    const Server server(users(rest));
    Client client(as("admin", server));
    client.make_stream("S", {"s.>"});
    for (const std::vector<std::string> &filters : {std::vector<std::string>{}, std::vector<std::string>{"s.0"}}) {
      const std::string told = told_of_permissions(server, filters);
      CHECK_MESSAGE(has(told, ("no permission to publish to " + subject).c_str()), told);
      const bool only_warned = has(subject, "DELETE") || has(subject, "MSG.GET");
      CHECK_MESSAGE(told.starts_with("warning: ") == only_warned, told);
    }
    if (!has(subject, "DELETE"))
      CHECK(eventually(5s, [&] { return OrderedReading::consumers(client).empty(); }));
  }
}

TEST_CASE("with exactly the permissions that ordered delivery needs, all is read and nothing stays") {
  const Server server(users(needed));
  Client client(as("admin", server));
  client.make_stream("S", {"s.>"});
  client.publish(1000, [](std::size_t) { return Message{"s.0", "x"}; });
  CHECK(told_of_permissions(server, {}) == "");
  {
    OrderedReading reader(as("backup", server), filtered({"s.*"}));
    REQUIRE_MESSAGE(reader.read_up_to(1000), reader.log());
    CHECK(reader.delivery().progress(5s));
    CHECK_FALSE(has(reader.log(), "ermission"));
  }
  CHECK(eventually(5s, [&] { return OrderedReading::consumers(client).empty(); }));
}
