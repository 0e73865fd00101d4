#include "capture/watched_host.hpp"
#include "operate/browser.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

bool has(const std::string &page, const std::string &text) {
  return page.find(text) != std::string::npos;
}

} // namespace

TEST_CASE("a browser shows the state of the capture: up to date, the store down, recovered, disconnected") {
  if (!has_browser())
    return;
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  WatchedHost host(server);
  host.start_watched({"--create-consumer", "--max-age", "1s", "--retry-min", "50ms", "--retry-max", "200ms"});
  const auto publish = [&](std::size_t count) {
    client.publish(count, [](std::size_t i) { return Message{"orders.<b>bold</b>", std::to_string(i)}; });
  };
  const auto acked = [&](double count) {
    return eventually(20s, [&] { return host.metric("jetcapture_acks_confirmed_total") == count; });
  };
  publish(1234);
  REQUIRE(acked(1234));
  REQUIRE(eventually(20s, [&] { return host.metric("jetcapture_safe_sequence") == 1234; }));
  const std::string address = "http://" + host.address() + "/";
  std::string page = page_with(">Up to date<", address);
  CHECK(has(page, "class=\"state good\""));
  CHECK(has(page, ">1,234<"));
  CHECK(has(page, host.files().front().substr(host.files().front().rfind('/') + 1)));
  // What comes from messages is text, never markup.
  CHECK_FALSE(has(page, "<b>bold"));

  const std::string key = host.files().front().substr(0, host.files().front().find('/'));
  const std::filesystem::path place = std::filesystem::path(host.root()) / key;
  std::filesystem::rename(place, host.folder() / "aside");
  write_file(place, "in the way");
  publish(10);
  REQUIRE(eventually(20s, [&] { return host.metric("jetcapture_store_failing") == 1; }));
  page = page_with(">The store refuses blocks: someone has to act<", address);
  CHECK(has(page, "class=\"state bad\""));
  CHECK(has(page, "is a file where a folder is needed"));
  CHECK(has(page, "No message is acked before it is stored: 1 block waits here"));
  CHECK_FALSE(has(page, "othing is lost"));

  std::filesystem::remove(place);
  std::filesystem::rename(host.folder() / "aside", place);
  REQUIRE(acked(1244));
  page = page_with(">Up to date<", address);
  CHECK(has(page, "class=\"level error\""));

  server.stop();
  REQUIRE(eventually(20s, [&] { return host.metric("jetcapture_connected") == 0; }));
  page_with(">Not connected to NATS, reconnecting<", address);
}
