#include "host/core/fake_stages.hpp"
#include "stream_capture.hpp"
#include "support/folder.hpp"
#include "support/server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include <fcntl.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// All that a capture needs in a process, as run() puts it together.
class Captured {
public:
  Captured(const Server &server, const std::string &stream) {
    settings_.connection.servers = {server.url()};
    settings_.stream = stream;
    settings_.consumer = "C";
    settings_.state_dir = folder_ / "state";
    state_ = std::make_unique<StateFolder>(settings_);
    stream_ = std::make_unique<BoundStream>(settings_, *state_, log);
    stages_ = std::make_unique<Stages>(loaded(), FakeStore::description(), with_store(), log, cancelled_);
    capture_ = std::make_unique<StreamCapture>(settings_, *stream_, *stages_, Capture::Control{stop_, cancelled_}, log);
    thread_ = std::thread([this] { end_ = capture_->run(); });
  }
  ~Captured() {
    if (thread_.joinable())
      end(2);
  }
  Captured(const Captured &) = delete;
  Captured &operator=(const Captured &) = delete;

  CaptureEnd end(int signals = 1) {
    stop_ = signals;
    thread_.join();
    return end_;
  }
  std::uint64_t messages() const { return capture_->counters().messages; }

  FakeStore store;
  Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};

private:
  static LoadedStages loaded() { return {{{}, fake_decoder()}, {{}, fake_writer()}, {}, "test.item/1"}; }
  const Settings &with_store() {
    settings_.store.options = store.options();
    return settings_;
  }

  const Folder folder_;
  Settings settings_;
  std::atomic<int> stop_ = 0;
  std::atomic<bool> cancelled_ = false;
  std::unique_ptr<StateFolder> state_;
  std::unique_ptr<BoundStream> stream_;
  std::unique_ptr<Stages> stages_;
  std::unique_ptr<StreamCapture> capture_;
  CaptureEnd end_;
  std::thread thread_;
};

} // namespace

TEST_CASE("two captures of two streams run in one process, and one that ends leaves the other alone") {
  Server server;
  Client client(server.url());
  for (const char *stream : {"FIRST", "SECOND"}) {
    client.make_stream(stream, {std::string(stream) + ".>"});
    client.make_consumer(stream, "C", {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 100'000}});
  }
  Captured first(server, "FIRST");
  Captured second(server, "SECOND");
  const auto publish = [&](const std::string &stream) {
    client.publish(2000, [&](std::size_t i) { return Message{stream + ".x", i % 2 == 0 ? "a b" : "a"}; });
  };
  publish("FIRST");
  publish("SECOND");
  REQUIRE(eventually(30s, [&] { return first.messages() == 2000 && second.messages() == 2000; }));
  const CaptureEnd first_end = first.end();
  publish("SECOND");
  REQUIRE(eventually(30s, [&] { return second.messages() == 4000; }));
  for (const CaptureEnd &end : {first_end, second.end()}) {
    CHECK(end.failure.empty());
    CHECK(end.returned + end.unconfirmed == 0);
  }
  CHECK(client.consumer("FIRST", "C")["ack_floor"]["stream_seq"] == 2000);
  CHECK(client.consumer("SECOND", "C")["ack_floor"]["stream_seq"] == 4000);
  CHECK(first.store.parts().size() == 3000);
  CHECK(second.store.parts().size() == 6000);
  for (const Captured *captured : {&first, &second})
    for (const auto &[part, count] : captured->store.parts())
      if (count != 1)
        CHECK_MESSAGE(false, "message " << std::get<0>(part) << " is stored " << count << " times");
}
