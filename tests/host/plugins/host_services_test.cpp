#include "plugins/host_services.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using namespace jetcapture::host;

namespace {

struct Services {
  Log log{Level::error, LogFormat::text, -1};
  std::atomic<bool> cancelled{false};
  HostServices services{"decoder json", log, cancelled};
  const jetcapture_host *host = services.c_host();
};

} // namespace

TEST_CASE("the host tells its size and its minor version") {
  const Services services;
  CHECK(services.host->size == sizeof(jetcapture_host));
  CHECK(services.host->abi_minor == JETCAPTURE_ABI_MINOR);
}

TEST_CASE("the sentence of a failure is kept until it is taken, the last one counts") {
  const Services services;
  const jetcapture_host *host = services.host;
  CHECK(HostServices::take_failure().empty());
  CHECK(jetcapture_fail(host, JETCAPTURE_BAD_DATA, "first") == JETCAPTURE_BAD_DATA);
  CHECK(jetcapture_fail(host, JETCAPTURE_RETRY, "second") == JETCAPTURE_RETRY);
  CHECK(HostServices::take_failure() == "second");
  CHECK(HostServices::take_failure().empty());
}

TEST_CASE("the sentence of a failure belongs to the thread that gave it") {
  const Services services;
  jetcapture_fail(services.host, JETCAPTURE_FATAL, "mine");
  std::string theirs = "unset";
  std::thread([&] { theirs = HostServices::take_failure(); }).join();
  CHECK(theirs.empty());
  CHECK(HostServices::take_failure() == "mine");
}

TEST_CASE("odd sentences do no harm") {
  const Services services;
  const jetcapture_host *host = services.host;
  CHECK(host->fail(host, 99, {nullptr, 0}) == 99);
  CHECK(HostServices::take_failure().empty());
  CHECK(jetcapture_fail(host, JETCAPTURE_OK, "no failure") == JETCAPTURE_OK);
  CHECK(HostServices::take_failure().empty());
  const std::string endless(100'000, 'x');
  host->fail(host, JETCAPTURE_FATAL, {endless.data(), endless.size()});
  CHECK(HostServices::take_failure().size() == 4096);
  host->log(host, 1234, {nullptr, 0});
}

TEST_CASE("cancelled follows the host, and no extension is known") {
  Services services;
  CHECK(services.host->cancelled(services.host) == 0);
  services.cancelled = true;
  CHECK(services.host->cancelled(services.host) == 1);
  CHECK(services.host->extension(services.host, "jetcapture.x/1") == nullptr);
  CHECK(services.host->extension(services.host, nullptr) == nullptr);
}
