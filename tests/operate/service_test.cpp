#include "capture/watched_host.hpp"
#include "support/notify_socket.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <string>

#include <sched.h>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

struct Service {
  Server server;
  Client client{server.url()};
  Folder folder;
  NotifySocket manager{folder / "notify"};
  Host host{server};
  Service() {
    client.make_stream("S", {"orders.>"});
    host.environment["NOTIFY_SOCKET"] = folder / "notify";
  }
};

} // namespace

TEST_CASE("the service manager is told: ready, how it goes, and that it stops") {
  Service service;
  service.client.publish(25, [](std::size_t i) { return Message{"orders.a", std::to_string(i)}; });
  service.host.start({"--create-consumer", "--max-age", "1s"});
  CHECK(service.manager.receive_like("READY=1", 20s) == "READY=1");
  std::string status;
  CHECK(eventually(20s, [&] {
    status = service.manager.receive_like("STATUS=", 3s);
    return status.find("25 messages, ") != std::string::npos && status.find(", 0 blocks") == std::string::npos &&
           status.find(" blocks stored, lag 0") != std::string::npos;
  }));
  CHECK(status.starts_with("STATUS=capturing; "));
  service.host.program().signal(SIGTERM);
  CHECK(service.manager.receive_like("STOPPING=1", 20s) == "STOPPING=1");
  CHECK(service.host.program().wait(20s) == 0);
}

TEST_CASE("the service manager is told why a capture is not ready, and no lag that is not known") {
  Service service;
  service.host.start({"--create-consumer"});
  REQUIRE(service.manager.receive_like("READY=1", 20s) == "READY=1");
  service.server.stop();
  std::string status;
  CHECK(eventually(20s, [&] {
    status = service.manager.receive_like("STATUS=", 3s);
    return status.find("not connected to NATS") != std::string::npos;
  }));
  CHECK_MESSAGE(status.find("lag not known") != std::string::npos, status);
}

TEST_CASE("the watchdog is told of while the capture goes round, and no more once it is stuck") {
  std::string pipelines;
  SUBCASE("with one pipeline") {
    pipelines = "1";
  }
  SUBCASE("with several") {
    pipelines = "2";
  }
  Service service;
  service.host.environment["WATCHDOG_USEC"] = "1500000";
  service.host.environment["JETCAPTURE_PLUGIN_PATH"] = JETCAPTURE_HARD_PLUGINS ":" JETCAPTURE_PLUGINS;
  service.host.start({"--create-consumer", "--pipelines", pipelines}, {"fan_out", "raw", "file"});
  for (int i = 0; i < 5; i++)
    REQUIRE(service.manager.receive_like("WATCHDOG=1", 10s) == "WATCHDOG=1");
  // The decoder does not come back from this one.
  service.client.publish(1, [](std::size_t) { return Message{"orders.a", "hang"}; });
  CHECK(eventually(20s, [&] { return service.manager.receive_like("WATCHDOG=1", 2s).empty(); }));
  CHECK(service.host.program().running());
}

TEST_CASE("a capture is batch work to the scheduler, unless another policy was chosen for it") {
  Service service;
  service.host.start({"--create-consumer"});
  REQUIRE(service.manager.receive_like("READY=1", 20s) == "READY=1");
  int threads = 0;
  for (const auto &task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(service.host.program().pid()) + "/task")) {
    CHECK(sched_getscheduler(std::stoi(task.path().filename())) == SCHED_BATCH);
    threads++;
  }
  CHECK(threads > 3);
}
