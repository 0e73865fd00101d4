// A chain of ordered delivery in a store in memory, which a test writes.
#pragma once

#include "blocks/sha256.hpp"
#include "host/core/fake_stages.hpp"
#include "ledger/ordered_chain.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <fcntl.h>

namespace jetcapture::test {

constexpr const char *created = "2026-01-01T00:00:00Z";

class OrderedChains {
public:
  // The next manifest, with a line of one message for each pair of sequence and timestamp.
  void put(std::uint64_t floor, const std::vector<std::pair<std::uint64_t, std::int64_t>> &messages,
           const std::string &run = "run", bool ends = false, const std::string &owner = "") {
    host::Chain chain(stage, {"S", "C", std::string(host::ordered_chain)}, run, std::chrono::minutes(1));
    const std::uint64_t last = chain.find_last();
    chain.go_on_from(last + 1, last == 0 ? host::Sha256{} : host::sha256_of(chain.read(last).value_or("")));
    host::Manifest manifest;
    manifest.stream_created = created;
    manifest.floor = floor;
    manifest.ends = ends;
    manifest.owner = owner;
    manifest.options = "options";
    manifest.path_template = host::Settings().path_template;
    manifest.interval = host::Settings().max_age.count();
    for (const auto &[sequence, timestamp] : messages) {
      host::BlockLine line;
      line.name = "object " + std::to_string(sequence);
      line.own = {sequence};
      line.first_sequence = line.last_sequence = sequence;
      line.last_sequence_timestamp = timestamp;
      manifest.lines.push_back(line);
      manifest.highest_sequence = std::max(manifest.highest_sequence, sequence);
    }
    chain.put(chain.prepare(manifest));
  }
  host::OrderedChain chain() const { return {stage, "S", "C", std::chrono::minutes(1)}; }

  FakeStore store;
  host::Log log{host::Level::error, host::LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  std::atomic<bool> cancelled = false;
  const host::Store stage{
      FakeStore::description(FakeStore::Kind::complete), host::StageKind::store, store.options(), "", log, cancelled};
};

} // namespace jetcapture::test
