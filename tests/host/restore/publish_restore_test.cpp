// Messages of a backup published into streams of real servers.
#include "host/restore/restored_stream.hpp"
#include "restore/publish_restore.hpp"
#include "settings/error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using nlohmann::json;

namespace {

// One run, with its log in a file.
class Publishing {
public:
  Publishing(const Server &server, PublishRequest request)
      : log_file_(::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
        log_(Level::debug, LogFormat::text, log_file_) {
    settings_.servers = {server.url()};
    connection_ = std::make_unique<Connection>(settings_, "restore", log_);
    restore_ = std::make_unique<PublishRestore>(*connection_, settings_, std::move(request));
  }
  ~Publishing() {
    restore_.reset();
    connection_.reset();
    ::close(log_file_);
  }
  Publishing(const Publishing &) = delete;
  Publishing &operator=(const Publishing &) = delete;

  PublishReport run(MessageSource &messages) {
    restore_->check();
    return restore_->publish(messages, [](std::uint64_t) {});
  }
  PublishRestore &restore() { return *restore_; }

private:
  Folder folder_;
  int log_file_;
  Log log_;
  ConnectionSettings settings_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<PublishRestore> restore_;
};

std::uint64_t messages_in(Client &client, const std::string &stream) {
  return client.api("STREAM.INFO." + stream).at("state").at("messages").get<std::uint64_t>();
}

// Somebody else publishes before that message.
MemorySource disturbed_at_100(const std::vector<StoredMessage> &messages, Client &client) {
  return MemorySource(messages, [&client](std::size_t number) {
    if (number == 100)
      client.publish(1, [](std::size_t) { return Message{"orders.live", "x"}; });
  });
}

} // namespace

TEST_CASE("a stream gets the messages of a backup once each though a run ends in between") {
  Server server;
  Client client(server.url());
  client.make_stream("INTO", {"back.>"}, {{"allow_rollup_hdrs", true}});
  const std::vector<StoredMessage> messages = hard_stream();
  const PublishRequest request = {.stream = "INTO", .original = "ORDERS", .subject_prefix = "back."};
  MemorySource damaged(messages, [](std::size_t number) {
    if (number == 2000)
      throw std::runtime_error("a block is damaged");
  });
  CHECK_THROWS_AS(Publishing(server, request).run(damaged), std::runtime_error);
  CHECK(messages_in(client, "INTO") == 2000);

  MemorySource whole(messages);
  const PublishReport report = Publishing(server, request).run(whole);
  CHECK(report.skipped == 2000);
  CHECK(report.published == messages.size() - 2000);
  CHECK(report.last_sequence == messages.size());
  CHECK(messages_in(client, "INTO") == messages.size());
  for (const std::size_t place :
       {std::size_t{0}, std::size_t{3}, std::size_t{6}, std::size_t{1999}, messages.size() - 1}) {
    const json there = client.api("STREAM.MSG.GET.INTO", {{"seq", place + 1}}).at("message");
    CHECK(there.at("subject") == "back." + messages[place].subject);
  }
  MemorySource again(messages);
  CHECK(Publishing(server, request).run(again).published == 0);
}

TEST_CASE("nothing is published behind messages of somebody else unless that is wanted") {
  Server server;
  Client client(server.url());
  client.make_stream("INTO", {"orders.>"});
  client.publish(3, [](std::size_t) { return Message{"orders.live", "x"}; });
  const std::vector<StoredMessage> messages = hard_stream(20'000);
  MemorySource source(messages);
  CHECK_THROWS_WITH_AS(Publishing(server, {.stream = "INTO", .original = "ORDERS"}).run(source),
                       "the last message of the stream INTO is none that this command has published of ORDERS with the "
                       "same choice of messages: give --append to publish behind it",
                       StartupError);
  MemorySource appended(messages);
  CHECK(Publishing(server, {.stream = "INTO", .original = "ORDERS", .append = true}).run(appended).last_sequence ==
        messages.size() + 3);
}

TEST_CASE("when somebody else publishes meanwhile the restore ends and says so") {
  Server server;
  Client client(server.url());
  client.make_stream("INTO", {"orders.>"});
  const std::vector<StoredMessage> messages = hard_stream();
  MemorySource disturbed = disturbed_at_100(messages, client);
  try {
    Publishing(server, {.stream = "INTO", .original = "ORDERS"}).run(disturbed);
    CHECK_MESSAGE(false, "it went on");
  } catch (const RestoreError &error) {
    CHECK_MESSAGE(std::string(error.what()).find("wrong last ") != std::string::npos, error.what());
  }
  const std::uint64_t last = messages_in(client, "INTO");
  CHECK(client.api("STREAM.MSG.GET.INTO", {{"seq", last}}).at("message").at("subject") == "orders.live");
}

TEST_CASE("a restore that somebody else has disturbed goes on behind him and leaves nothing out") {
  Server server;
  Client client(server.url());
  client.make_stream("INTO", {"orders.>"});
  const std::vector<StoredMessage> messages = hard_stream();
  MemorySource disturbed = disturbed_at_100(messages, client);
  CHECK_THROWS_AS(Publishing(server, {.stream = "INTO", .original = "ORDERS"}).run(disturbed), RestoreError);
  MemorySource whole(messages);
  const PublishReport report = Publishing(server, {.stream = "INTO", .original = "ORDERS", .append = true}).run(whole);
  CHECK(report.skipped + report.published == messages.size());
  CHECK(report.last_sequence == messages.size() + 1);
  CHECK(messages_in(client, "INTO") == messages.size() + 1);
}

TEST_CASE("a choice of messages that was published before keeps no other one from being published") {
  Server server;
  Client client(server.url());
  client.make_stream("INTO", {"orders.>"});
  const std::vector<StoredMessage> messages = few_messages();
  const std::vector<StoredMessage> some = {messages[1], messages[4]};
  const std::vector<StoredMessage> others = {messages[0], messages[2], messages[5]};
  const auto publish = [&](const std::string &chosen, const std::vector<StoredMessage> &from, bool append) {
    MemorySource source(from);
    return Publishing(server, {.stream = "INTO", .original = "ORDERS", .chosen = chosen, .append = append}).run(source);
  };
  CHECK(publish("some", some, false).published == 2);
  CHECK_THROWS_AS(publish("others", others, false), StartupError);
  CHECK(publish("others", others, true).published == 3);
  CHECK(publish("others", others, false).published == 0);
  CHECK(publish("", messages, true).published == messages.size());
  CHECK(messages_in(client, "INTO") == 5 + messages.size());
}

TEST_CASE("a stream that was recreated since an earlier run is not taken for the one that was published") {
  Server server;
  Client client(server.url());
  client.make_stream("INTO", {"orders.>"});
  std::vector<StoredMessage> messages = few_messages();
  MemorySource first(messages);
  Publishing(server, {.stream = "INTO", .original = "ORDERS"}).run(first);
  for (StoredMessage &message : messages)
    message.timestamp += 1'000'000'000;
  MemorySource second(messages);
  CHECK_THROWS_AS(Publishing(server, {.stream = "INTO", .original = "ORDERS"}).run(second), RestoreError);
  CHECK(messages_in(client, "INTO") == messages.size());
}

TEST_CASE("messages that a purged stream still takes for duplicates are told to be refused") {
  Server server;
  Client client(server.url());
  client.make_stream("INTO", {"orders.>"});
  const std::vector<StoredMessage> messages = few_messages();
  MemorySource first(messages);
  Publishing(server, {.stream = "INTO", .original = "ORDERS"}).run(first);
  client.api("STREAM.PURGE.INTO");
  MemorySource second(messages);
  CHECK_THROWS_WITH_AS(Publishing(server, {.stream = "INTO", .original = "ORDERS"}).run(second),
                       ("the stream INTO does not take message " + std::to_string(messages.front().sequence) +
                        ": it has had it before, as its sequence 1, and takes none twice within its duplicate window; "
                        "run the command again once that is over")
                           .c_str(),
                       RestoreError);
  CHECK(messages_in(client, "INTO") == 0);
}

TEST_CASE("a stream that is not there or does not listen there is told") {
  Server server;
  Client client(server.url());
  const std::vector<StoredMessage> messages = hard_stream();
  MemorySource source(messages);
  CHECK_THROWS_WITH_AS(Publishing(server, {.stream = "INTO", .original = "ORDERS"}).run(source),
                       "there is no stream INTO (--to-stream): create it with the subjects of the backup (nats stream "
                       "add), or give --exact",
                       StartupError);
  client.make_stream("INTO", {"other.>"});
  CHECK_THROWS_AS(Publishing(server, {.stream = "INTO", .original = "ORDERS"}).run(source), RestoreError);
  client.make_stream("ORDERS", {"orders.>"});
  MemorySource elsewhere(messages);
  CHECK_THROWS_AS(Publishing(server, {.stream = "INTO", .original = "ORDERS"}).run(elsewhere), RestoreError);
  CHECK(messages_in(client, "ORDERS") == 0);
}

TEST_CASE("messages are published no faster than they may") {
  Server server;
  Client client(server.url());
  client.make_stream("INTO", {"orders.>"});
  const std::vector<StoredMessage> messages = few_messages();
  MemorySource source(messages);
  const auto begin = std::chrono::steady_clock::now();
  Publishing(server, {.stream = "INTO", .original = "ORDERS", .messages_per_second = 10}).run(source);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(500));
}
