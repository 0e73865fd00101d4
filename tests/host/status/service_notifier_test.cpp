#include "status/service_notifier.hpp"

#include "support/folder.hpp"
#include "support/notify_socket.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include <unistd.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

TEST_CASE("states arrive at a socket in a folder, and at an abstract one") {
  Folder folder;
  for (const std::string &name : {folder / "notify", "@jetcapture-test-" + std::to_string(::getpid())}) {
    NotifySocket socket(name);
    const ServiceNotifier notifier(name, 0us);
    REQUIRE(notifier.tells());
    notifier.tell("READY=1");
    notifier.tell("STATUS=all is well");
    CHECK(socket.receive(5s) == "READY=1");
    CHECK(socket.receive(5s) == "STATUS=all is well");
  }
}

TEST_CASE("without a service manager, or with one that is gone, nothing is told and nothing fails") {
  Folder folder;
  const ServiceNotifier nobody("", 0us);
  CHECK_FALSE(nobody.tells());
  nobody.tell("READY=1");
  const ServiceNotifier gone(folder / "gone", 0us);
  gone.tell("READY=1");
  const ServiceNotifier too_long("/" + std::string(200, 'x'), 0us);
  CHECK_FALSE(too_long.tells());
}

TEST_CASE("a service manager that reads nothing does not stop the service") {
  Folder folder;
  const NotifySocket socket(folder / "notify");
  const ServiceNotifier notifier(folder / "notify", 0us);
  for (int i = 0; i < 10000; i++)
    notifier.tell("STATUS=" + std::string(1000, 'x'));
  CHECK(notifier.tells());
}

TEST_CASE("the watchdog counts only where it is meant for this process") {
  ::setenv("NOTIFY_SOCKET", "@jetcapture-nobody", 1);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  CHECK(ServiceNotifier::from_environment().watchdog() == 30s);
  ::setenv("WATCHDOG_PID", "1", 1);
  CHECK(ServiceNotifier::from_environment().watchdog() == 0s);
  ::unsetenv("WATCHDOG_PID");
  ::setenv("WATCHDOG_USEC", "often", 1);
  CHECK(ServiceNotifier::from_environment().watchdog() == 0s);
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("NOTIFY_SOCKET");
}
