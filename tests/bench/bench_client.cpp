// What the benchmark needs of NATS beside the programs that it compares:
//
//   bench_client publish URL STREAM COUNT BYTES KEYS [expecting]
//                                                      makes the stream and fills it with JSON messages over so many
//                                                      subjects; expecting: each expects the one before it, as those of
//                                                      `jetcapture restore --publish` do
//   bench_client consumer URL STREAM NAME [none]       makes the consumer anew; none: without acks, in memory
//   bench_client null URL STREAM NAME COUNT ACK_EVERY  the null consumer: pulls, drops, acks; ACK_EVERY 0: all at the
//                                                      end, "never": none
//   bench_client run FILE PROGRAM ARGUMENT…            runs it and writes what it took into the file, as JSON
//
// The null consumer is the ceiling for anything that captures through nats.c: it asks for messages as a host does (raw
// pull requests, 20,000 messages or 16 MiB outstanding), acks them by sequence, waits for the acks, and does nothing
// else.
#include "support/server.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nats/nats.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace jetcapture::test;

namespace {

void check(natsStatus status, const char *what) {
  if (status != NATS_OK)
    throw std::runtime_error(std::string(what) + ": " + natsStatus_GetText(status));
}

std::vector<std::pair<std::string, std::string>> expectations(const std::string &stream, std::size_t number) {
  const auto id = [](std::size_t of) { return "jetcapture:ORDERS:" + std::to_string(of); };
  std::vector<std::pair<std::string, std::string>> headers = {
      {"Nats-Expected-Stream", stream},
      {"Nats-Msg-Id", id(number)},
      {"Nats-Expected-Last-Sequence", std::to_string(number - 1)}};
  if (number > 1)
    headers.emplace_back("Nats-Expected-Last-Msg-Id", id(number - 1));
  return headers;
}

void publish(const std::string &url, const std::string &stream, std::size_t count, std::size_t bytes, std::size_t keys,
             bool expecting) {
  Client client(url);
  client.make_stream(stream, {stream + ".>"});
  client.publish(count, [&](std::size_t i) {
    const std::string key = "k" + std::to_string(i % keys);
    std::string data = R"({"id":)" + std::to_string(i) + R"(,"key":")" + key + R"(","price":)" +
                       std::to_string(i % 1000) + "." + std::to_string(i % 10) + R"(,"ok":)" +
                       (i % 3 == 0 ? "true" : "false") + R"(,"text":")";
    while (data.size() + 2 < bytes)
      data += "words of a text that compresses as logs do, number " + std::to_string((i * 7919) % 100003) + ' ';
    data.resize(std::max(data.size() - (data.size() + 2 > bytes ? data.size() + 2 - bytes : 0), std::size_t{2}));
    Message message{stream + "." + key, data + "\"}"};
    if (expecting)
      message.headers = expectations(stream, i);
    return message;
  });
}

// The stream sequence in $JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.…
std::string_view sequence_of(const char *reply) {
  std::string_view rest = reply;
  for (int i = 0; i < 5; i++)
    rest.remove_prefix(rest.find('.') + 1);
  return rest.substr(0, rest.find('.'));
}

void consume(const std::string &url, const std::string &stream, const std::string &consumer, std::uint64_t count,
             const std::string &ack_every_text) {
  const bool acks = ack_every_text != "never";
  const std::uint64_t ack_every = acks ? std::stoull(ack_every_text) : 0;
  constexpr std::uint64_t window = 20000;
  natsConnection *connection = nullptr;
  check(natsConnection_ConnectTo(&connection, url.c_str()), "connecting");
  natsSubscription *subscription = nullptr;
  natsInbox *inbox = nullptr;
  check(natsInbox_Create(&inbox), "inbox");
  check(natsConnection_SubscribeSync(&subscription, connection, inbox), "subscribing");
  check(natsSubscription_SetPendingLimits(subscription, -1, -1), "limits");
  const std::string api = "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer;
  std::uint64_t open = 0;
  std::uint64_t taken = 0;
  std::uint64_t acked = 0; // sequences run from 1 to count: each run has the stream for itself
  const auto ack_up_to = [&](std::uint64_t last) {
    std::string subject = "$JS.ACK." + stream + "." + consumer + ".0.";
    const std::size_t size = subject.size();
    while (acked < last) {
      subject.resize(size);
      subject += std::to_string(++acked) + ".0.0.0";
      if (acked < last) {
        check(natsConnection_Publish(connection, subject.c_str(), "", 0), "ack");
      } else {
        natsMsg *answer = nullptr;
        check(natsConnection_Request(&answer, connection, subject.c_str(), "", 0, 60000), "acks");
        natsMsg_Destroy(answer);
      }
    }
  };
  std::uint64_t last_sequence = 0;
  while (taken < count) {
    if (open <= window / 2) {
      const std::string body = "{\"batch\":" + std::to_string(window - open) +
                               ",\"max_bytes\":" + std::to_string(open == 0 ? 16 << 20 : 8 << 20) +
                               ",\"expires\":10000000000}";
      check(natsConnection_PublishRequest(connection, api.c_str(), inbox, body.data(), static_cast<int>(body.size())),
            "pulling");
      open = window;
    }
    natsMsg *message = nullptr;
    check(natsSubscription_NextMsg(&message, subscription, 30000), "next");
    const char *reply = natsMsg_GetReply(message);
    if (reply == nullptr || *reply == '\0') { // a status: the request ended, by its bytes
      const char *left = nullptr;
      if (natsMsgHeader_Get(message, "Nats-Pending-Messages", &left) == NATS_OK && left != nullptr)
        open -= std::min<std::uint64_t>(open, std::strtoull(left, nullptr, 10));
      else
        open = 0;
    } else {
      open -= open > 0 ? 1 : 0;
      taken++;
      last_sequence = std::strtoull(std::string(sequence_of(reply)).c_str(), nullptr, 10);
      if (ack_every > 0 && taken % ack_every == 0)
        ack_up_to(last_sequence);
    }
    natsMsg_Destroy(message);
  }
  if (acks)
    ack_up_to(last_sequence);
  natsInbox_Destroy(inbox);
  // First the connection: its reading thread may still use the subscription (host/nats/subscription.hpp).
  natsConnection_Destroy(connection);
  natsSubscription_Destroy(subscription);
}

// A process of its own for this: the peak memory that the kernel tells of a process begins with that of the one that
// started it.
int run(const std::string &report, const std::vector<std::string> &command) {
  std::vector<char *> arguments;
  for (const std::string &word : command)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  const auto begin = std::chrono::steady_clock::now();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  if (pid < 0 || ::wait4(pid, &status, 0, &usage) != pid)
    throw std::runtime_error("can't run " + command.at(0));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const auto in_seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  write_file(report, nlohmann::json({{"seconds", seconds.count()},
                                     {"cpu", in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime)},
                                     {"memory", usage.ru_maxrss * 1024}})
                         .dump());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

int main(int argc, char **argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto number = [&](std::size_t i) { return std::stoull(arguments.at(i)); };
  try {
    const std::string &job = arguments.at(0);
    if (job == "run")
      return run(arguments.at(1), {arguments.begin() + 2, arguments.end()});
    const std::string &url = arguments.at(1);
    const std::string &stream = arguments.at(2);
    if (job == "publish") {
      publish(url, stream, number(3), number(4), number(5), arguments.size() > 6 && arguments[6] == "expecting");
    } else if (job == "consumer") {
      Client client(url);
      try {
        client.api("CONSUMER.DELETE." + stream + "." + arguments.at(3));
      } catch (const std::runtime_error &) {
        // There was none.
      }
      if (arguments.size() > 4 && arguments[4] == "none")
        client.make_consumer(stream, arguments.at(3), {{"ack_policy", "none"}, {"mem_storage", true}});
      else
        client.make_consumer(stream, arguments.at(3), {{"ack_wait", 3'600'000'000'000}, {"max_ack_pending", -1}});
    } else if (job == "null") {
      consume(url, stream, arguments.at(3), number(4), arguments.at(5));
    } else {
      throw std::runtime_error("unknown job " + job);
    }
  } catch (const std::exception &error) {
    std::fprintf(stderr, "bench_client: %s\n", error.what());
    return 1;
  }
  return 0;
}
