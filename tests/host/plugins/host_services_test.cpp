#include "plugins/host_services.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>

#include <sys/mman.h>
#include <unistd.h>

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

TEST_CASE("a sentence and a line that have a size and no text, or a size beyond 32 bits, are told as such") {
  const Services services;
  const jetcapture_host *host = services.host;
  constexpr std::uint64_t beyond_32_bits = (std::uint64_t{1} << 32) + 2;
  host->fail(host, JETCAPTURE_BAD_DATA, {nullptr, 5});
  CHECK(HostServices::take_failure() == "a text that has a size and no data");
  host->fail(host, JETCAPTURE_BAD_DATA, {"ab", beyond_32_bits});
  CHECK(HostServices::take_failure() == "a text above 1 GiB");
  host->log(host, JETCAPTURE_LOG_ERROR, {nullptr, 5});
  host->log(host, -7, {"ab", beyond_32_bits});
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

TEST_CASE("a plug-in that has something to say of each message does not flood the log") {
  const int file = ::memfd_create("log", MFD_CLOEXEC);
  Log log(Level::info, LogFormat::text, file);
  const std::atomic<bool> cancelled{false};
  const HostServices services("decoder json", log, cancelled);
  for (int i = 0; i < 1000; i++)
    services.c_host()->log(services.c_host(), JETCAPTURE_LOG_WARN, {"odd message", 11});
  std::string text(1 << 20, '\0');
  text.resize(static_cast<std::size_t>(::pread(file, text.data(), text.size(), 0)));
  ::close(file);
  CHECK(std::count(text.begin(), text.end(), '\n') == 50);
}

TEST_CASE("cancelled follows the host, and no extension is known") {
  Services services;
  CHECK(services.host->cancelled(services.host) == 0);
  services.cancelled = true;
  CHECK(services.host->cancelled(services.host) == 1);
  CHECK(services.host->extension(services.host, "jetcapture.x/1") == nullptr);
  CHECK(services.host->extension(services.host, nullptr) == nullptr);
}
