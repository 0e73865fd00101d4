// The file of --config as it lies on a machine.
#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

using std::filesystem::perms;

// What a run with that file warns of secrets; the run itself finds no server.
std::vector<std::string> warnings(const std::string &lines, perms mode) {
  Host host("nats://127.0.0.1:1");
  const std::string file = host.folder() / "capture.ini";
  write_file(file, lines);
  std::filesystem::permissions(file, mode);
  host.run({"--config", file});
  return host.lines_with("every user can read the file: chmod o-r " + file);
}

} // namespace

TEST_CASE("a secret in a file of --config that every user can read is warned of, with its line and the fix") {
  const std::string password = "user = u\npassword = hunter2\n";
  const perms mine = perms::owner_read | perms::owner_write, of_group = mine | perms::group_read,
              of_all = of_group | perms::others_read;
  REQUIRE(warnings(password, of_all).size() == 1);
  CHECK(warnings(password, of_all)[0].find("capture.ini, line 2: password is a secret") != std::string::npos);
  CHECK(warnings(password, of_all)[0].find("hunter2") == std::string::npos);
  CHECK(warnings("max-age = 1h\n", of_all).empty());
  CHECK(warnings(password, of_group).empty());
  CHECK(warnings(password, mine).empty());
}
