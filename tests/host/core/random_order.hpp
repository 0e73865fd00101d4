// One random order of events around a shared committer: messages, blocks, confirmations, time, crashes of server and
// host. Then all is drained, and what was promised is checked.
//
// The data of a message says what becomes of it: each letter is the key of a part; "" is filtered, "!" terminated, "?"
// quarantined.
#pragma once

#include "host/core/fake_delivery.hpp"
#include "host/core/fake_stages.hpp"
#include "host/core/model_blocks.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace jetcapture::test {

// What was promised and not kept: one sentence.
struct BrokenPromise : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class RandomOrder {
public:
  struct Plan {
    std::uint64_t seed = 1;
    std::size_t hosts = 1;
    bool loses_end = false;  // restarts of the server may lose the stream's last messages
    bool has_ledger = false; // and a killed host may lose its state folder
  };
  // The hosts' state is below that folder.
  RandomOrder(const Plan &plan, const std::filesystem::path &folder);
  ~RandomOrder();

  // Throws BrokenPromise.
  void run(std::size_t steps);
  // What was done, one step a line.
  std::string told() const;

private:
  class Host;
  using Part = ModelBlocks::Part;

  std::uint64_t any(std::uint64_t below) { return random_() % below; }
  void step();
  void step_of(std::size_t number);
  void start(std::size_t number);
  void tell(const std::string &what) { steps_.push_back(what); }
  void check_ack(const FakeMessage &message, bool terminated) const;
  void drain();
  void check_all();
  void check_done_lines() const;
  // A put of a host that is dead now reaches the store.
  void land_late_put();

  std::mt19937_64 random_;
  const Plan plan_;
  const std::filesystem::path folder_;
  FakeClock clock_;
  FakeServer server_;
  std::map<std::string, std::vector<Part>> store_; // objects by name
  std::map<Part, std::size_t> parts_;              // how many objects have it
  FakeStore manifests_;
  std::vector<std::pair<std::string, std::vector<Part>>> late_puts_;
  std::vector<std::size_t> lives_; // of each host: how many state folders it has had
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::string> steps_;
};

} // namespace jetcapture::test
