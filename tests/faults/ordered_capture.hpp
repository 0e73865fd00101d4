// Hosts with ordered delivery on one stream and one store, and what the done lines of their manifests hold.
#pragma once

#include "capture/host.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace jetcapture::test {

struct OrderedCapture {
  Server server;
  std::unique_ptr<Client> client = std::make_unique<Client>(server.url());
  Host first{server}; // its root is the store of all

  OrderedCapture() {
    client->make_stream("S", {"s.>"});
    first.state_dir = first.folder() / "state";
  }

  std::vector<std::string> flags(const std::vector<std::string> &more = {}, const std::string &takeover = "2s") const {
    std::vector<std::string> flags = {"--delivery",  "ordered", "--max-age",        "2s",    "--max-messages", "100",
                                      "--retry-min", "50ms",    "--takeover-after", takeover};
    flags.insert(flags.end(), {"--store-opt", "root=" + first.root()});
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
  }
  // Another host of the same capture.
  std::unique_ptr<Host> host() const {
    auto host = std::make_unique<Host>(server);
    host->state_dir = host->folder() / "state";
    return host;
  }

  // The first host owns the capture of what is published, has stored more than so many of it, and the second stands by.
  void begin_with_standby(Host &second, std::size_t messages, std::size_t stored,
                          const std::vector<std::string> &flags) {
    using namespace std::chrono_literals;
    client->publish(messages, over_three_subjects);
    first.start(flags);
    REQUIRE_MESSAGE(eventually(30s, [&] { return first.sequences().size() > stored; }), first.output());
    second.start(flags);
    REQUIRE_MESSAGE(eventually(30s, [&] { return stands_by(second); }), second.output());
  }

  // How often a block that is done has each sequence, as jetcapture ls tells.
  std::map<std::uint64_t, int> done() const {
    const std::string log = first.folder() / "ls.log";
    std::filesystem::remove(log); // what an earlier one has printed
    Program ls({JETCAPTURE_BINARY, "ls", "--json", "--store", "file", "--store-opt", "root=" + first.root()}, log);
    REQUIRE_MESSAGE(ls.wait(std::chrono::seconds(60)) == 0, ls.output());
    std::map<std::uint64_t, int> count;
    const nlohmann::json listed = nlohmann::json::parse(ls.output());
    for (const nlohmann::json &block : listed["blocks"]) {
      if (block["state"] != "done")
        continue;
      std::istringstream lines(first.text_of(block["name"]));
      for (std::string line; std::getline(lines, line);)
        count[nlohmann::json::parse(line)["sequence"].get<std::uint64_t>()]++;
    }
    return count;
  }
  // What jetcapture verify says: "" where it is good.
  std::string verify(std::vector<std::string> more = {}) const {
    std::vector<std::string> command = {JETCAPTURE_BINARY,      "verify", "--store", "file", "--store-opt",
                                        "root=" + first.root(), "--deep"};
    command.insert(command.end(), more.begin(), more.end());
    const std::string log = first.folder() / "verify.log";
    std::filesystem::remove(log);
    Program verify(command, log);
    const auto status = verify.wait(std::chrono::seconds(60));
    return status == 0 ? "" : "exit status " + std::to_string(status.value_or(-1)) + ": " + verify.output();
  }
  bool stands_by(const Host &host) const { return !host.lines_with("standing by until").empty(); }
};

} // namespace jetcapture::test
