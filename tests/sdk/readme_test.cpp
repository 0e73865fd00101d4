#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <sstream>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// The commands of the README that begin with "jetcapture ", their continued lines joined.
std::vector<std::string> commands() {
  std::istringstream readme(read_file(SOURCE_FOLDER "/README.md"));
  std::vector<std::string> found;
  bool in_shell = false;
  std::string command;
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with("```")) {
      in_shell = line == "```sh";
      continue;
    }
    if (!in_shell)
      continue;
    const bool goes_on = line.ends_with('\\');
    command += goes_on ? line.substr(0, line.size() - 1) : line;
    if (goes_on)
      continue;
    if (command.starts_with("jetcapture "))
      found.push_back(command);
    command.clear();
  }
  return found;
}

std::string first_block(const std::string &language) {
  const std::string readme = read_file(SOURCE_FOLDER "/README.md");
  const std::size_t begin = readme.find("```" + language + "\n") + language.size() + 4;
  return readme.substr(begin, readme.find("```", begin) - begin);
}

struct Orders {
  Server server;
  Client client{server.url()};
  Folder folder;
  int runs = 0;
  Orders() {
    client.make_stream("ORDERS", {"orders.>"});
    client.make_stream("ORDERS-COPY", {}, {{"mirror", {{"name", "ORDERS"}}}});
    client.publish(50, [](std::size_t i) {
      return Message{"orders.eu", R"({"id":)" + std::to_string(i) + R"(,"region":"eu"})"};
    });
  }
  // Runs it until it ends, or has begun to capture: then it is stopped. Its exit status.
  std::optional<int> run(std::string command) {
    const std::string shown = "nats://127.0.0.1:4222";
    if (const std::size_t at = command.find(shown); at != std::string::npos)
      command.replace(at, shown.size(), server.url());
    const std::string log = folder / ("run-" + std::to_string(runs++));
    Program program({"sh", "-c", "cd " + folder.path().string() + " && exec " + command}, log,
                    {{"PATH", std::filesystem::path(JETCAPTURE_BINARY).parent_path().string() + ":/usr/bin:/bin"},
                     {"STATE_DIRECTORY", folder / ("state-" + std::to_string(runs))}});
    const bool ends = command.find("--once") != std::string::npos;
    eventually(30s, [&] {
      return !program.running() || (!ends && program.output().find("msg=capturing") != std::string::npos);
    });
    program.signal(SIGTERM);
    const auto status = program.wait(30s);
    INFO(command, "\n", program.output());
    CHECK(status == 0);
    return status;
  }
};

} // namespace

TEST_CASE("every command of the README runs") {
  Orders orders;
  write_file(orders.folder / "capture.ini", "server = " + orders.server.url() + "\n" + first_block("ini"));
  write_file(orders.folder / "orders.ndjson", "{\"id\":1,\"region\":\"eu\"}\n");
  const std::filesystem::path protos = BUILD_FOLDER "/tests/protos";
  const bool has_protobuf = std::filesystem::exists(protos / "orders.pb");
  if (has_protobuf)
    for (const char *file : {"orders.pb", "order.bin"})
      std::filesystem::copy_file(protos / file, orders.folder / file);
  const bool has_parquet = std::filesystem::exists(std::string(JETCAPTURE_PLUGINS) + "/parquet.so");
  const auto needs_more = [&](const std::string &command) {
    return (!has_parquet && command.find("--writer parquet") != std::string::npos) ||
           (!has_protobuf && command.find("--decoder protobuf") != std::string::npos);
  };
  // The backup that some commands look into.
  orders.run("jetcapture --config capture.ini --create-consumer --once");
  const auto all = commands();
  REQUIRE(all.size() >= 7);
  for (const std::string &command : all)
    if (!needs_more(command))
      orders.run(command);
  CHECK_FALSE(files_below(orders.folder.path() / "export").empty());
}

TEST_CASE("the README's configuration file runs") {
  Orders orders;
  write_file(orders.folder / "capture.ini", first_block("ini"));
  orders.run("jetcapture --config capture.ini --create-consumer --once --server nats://127.0.0.1:4222");
  CHECK_FALSE(files_below(orders.folder.path() / "backup").empty());
}

TEST_CASE("the README's table has every flag that --help has, and no other") {
  Folder folder;
  Program help({JETCAPTURE_BINARY, "--help"}, folder / "help");
  REQUIRE(help.wait(10s) == 0);
  const auto flags_in = [](const std::string &text, const std::string &before) {
    std::vector<std::string> flags;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(before))
        flags.push_back(line.substr(before.size(), line.find_first_of(" ,`", before.size()) - before.size()));
    return flags;
  };
  CHECK(flags_in(help.output(), "  --") == flags_in(read_file(SOURCE_FOLDER "/README.md"), "| `--"));
}
