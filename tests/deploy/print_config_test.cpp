#include "capture/host.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

std::string printed(Folder &folder, std::vector<std::string> arguments,
                    std::map<std::string, std::string> environment = {}) {
  arguments.insert(arguments.begin(), JETCAPTURE_BINARY);
  arguments.push_back("--print-config");
  environment.emplace("JETCAPTURE_PLUGIN_PATH", JETCAPTURE_PLUGINS);
  static int runs = 0;
  Program program(arguments, folder / ("printed-" + std::to_string(runs++)), environment);
  CHECK(program.wait(20s) == 0);
  return program.output();
}

} // namespace

TEST_CASE("the file that --print-config prints runs a capture") {
  Server server;
  Client client(server.url());
  client.make_stream("ORDERS", {"orders.>"});
  client.publish(20, [](std::size_t) { return Message{"orders.a", "x"}; });
  Folder folder;
  const std::string root = folder / "root";
  write_file(folder / "again.ini",
             printed(folder,
                     {"--server", server.url(), "--stream", "ORDERS", "--consumer", "c", "--decoder", "message",
                      "--writer", "ndjson", "--store", "file", "--store-opt", "root=" + root, "--create-consumer"},
                     {{"JETCAPTURE_STATE_DIR", folder / "state"}, {"JETCAPTURE_ONCE", "true"}}));
  Program program({JETCAPTURE_BINARY, "--config", folder / "again.ini"}, folder / "log",
                  {{"JETCAPTURE_PLUGIN_PATH", JETCAPTURE_PLUGINS}});
  INFO(program.output());
  CHECK(program.wait(30s) == 0);
  CHECK(blocks_below(root).size() == 1);
}

TEST_CASE("options of a plug-in that can't be loaded are not shown, since one may be a secret") {
  Folder folder;
  const std::string text = printed(
      folder, {"--store", "nowhere", "--store-opt", "key=hunter2", "--writer", "csv", "--writer-opt", "delimiter=;"});
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(text.find("can't be loaded") != std::string::npos);
  CHECK(text.find("delimiter = \";\"") != std::string::npos);
}

TEST_CASE("--check tells a deployment by its exit status: 0 in order, 2 with one sentence") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  Host host(server);
  CHECK(host.run({"--create-consumer", "--check"}) == 0);
  CHECK(host.lines_with("everything is in order").size() == 1);
  CHECK_THROWS(client.consumer("S", "C")); // nothing was made
  client.make_consumer("S", "C", {{"ack_wait", 3600000000000}, {"max_ack_pending", 100000}});
  client.publish(5, [](std::size_t) { return Message{"s.a", "x"}; });
  CHECK_MESSAGE(host.run({"--check"}) == 0, host.output());
  CHECK(client.consumer("S", "C")["num_pending"] == 5); // nothing was pulled
  CHECK(host.run({"--check", "--store-opt", "root=/proc/nothing"}) == 2);
  host.consumer = "other";
  CHECK(host.run({"--check"}) == 2);
  CHECK_MESSAGE(host.output().find("--create-consumer") != std::string::npos, host.output());
  Host nowhere("nats://127.0.0.1:1");
  CHECK(nowhere.run({"--check", "--connect-timeout", "1s"}) == 2);
}
