// Credentials that end while the host runs.
#include "capture/host.hpp"
#include "support/operator.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {
constexpr std::int64_t second = 1'000'000'000;
}

TEST_CASE(
    "credentials that expire while capturing are told, and capturing goes on by itself once the file is renewed") {
  Server server(operator_mode());
  Host host(server.url());
  const std::string forever = host.folder() / "test.creds";
  const std::string creds = host.folder() / "host.creds";
  write_file(forever, user_credentials());
  Client client(server.url(), forever);
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 8 * second}, {"max_ack_pending", 100000}});
  const auto message = [](std::size_t i) { return Message{"s." + std::to_string(i % 3), std::to_string(i)}; };
  client.publish(2000, message);
  write_file(creds, user_credentials(4s));
  host.start({"--max-age", "1s", "--max-messages", "400", "--creds", creds});
  REQUIRE_MESSAGE(eventually(20s, [&] { return !host.files().empty(); }), host.output());
  // Of both connections.
  REQUIRE_MESSAGE(eventually(30s, [&] { return host.lines_with(creds + " expired at").size() == 2; }), host.output());
  client.publish(1000, message);
  // More attempts than the library makes before it gives a connection up.
  eventually(4s, [] { return false; });
  CHECK(host.program().running());
  write_file(creds, user_credentials());
  REQUIRE_MESSAGE(eventually(30s, [&] { return client.consumer("S", "C")["ack_floor"]["stream_seq"] == 3000; }),
                  host.output());
  CHECK(host.lines_with(creds + " expired at").size() == 2);
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 3000));
}
