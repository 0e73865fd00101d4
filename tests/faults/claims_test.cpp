// Ordered delivery in claims (--parallel-backlog) with real servers.
#include "faults/ordered_capture.hpp"
#include "support/http.hpp"
#include "support/loopback.hpp"

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> in_claims(std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"--parallel-backlog", "1000"});
  return more;
}

bool has_chain(const Host &host, const std::string &name) {
  for (const std::string &file : files_below(host.root()))
    if (file.starts_with("_manifest/S/C/" + name + "/"))
      return true;
  return false;
}

std::vector<std::string> against_stream(const OrderedCapture &capture) {
  return {"--against-stream", "--server", capture.server.url(), "--stream", "S", "--consumer", "C"};
}

} // namespace

TEST_CASE("a stream is captured claim by claim, compared with the backup, and purged of what it holds") {
  OrderedCapture capture;
  capture.client->publish(3500, over_three_subjects);
  for (const int sequence : {7, 1000, 1001, 1999, 2000})
    capture.client->api("STREAM.MSG.DELETE.S", {{"seq", sequence}});
  REQUIRE_MESSAGE(capture.first.run(capture.flags(in_claims({"--once"}))) == 0, capture.first.output());
  CHECK(capture.done().size() == 3495);
  CHECK(has_chain(capture.first, "ordered"));
  CHECK(has_chain(capture.first, "claim-000000000003"));
  CHECK_FALSE(has_chain(capture.first, "claim-000000000004"));
  CHECK(capture.verify(against_stream(capture)) == "");

  capture.client->publish(200, over_three_subjects);
  Program purging({JETCAPTURE_BINARY, "purge", "--yes", "--server", capture.server.url(), "--stream", "S", "--consumer",
                   "C", "--store", "file", "--store-opt", "root=" + capture.first.root()},
                  capture.first.folder() / "purge.log");
  CHECK_MESSAGE(purging.wait(30s) == 0, purging.output());
  CHECK(capture.client->api("STREAM.INFO.S")["state"]["first_seq"] == 3501);
  REQUIRE_MESSAGE(capture.first.run(capture.flags(in_claims({"--once"}))) == 0, capture.first.output());
  CHECK(capture.done().size() == 3695);
  CHECK(capture.verify(against_stream(capture)) == "");
}

TEST_CASE("a claim ends though its last messages are gone or are not asked for, and nothing comes behind it") {
  OrderedCapture capture;
  capture.client->publish(2000, over_three_subjects);
  capture.client->publish(100, [](std::size_t) { return Message{"s.other", "x"}; });
  std::vector<std::string> more;
  SUBCASE("gone") {
    for (int sequence = 1990; sequence <= 2100; sequence++)
      capture.client->api("STREAM.MSG.DELETE.S", {{"seq", sequence}});
  }
  SUBCASE("not asked for") {
    more = {"--filter-subject", "s.1"};
  }
  capture.first.start(capture.flags(in_claims(more)));
  CHECK_MESSAGE(eventually(30s, [&] { return has_chain(capture.first, "claim-000000000002"); }),
                capture.first.output());
  capture.first.program().signal(SIGTERM);
  CHECK_MESSAGE(capture.first.program().wait(30s) == 0, capture.first.output());
  CHECK(capture.verify(against_stream(capture)) == "");
}

TEST_CASE("two hosts share a stream in claims while it fills, and one goes on where the other is killed") {
  OrderedCapture capture;
  const std::unique_ptr<Host> second = capture.host();
  capture.client->publish(3500, over_three_subjects);
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  capture.first.start(capture.flags(in_claims()));
  second->start(capture.flags(in_claims({"--listen", address})));
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.first.sequences().size() >= 3000; }), capture.first.output());
  capture.first.program().signal(SIGKILL);
  capture.client->publish(1500, over_three_subjects);
  CHECK_MESSAGE(eventually(60s, [&] { return capture.done().size() == 5000; }), second->output());
  CHECK(each_once(capture.done(), 5000));
  CHECK(eventually(
      30s, [&] { return http_get(address, "/metrics").body.find("jetcapture_claims_done ") != std::string::npos; }));
  second->program().signal(SIGTERM);
  CHECK_MESSAGE(second->program().wait(30s) == 0, second->output());
  CHECK(capture.verify(against_stream(capture)) == "");
}

TEST_CASE("a capture goes on in claims at its floor, and is refused without them or with others") {
  OrderedCapture capture;
  capture.client->publish(1300, over_three_subjects);
  REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once"})) == 0, capture.first.output());
  capture.client->publish(2000, over_three_subjects);
  REQUIRE_MESSAGE(capture.first.run(capture.flags(in_claims({"--once"}))) == 0, capture.first.output());
  CHECK(each_once(capture.first.sequences(), 3300));
  CHECK(has_chain(capture.first, "claim-000000000002"));
  CHECK_FALSE(has_chain(capture.first, "claim-000000000001")); // the first one has it
  CHECK(capture.first.run(capture.flags({"--once"})) == 2);
  CHECK_MESSAGE(!capture.first.lines_with("give that").empty(), capture.first.output());
  CHECK(capture.first.run(capture.flags({"--once", "--parallel-backlog", "2000"})) == 2);
  CHECK_MESSAGE(!capture.first.lines_with("--parallel-backlog 1000").empty(), capture.first.output());
  CHECK(capture.verify(against_stream(capture)) == "");
}
