#include "capture/watched_host.hpp"
#include "support/loopback.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <stdexcept>

using namespace jetcapture::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

// Prometheus as Debian packages it, on a free port, scraping one address each second.
class Prometheus {
public:
  explicit Prometheus(const std::string &target) {
    write_file(folder_ / "prometheus.yml",
               "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n- job_name: jetcapture\n"
               "  static_configs:\n  - targets: ['" +
                   target + "']\n");
    for (int tries = 0; tries < 5 && address_.empty(); tries++)
      start("127.0.0.1:" + std::to_string(free_port()));
    REQUIRE_MESSAGE(!address_.empty(), "Prometheus did not start: ", program_->output());
  }

  // The answer to a query of its API.
  json query(const std::string &expression) const {
    const HttpResponse answer = http_get(address_, "/api/v1/query?query=" + expression);
    return json::parse(answer.body, nullptr, false);
  }

private:
  void start(const std::string &address) {
    program_ = std::make_unique<Program>(
        std::vector<std::string>{"prometheus", "--config.file=" + folder_ / "prometheus.yml",
                                 "--storage.tsdb.path=" + folder_ / "data", "--web.listen-address=" + address},
        folder_ / "log");
    const bool ready = eventually(20s, [&] {
      if (!program_->running())
        return true;
      try {
        return http_get(address, "/-/ready").status == 200;
      } catch (const std::runtime_error &) {
        return false; // it does not listen yet
      }
    });
    if (ready && program_->running())
      address_ = address;
  }

  Folder folder_;
  std::unique_ptr<Program> program_;
  std::string address_;
};

} // namespace

TEST_CASE("Prometheus scrapes a running capture, and its API answers for every metric") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(500, [](std::size_t i) { return Message{"orders.a", std::to_string(i)}; });
  WatchedHost host(server);
  host.start_watched({"--create-consumer", "--max-age", "1s"});
  const Prometheus prometheus(host.address());
  // Scraped once all is stored, whatever the first scrapes saw.
  REQUIRE(eventually(30s, [&] {
    const json answer = prometheus.query("jetcapture_acks_confirmed_total");
    return answer.is_object() && !answer["data"]["result"].empty() && answer["data"]["result"][0]["value"][1] == "500";
  }));
  CHECK(prometheus.query("up")["data"]["result"][0]["value"][1] == "1");
  const auto names = metric_names(host.metrics());
  REQUIRE(names.size() > 40);
  for (const std::string &name : names) {
    CAPTURE(name);
    const bool histogram = name == "jetcapture_store_duration_seconds";
    const json answer = prometheus.query(histogram ? name + "_count" : name);
    CHECK(answer["status"] == "success");
    CHECK_FALSE(answer["data"]["result"].empty());
  }
  const json blocks = prometheus.query("sum(jetcapture_blocks_sealed_total)-sum(jetcapture_blocks_stored_total)");
  CHECK(blocks["data"]["result"][0]["value"][1] == "0");
}
