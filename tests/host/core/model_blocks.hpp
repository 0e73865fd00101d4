// The blocks of a host in a model of the core: messages go into them, they are sealed, and go to the store one step at
// a time. They have no bytes: their parts stand beside them.
//
// The data of a message says what becomes of it: see random_order.hpp.
#pragma once

#include "blocks/block.hpp"
#include "commit/committer.hpp"
#include "jetcapture/payload.h"
#include "log/log.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace jetcapture::test {

host::Log &no_log();

class ModelBlocks {
public:
  using Part = std::tuple<std::uint64_t, std::int64_t, std::string>; // sequence, timestamp, key
  struct Sealed {
    host::SealedBlock block;
    std::vector<Part> parts;
    int steps = 0; // on its way: in the store's hands, there, told to the committer
  };

  // on_seal: gives a block its name, and says that it is sealed. The committer outlives it.
  ModelBlocks(host::Committer &committer, std::function<void(Sealed &)> on_seal)
      : committer_(committer), on_seal_(std::move(on_seal)) {}
  // Before the first message: the id of the next block.
  void begin(std::uint64_t next_id) { next_id_ = next_id; }

  // A message goes its way.
  void route(const jetcapture_message &message, host::Era era);
  // How many places have an open block; the one at that number ends.
  std::size_t open() const { return open_.size(); }
  void seal(std::size_t number);
  void seal_all();

  const std::vector<Sealed> &sealed() const { return sealed_; }
  // The sealed block at that number goes its next step. put: it is in the store from now on.
  void step(std::size_t number, const std::function<void(const Sealed &)> &put);

private:
  using Place = std::pair<std::int64_t, std::string>; // interval, key
  using Open = std::map<Place, Sealed>;
  Sealed &block_at(const Place &place, host::Era era);
  void seal(Open::iterator open);

  host::Committer &committer_;
  const std::function<void(Sealed &)> on_seal_;
  std::uint64_t next_id_ = 0;
  Open open_;
  std::vector<Sealed> sealed_;
};

} // namespace jetcapture::test
