#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace jetcapture::test;

namespace {

// The code block behind "<!-- file: NAME -->" in the guide.
std::string code_of(const std::string &name) {
  const std::string guide = read_file(SOURCE_FOLDER "/sdk/README.md");
  const std::size_t mark = guide.find("<!-- file: " + name + " -->");
  REQUIRE(mark != std::string::npos);
  const std::size_t begin = guide.find('\n', guide.find("```", mark)) + 1;
  return guide.substr(begin, guide.find("```", begin) - begin);
}

// The command of the guide that builds it, with every warning.
void build(const std::string &name, const std::string &command, const std::filesystem::path &folder) {
  write_file(folder / name, code_of(name));
  REQUIRE(read_file(SOURCE_FOLDER "/sdk/README.md").find(command) != std::string::npos);
  std::string strict = command;
  strict.replace(strict.find("-I sdk/include"), 14,
                 "-Wall -Wextra -Wpedantic -Wconversion -Werror -I " SOURCE_FOLDER "/sdk/include");
  REQUIRE(std::system(("cd " + folder.string() + " && " + strict).c_str()) == 0);
}

} // namespace

TEST_CASE("the guide's decoder in C builds without a warning and runs in a capture") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(3, [](std::size_t i) {
    const char *lines[] = {"eu00000042.50", "us00000001.25", "eu000000xx.50"};
    return Message{"s.a", lines[i - 1]};
  });
  Host host(server);
  build("fixed_width.c", "cc -O2 -shared -fPIC -fvisibility=hidden -I sdk/include fixed_width.c -o fixed_width.so",
        host.folder().path());
  REQUIRE(host.run({"--create-consumer", "--once", "--plugin-dir", host.folder().path().string()},
                   {"fixed_width", "csv", "file"}) == 0);
  const auto files = host.files();
  REQUIRE(files.size() == 3);
  CHECK(files[0].starts_with("_quarantine/"));
  CHECK(files[1].starts_with("eu/"));
  CHECK(read_file(std::filesystem::path(host.root()) / files[1]) == "region,amount\neu,42.5\n");
  CHECK(read_file(std::filesystem::path(host.root()) / files[0]).find("the amount is not a number") !=
        std::string::npos);
}

TEST_CASE("the guide's decoder in C++ builds without a warning and runs in a capture") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(3, [](std::size_t i) {
    const char *orders[] = {"margherita;2;21.80", "diavola;0;0", "marinara;x;1"};
    return Message{"s.a", orders[i - 1]};
  });
  Host host(server);
  build("pizza.cpp", "c++ -std=c++17 -O2 -shared -fPIC -fvisibility=hidden -I sdk/include pizza.cpp -o pizza.so",
        host.folder().path());
  REQUIRE(host.run({"--create-consumer", "--once", "--plugin-dir", host.folder().path().string()},
                   {"pizza", "csv", "file"}) == 0);
  const auto files = host.files();
  REQUIRE(files.size() == 2);
  CHECK(read_file(std::filesystem::path(host.root()) / files[1]) == "kind,count,price\nmargherita,2,21.8\n");
  CHECK(host.lines_with("filtered=1").size() == 1);
  CHECK(host.lines_with("the count is not a number: x").size() == 1);
}
