// Hosts with ordered delivery on one stream and one store, and what the done lines of their manifests hold.
#pragma once

#include "capture/host.hpp"
#include "faults/backup_of.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
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

  // How often a block that is done has each sequence.
  std::map<std::uint64_t, int> done() const { return first.sequences_in(BackupOf(first).done_blocks()); }
  // What jetcapture verify says: "" where it is good.
  std::string verify(const std::vector<std::string> &more = {}) const { return BackupOf(first).verify(more); }
  bool stands_by(const Host &host) const { return !host.lines_with("standing by until").empty(); }
};

} // namespace jetcapture::test
