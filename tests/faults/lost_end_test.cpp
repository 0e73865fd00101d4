// A stream that loses its end and gives the sequences to other messages, as after a power failure of its server or
// where it is put back from an old copy: what ordered delivery makes of it, and what its backup tells afterwards.
#include "faults/ordered_capture.hpp"
#include "support/subscription.hpp"

#include <csignal>
#include <filesystem>
#include <functional>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

struct LosingStream : OrderedCapture {
  void publish(std::size_t count) { client->publish(count, over_three_subjects); }
  // The stream as it is now is what it goes back to when it loses its end.
  void keep() {
    restart([&] {
      std::filesystem::remove_all(copy);
      std::filesystem::copy(store, copy, std::filesystem::copy_options::recursive);
    });
  }
  void lose() {
    restart([&] {
      std::filesystem::remove_all(store);
      std::filesystem::copy(copy, store, std::filesystem::copy_options::recursive);
    });
  }
  void capture(const std::vector<std::string> &more = {"--once"}) {
    REQUIRE_MESSAGE(first.run(flags(more)) == 0, first.output());
  }

  std::string verify_against_stream() const { return verify(with_stream({"--against-stream"})); }
  // What a command prints; its exit status is in status.
  std::string run(const std::string &command, const std::vector<std::string> &more) {
    std::vector<std::string> words = {JETCAPTURE_BINARY,     command, "--store", "file", "--store-opt",
                                      "root=" + first.root()};
    words.insert(words.end(), more.begin(), more.end());
    std::filesystem::remove(first.folder() / "command.log");
    Program program(words, first.folder() / "command.log");
    status = program.wait(60s).value_or(-1);
    return program.output();
  }
  std::string purge() { return run("purge", with_stream({"--yes"})); }
  nlohmann::json state() { return client->api("STREAM.INFO.S")["state"]; }

  int status = -1;

private:
  std::vector<std::string> with_stream(std::vector<std::string> flags) const {
    flags.insert(flags.end(), {"--server", server.url(), "--stream", "S", "--consumer", "C"});
    return flags;
  }
  void restart(const std::function<void()> &meanwhile) {
    client.reset();
    server.stop();
    meanwhile();
    server.start();
    client = std::make_unique<Client>(server.url());
  }

  const std::filesystem::path store = server.folder() / "jetstream";
  const std::filesystem::path copy = server.folder() / "copy";
};

} // namespace

TEST_CASE("a stream that lost its end and was written on is neither purged nor called good, and all of it is captured, "
          "also where the last captured message is gone") {
  LosingStream stream;
  stream.publish(100);
  stream.keep();
  stream.publish(100);
  stream.capture();
  stream.lose();
  stream.publish(150);
  stream.client->api("STREAM.MSG.DELETE.S", {{"seq", 200}});
  CHECK(has(stream.verify_against_stream(), "has lost its last messages"));
  const std::string purged = stream.purge();
  CHECK_MESSAGE(stream.status != 0, purged);
  // Where an interval began at the restart, blocks of their own prove the messages up to 100.
  const nlohmann::json first = stream.state()["first_seq"];
  CHECK_MESSAGE((first == 1 || first == 101), purged);
  stream.capture();
  CHECK(!stream.first.lines_with("has lost its last messages").empty());
  const std::map<std::uint64_t, int> done = stream.done();
  for (std::uint64_t sequence = 1; sequence <= 250; sequence++) {
    CAPTURE(sequence);
    const auto found = done.find(sequence);
    CHECK((found == done.end() ? 0 : found->second) == (sequence > 100 && sequence < 200 ? 2 : 1));
  }
}

TEST_CASE("a backup that goes on where the stream has lost its end is good against the stream, which is purged of what "
          "it holds") {
  LosingStream stream;
  std::vector<std::string> how = {"--once"};
  SUBCASE("in one chain") {}
  SUBCASE("in claims") {
    how.insert(how.end(), {"--parallel-backlog", "1000"});
  }
  stream.publish(1300);
  stream.keep();
  stream.publish(900);
  stream.capture(how);
  stream.lose();
  stream.capture(how); // it has nothing new yet
  CHECK(stream.verify_against_stream() == "");
  stream.publish(500);
  stream.capture(how);
  CHECK(stream.verify_against_stream() == "");
  CHECK_MESSAGE(has(stream.run("verify", {}), "900 messages are kept that the stream has lost since"),
                stream.run("verify", {}));

  const std::string found = stream.run("find", {"--sequence", "1500", "--stream", "S"});
  CHECK(stream.status == 0);
  CHECK_MESSAGE(has(found, "that the stream has lost since"), found);
  CHECK_MESSAGE(found.find("that the stream has lost since") > found.find('\n'), found); // what it has comes first

  const std::string purged = stream.purge();
  CHECK_MESSAGE(stream.status == 0, purged);
  CHECK_MESSAGE(stream.state()["first_seq"] == 1801, purged);
  CHECK(stream.verify_against_stream() == "");

  // It loses its end once more.
  stream.publish(200);
  stream.keep();
  stream.publish(400);
  stream.capture(how);
  stream.lose();
  stream.publish(600);
  stream.capture(how);
  CHECK(stream.verify_against_stream() == "");
  CHECK_MESSAGE(has(stream.run("verify", {}), "1,300 messages are kept that the stream has lost since"),
                stream.run("verify", {}));
}

TEST_CASE(
    "a host whose stream loses its end while it captures ends and says why, and the next run captures what is there") {
  LosingStream stream;
  stream.publish(200);
  stream.keep();
  stream.first.start(stream.flags({"--status-subject", "status.of.test"}));
  stream.publish(100);
  REQUIRE_MESSAGE(eventually(30s, [&] { return stream.first.sequences().size() == 300; }), stream.first.output());
  stream.lose();
  Subscription statuses(stream.server.url(), "status.of.test");
  stream.publish(150);
  CHECK_MESSAGE(stream.first.program().wait(60s) == 3, stream.first.output());
  const std::string why = "the stream S has lost its last messages";
  CHECK(!stream.first.lines_with("can't go on").empty());
  CHECK(!stream.first.lines_with(why).empty());
  nlohmann::json last;
  for (std::string text = statuses.next(5s); !text.empty(); text = statuses.next(500ms))
    last = nlohmann::json::parse(text);
  CHECK(last["final"] == true);
  CHECK(last["exit_status"] == 3);
  CHECK_MESSAGE(has(last["failure"], why), last.dump());
  CHECK_MESSAGE(has(last["failure"], "restart jetcapture"), last.dump());
  CHECK(last["lost"] == 0);
  stream.capture();
  CHECK(stream.verify_against_stream() == "");
}
