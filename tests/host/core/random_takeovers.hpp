// One random order of events around hosts with ordered delivery: messages come and vanish, blocks are stored, hosts are
// killed, take over, and go on without knowing that they were overtaken; answers of the store are lost, and puts reach
// it late. With claims several hosts work at once. Then the last owners store all, and what was promised is checked by
// who reads the manifests alone.
//
// The data of messages are as in random_order.hpp.
#pragma once

#include "host/core/fake_ordered_delivery.hpp"
#include "host/core/fake_stages.hpp"
#include "host/core/model_blocks.hpp"
#include "host/core/random_order.hpp"
#include "ledger/manifest.hpp"
#include "ordered/start.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace jetcapture::test {

class RandomTakeovers {
public:
  struct Plan {
    std::uint64_t seed = 1;
    bool loses_end = false;   // the stream may lose its last messages
    std::uint64_t claims = 0; // how many messages each claim has, from some moment on; 0: there are none
  };
  explicit RandomTakeovers(const Plan &plan);
  ~RandomTakeovers();

  // Throws BrokenPromise.
  void run(std::size_t steps);
  // What was done, one step a line.
  std::string told() const;

private:
  class Host;
  using Part = ModelBlocks::Part;

  std::uint64_t any(std::uint64_t below) { return random_() % below; }
  void tell(const std::string &what) { steps_.push_back(what); }
  void step();
  void stream_step();
  void step_of(std::size_t number);
  void begin_host();
  host::OrderedStart find_start();
  std::optional<host::OrderedStart> find_claim(bool takes_over);
  void begin_host(const host::OrderedStart &start);
  void end_host(std::size_t number);
  void land_late_puts();
  void drain();
  void drain_all_claims();
  void drain_last_host();
  void check() const;
  using ChainOf = std::map<std::uint64_t, host::Manifest>; // by number
  void check_chain(const ChainOf &chain, std::map<Part, std::size_t> &done,
                   std::map<std::uint64_t, std::string> &passed) const;
  void check_generations(const ChainOf &chain) const;
  void check_stream(const std::map<Part, std::size_t> &done, const std::map<std::uint64_t, std::string> &passed) const;

  std::mt19937_64 random_;
  const Plan plan_;
  FakeClock clock_;
  FakeServer server_;
  std::map<std::uint64_t, FakeMessage> published_; // the newest of each sequence
  std::map<std::string, std::vector<Part>> store_; // objects by name
  FakeStore manifests_;
  std::vector<std::pair<std::string, std::vector<Part>>> late_puts_;
  std::vector<std::unique_ptr<Host>> hosts_; // the last one has begun last
  std::optional<host::OrderedStart> found_;  // by a host that is about to begin there
  std::string last_run_;                     // that was killed
  bool in_claims_ = false;                   // from now on
  std::vector<std::string> steps_;
};

} // namespace jetcapture::test
