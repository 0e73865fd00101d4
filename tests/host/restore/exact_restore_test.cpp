// Streams restored with their sequences and times on real servers, read back message by message.
#include "host/nats/fake_api.hpp"
#include "host/restore/restored_stream.hpp"
#include "nats/stream_messages.hpp"
#include "restore/message_digest.hpp"
#include "restore/restore_mark.hpp"
#include "restore/stream_comparison.hpp"
#include "settings/error.hpp"
#include "support/cluster.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

ExactRestoreRequest request_for(const std::string &stream, std::uint64_t last_sequence = 0,
                                const json &more = json::object()) {
  return {.target = {.stream = stream}, .configuration = configuration_of(more), .last_sequence = last_sequence};
}

// What check() says against it; empty: nothing.
std::string refusal(Restoring &run) {
  try {
    run.restore().check();
    return "";
  } catch (const StartupError &error) {
    return error.what();
  }
}

Sha256 digest_of(MessageSource &source) {
  MessageDigest digest;
  for (WholeMessage message{}; source.next(message);)
    digest.add(message);
  return digest.end();
}

} // namespace

TEST_CASE("a hard stream comes back with each sequence and time and header block also after a restart") {
  Server server;
  const std::vector<StoredMessage> messages = hard_stream();
  const std::uint64_t last = messages.back().sequence;
  for (const std::uint64_t deleted_at_the_end : {0u, 3u, 5000u, 100'000'000u}) {
    CAPTURE(deleted_at_the_end);
    {
      Client client(server.url());
      const RestoreReport report =
          Restoring(server.url(), request_for("BACK", last + deleted_at_the_end)).run(messages);
      CHECK(report.warnings.empty());
      CHECK(report.left_out.empty());
      CHECK(report.first_sequence == messages.front().sequence);
      CHECK(report.last_sequence == last + deleted_at_the_end);
      CHECK(differences(client, "BACK", messages).empty());
    }
    server.stop();
    server.start();
    Client client(server.url());
    CHECK(differences(client, "BACK", messages).empty());
    CHECK(published(client, "BACK", "orders.more") == last + deleted_at_the_end + 1);
    client.api("STREAM.DELETE.BACK");
  }
}

TEST_CASE("an emptied stream goes on behind its last sequence and one that was never used begins with the first") {
  Server server;
  for (const std::uint64_t last : {0u, 1u, 1234u, 300'000'000u}) {
    CAPTURE(last);
    {
      Client client(server.url());
      CHECK(Restoring(server.url(), request_for("BACK", last)).run({}).last_sequence == last);
    }
    server.stop();
    server.start();
    Client client(server.url());
    CHECK(published(client, "BACK", "orders.more") == last + 1);
    client.api("STREAM.DELETE.BACK");
  }
}

TEST_CASE("a durable consumer is made again and goes on where it was and one that is not durable is left out") {
  Server server;
  Client client(server.url());
  const std::vector<StoredMessage> messages = few_messages();
  ExactRestoreRequest request = request_for("BACK");
  request.consumers = {{"worker",
                        R"({"durable_name":"worker","name":"worker","ack_policy":"explicit",)"
                        R"("deliver_policy":"all","replay_policy":"instant"})",
                        messages[2].sequence},
                       {"passing", R"({"name":"passing","ack_policy":"explicit"})"}};
  const RestoreReport report = Restoring(server.url(), request).run(messages);
  CHECK(report.consumers == std::vector<std::string>{"worker"});
  CHECK(report.warnings.empty());
  CHECK(client.consumer("BACK", "worker").at("num_pending") == messages.size() - 2);
}

TEST_CASE("a work queue comes back with its consumer which begins with the first message") {
  Server server;
  Client client(server.url());
  const std::vector<StoredMessage> messages = few_messages();
  ExactRestoreRequest request = request_for("BACK", 0, {{"retention", "workqueue"}});
  request.consumers = {{"worker",
                        R"({"durable_name":"worker","name":"worker","ack_policy":"explicit",)"
                        R"("deliver_policy":"all","replay_policy":"instant"})",
                        messages[2].sequence}};
  const RestoreReport report = Restoring(server.url(), request).run(messages);
  CHECK(report.warnings ==
        std::vector<std::string>{"the consumer worker of the work queue begins with the first message: messages that "
                                 "it had acked before " +
                                 std::to_string(messages[2].sequence) + " come again, unless they are purged"});
  CHECK(client.api("STREAM.INFO.BACK").at("config").at("retention") == "workqueue");
  CHECK(client.consumer("BACK", "worker").at("num_pending") == messages.size());
  CHECK(differences(client, "BACK", messages).empty());
}

TEST_CASE("a stream that would have limits remove its old messages is restored without these limits") {
  Server server;
  Client client(server.url());
  const std::vector<StoredMessage> messages = few_messages();
  const RestoreReport report = Restoring(server.url(), request_for("BACK", 0,
                                                                   {{"max_age", std::chrono::nanoseconds(1h).count()},
                                                                    {"max_msgs", 1000},
                                                                    {"max_msgs_per_subject", 2}}))
                                   .run(messages);
  CHECK(report.left_out ==
        std::vector<std::string>{"max_age 1h is not set: it would remove restored messages at once",
                                 "max_msgs_per_subject 2 is not set: it would remove restored messages at once"});
  CHECK(differences(client, "BACK", messages).empty());
  const json config = client.api("STREAM.INFO.BACK").at("config");
  CHECK(config.at("max_msgs") == 1000);
  CHECK(config.at("max_age") == 0);
  CHECK(config.at("subjects") == json::array({"orders.>"}));
  CHECK(config.dump().find("jetcapture") == std::string::npos);
}

TEST_CASE("a backup whose messages come slowly is restored although the server waits five seconds for each part") {
  Server server;
  Client client(server.url());
  const std::vector<StoredMessage> messages = few_messages();
  Restoring run(server.url(), request_for("BACK"));
  run.restore().check();
  int passes = 0;
  run.restore().restore(
      [&] {
        const bool slow = ++passes == 1;
        return std::make_unique<MemorySource>(messages, [slow](std::size_t number) {
          if (slow && (number == 0 || number == 3))
            pass(7s);
        });
      },
      [](auto, auto) {});
  CHECK(differences(client, "BACK", messages).empty());
}

TEST_CASE("restored messages that are not those of the backup keep the stream from going live") {
  Server server;
  Client client(server.url());
  const std::vector<StoredMessage> messages = few_messages();
  std::vector<StoredMessage> other = messages;
  other[3].headers += "x";
  Restoring run(server.url(), request_for("BACK"));
  run.restore().check();
  int passes = 0;
  const auto lose_one = [&](std::string_view what, std::uint64_t done) {
    if (what == "messages compared" && done == 0)
      client.api("STREAM.MSG.DELETE.BACK", {{"seq", messages[1].sequence}});
  };
  CHECK_THROWS_WITH_AS(
      run.restore().restore([&] { return std::make_unique<MemorySource>(++passes == 1 ? other : messages); }, lose_one),
      ("2 messages of the stream are not those of the backup (message " + std::to_string(messages[1].sequence) +
       " is not in the stream, message " + std::to_string(messages[3].sequence) +
       " has other headers): the stream is not made live; run the command again, which removes it")
          .c_str(),
      RestoreError);
  CHECK(mark_of(client.api("STREAM.INFO.BACK").at("config")));
}

TEST_CASE("a backup is read once to be restored but twice where its stream is a work queue") {
  Server server;
  for (const std::string retention : {"limits", "interest", "workqueue"}) {
    CAPTURE(retention);
    const std::vector<StoredMessage> messages = few_messages();
    Restoring run(server.url(),
                  request_for("BACK-" + retention, 0, {{"retention", retention}, {"subjects", {retention + ".>"}}}));
    run.restore().check();
    int passes = 0;
    run.restore().restore([&] { return passes++, std::make_unique<MemorySource>(messages); }, [](auto, auto) {});
    CHECK(passes == (retention == "workqueue" ? 2 : 1));
  }
}

TEST_CASE("a stream is read as its messages are and another one has another digest") {
  Server server;
  Client client(server.url());
  const std::vector<StoredMessage> messages = hard_stream(20'000);
  Log log(Level::error, LogFormat::text, 2);
  ConnectionSettings settings;
  settings.servers = {server.url()};
  Connection connection(settings, "test", log);
  const auto digest_of_stream = [&] {
    const std::string created = client.api("STREAM.INFO.BACK").at("created");
    StreamMessages stream(connection, settings, {"BACK", created, messages.back().sequence, "test"}, log);
    return digest_of(stream);
  };
  Restoring(server.url(), request_for("BACK", messages.back().sequence + 3)).run(messages);
  MemorySource source(messages);
  const Sha256 whole = digest_of(source);
  CHECK((digest_of_stream() == whole));
  for (const std::size_t deleted : {std::size_t{0}, messages.size() - 1}) {
    client.api("STREAM.MSG.DELETE.BACK", {{"seq", messages[deleted].sequence}});
    CHECK_FALSE((digest_of_stream() == whole));
  }
}

TEST_CASE("a status in place of an answer says nothing of a restored message, which is asked for once more") {
  const Server server;
  const std::vector<StoredMessage> messages = {{1, 1'764'000'000'000'000'000, "orders.a", "", "one"},
                                               {2, 1'764'000'000'000'000'001, "orders.a", "", ""}};
  const FakeApi api(server, "FAKE.STREAM.MSG.GET.BACK",
                    {{{"NATS/1.0 404 No Messages\r\n\r\n"}},
                     {{"NATS/1.0 408 Request Timeout\r\n\r\n"}},
                     {{R"({"message":{"subject":"orders.a","seq":1,"data":"b25l","time":"2025-11-24T16:00:00Z"}})"}},
                     {{R"({"message":{"subject":"orders.a","seq":2,"time":"2025-11-24T16:00:00.000000001Z"}})"}}});
  Log log(Level::error, LogFormat::text, 2);
  ConnectionSettings settings;
  settings.servers = {server.url()};
  Connection connection(settings, "test", log);
  StreamComparison comparison(connection, "", "FAKE", "BACK");
  for (const StoredMessage &message : messages)
    comparison.expect(message.view());
  const Comparison found = comparison.end();
  CHECK(found.messages == 2);
  CHECK(found.differences == std::vector<std::string>{});
}

TEST_CASE(
    "a name that a server of a cluster still knows as taken is asked for again, and an answer without a place for the "
    "messages is told") {
  const Server server;
  const FakeApi api(server, "FAKE.STREAM.*.BACK",
                    {{{R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})"}},
                     {{R"({"error":{"code":400,"err_code":10130,"description":"stream name already in use"}})"}},
                     {{R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})"}},
                     {{R"({"type":"io.nats.jetstream.api.v1.stream_create_response","config":{}})"}}});
  Restoring run(server.url(), request_for("BACK"), "FAKE");
  const std::vector<StoredMessage> messages = few_messages();
  CHECK_THROWS_WITH_AS(
      run.restore().restore([&] { return std::make_unique<MemorySource>(messages); }, [](auto, auto) {}),
      "the server does not say where it takes the messages of the stream BACK: a server of its cluster may be away "
      "(nats server report jetstream); run the command again, which removes what is left",
      NoAnswer);
  CHECK(api.requests() == 4);
}

TEST_CASE("a backup that can't be read to its end leaves no stream that is live") {
  Server server;
  Client client(server.url());
  const std::vector<StoredMessage> messages = hard_stream();
  {
    Restoring run(server.url(), request_for("BACK"));
    run.restore().check();
    CHECK_THROWS_AS(run.restore().restore(
                        [&] {
                          return std::make_unique<MemorySource>(messages, [](std::size_t number) {
                            if (number == 2000)
                              throw std::runtime_error("a block is damaged");
                          });
                        },
                        [](auto, auto) {}),
                    std::runtime_error);
  }
  CHECK_THROWS_AS(client.api("STREAM.INFO.BACK"), std::runtime_error);
  // The server takes the archive to be on its way until it has heard nothing for five seconds.
  CHECK(eventually(20s, [&] {
    try {
      Restoring(server.url(), request_for("BACK")).run(messages);
      return true;
    } catch (const ApiError &) {
      return false;
    }
  }));
  CHECK(differences(client, "BACK", messages).empty());
}

TEST_CASE("a restore that is killed at any point is finished by the next run") {
  const std::vector<StoredMessage> messages = hard_stream();
  for (const std::string point : {"before-restore", "during-restore:2000", "after-restore", "after-comparison"}) {
    CAPTURE(point);
    Server server;
    Client client(server.url());
    Program killed({JETCAPTURE_RESTORE_PROGRAM, server.url(), "BACK", configuration_of()},
                   server.folder() / ("restore-" + point), {{"JETCAPTURE_FAULT_POINT", point}});
    REQUIRE(killed.wait(60s) == 128 + SIGKILL);
    Program next({JETCAPTURE_RESTORE_PROGRAM, server.url(), "BACK", configuration_of()}, server.folder() / "restore");
    CHECK_MESSAGE(next.wait(60s) == 0, next.output());
    CHECK(differences(client, "BACK", messages).empty());
    CHECK(published(client, "BACK", "orders.more") == 300'000'001);
  }
}

TEST_CASE("a restore that is killed once the stream is live leaves a stream that no other run touches") {
  Server server;
  Client client(server.url());
  Program killed({JETCAPTURE_RESTORE_PROGRAM, server.url(), "BACK", configuration_of()}, server.folder() / "restore",
                 {{"JETCAPTURE_FAULT_POINT", "after-going-live"}});
  REQUIRE(killed.wait(60s) == 128 + SIGKILL);
  Restoring run(server.url(), request_for("BACK"));
  CHECK(refusal(run) == "there is a stream BACK already: give another name with --to-stream, or delete it (nats stream "
                        "rm BACK)");
  CHECK(differences(client, "BACK", hard_stream()).empty());
}

TEST_CASE("a stream that another run is restoring is left alone as long as that run lives") {
  Server server;
  Client client(server.url());
  Program stopped({JETCAPTURE_RESTORE_PROGRAM, server.url(), "BACK", configuration_of()}, server.folder() / "restore",
                  {{"JETCAPTURE_STOP_POINT", "after-restore"}});
  REQUIRE(stopped.stopped(60s));
  {
    Restoring run(server.url(), request_for("BACK"));
    CHECK(refusal(run) == "another run of this command is restoring the stream BACK, or it can't be told whether it "
                          "is: wait for its end, or delete the stream (nats stream rm BACK)");
  }
  stopped.signal(SIGKILL);
  stopped.wait(10s);
  Restoring run(server.url(), request_for("BACK"));
  CHECK(run.restore().check().has_leftover);
}

TEST_CASE("nothing is restored over a stream of somebody else or beside one with the same subjects") {
  Server server;
  Client client(server.url());
  client.make_stream("LIVE", {"orders.>"});
  Restoring taken(server.url(), request_for("LIVE"));
  CHECK(refusal(taken).starts_with("there is a stream LIVE already"));
  Restoring beside(server.url(), request_for("BACK"));
  CHECK(refusal(beside) == "the stream LIVE has the subject orders.>, so the restored one can't have it: give it "
                           "another one with --to-subject, as in --to-subject restored.BACK");
  ExactRestoreRequest request = request_for("BACK");
  request.target.subjects = {"restored.BACK"};
  Restoring(server.url(), request).run(few_messages());
  CHECK(differences(client, "BACK", few_messages()).empty());
  CHECK(published(client, "LIVE", "orders.x") == 1);
}

TEST_CASE("an account without room and a user without permissions are told before anything is sent") {
  constexpr const char *accounts = R"(
accounts {
  SMALL: {
    jetstream: { max_file: 1000000, max_mem: 0, max_streams: 5 }
    users: [
      { user: small, password: small }
      { user: reader, password: reader, permissions: { publish: { allow: ["$JS.API.STREAM.INFO.>", "$JS.API.INFO"] } } }
    ]
  }
}
)";
  Server server(accounts);
  const std::string address = server.url().substr(server.url().find("://") + 3);
  ExactRestoreRequest request = request_for("BACK");
  request.bytes = 2'000'000;
  Restoring small("nats://small:small@" + address, request);
  CHECK(refusal(small) ==
        "the account has no room for the stream: it may have 1000000 bytes on disk and has 0, and the messages take "
        "about 2000000: raise the account's limit, or restore fewer messages (--from, --to)");
  Restoring reader("nats://reader:reader@" + address, request);
  CHECK(refusal(reader) ==
        "there is no permission to publish to $JS.API.STREAM.RESTORE.BACK, $JS.API.STREAM.MSG.GET.BACK, "
        "$JS.API.CONSUMER.CREATE.BACK.>, $JS.API.CONSUMER.MSG.NEXT.BACK.>, $JS.API.STREAM.UPDATE.BACK, "
        "$JS.API.CONSUMER.DURABLE.CREATE.BACK.>, $JS.SNAPSHOT.RESTORE.BACK.*: add it to the permissions of the NATS "
        "user");
}

TEST_CASE("a stream with three replicas comes back in a cluster and after the leader is killed") {
  Cluster cluster;
  Client client(cluster.urls());
  // Servers of 2.9 tell their replicas of each missing sequence by itself.
  const std::vector<StoredMessage> messages = hard_stream(20'000);
  ExactRestoreRequest request = request_for("BACK", messages.back().sequence + 3, {{"num_replicas", 3}});
  const RestoreReport report = Restoring(cluster.urls(), request).run(messages);
  CHECK(report.warnings.empty());
  CHECK(differences(client, "BACK", messages).empty());
  cluster.kill(client.api("STREAM.INFO.BACK").at("cluster").at("leader").get<std::string>());
  Client other(cluster.urls());
  std::string told;
  const bool is_whole = eventually(90s, [&] {
    try {
      const nlohmann::json info = other.api("STREAM.INFO.BACK");
      told = info.dump();
      return info.at("state").at("messages") == messages.size();
    } catch (const std::runtime_error &error) {
      told = error.what();
      return false;
    }
  });
  REQUIRE_MESSAGE(is_whole, told);
  CHECK(differences(other, "BACK", messages).empty());
}
