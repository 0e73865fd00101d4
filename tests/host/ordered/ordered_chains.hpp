// A chain of ordered delivery in a store in memory, which a test writes.
#pragma once

#include "blocks/sha256.hpp"
#include "host/core/fake_stages.hpp"
#include "ledger/ordered_chain.hpp"
#include "settings/settings.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
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
    put_into(std::string(host::ordered_chain), floor, messages, run, ends, owner);
  }
  // The same into the chain of a claim of ten sequences, the last of which is that one.
  void put_claim(std::uint64_t last, std::uint64_t floor,
                 const std::vector<std::pair<std::uint64_t, std::int64_t>> &messages = {},
                 const std::string &run = "run", bool ends = false) {
    claim_last = last;
    put_into(last == first_claim ? std::string(host::ordered_chain) : host::claim_chain(last / 10 - 1), floor, messages,
             run, ends);
    claim_last = 0;
  }
  void put_into(const std::string &host, std::uint64_t floor,
                const std::vector<std::pair<std::uint64_t, std::int64_t>> &messages, const std::string &run, bool ends,
                const std::string &owner = "") {
    host::Chain chain(stage, {"S", "C", host}, run, std::chrono::minutes(1));
    const std::uint64_t last = chain.find_last();
    chain.go_on_from(last + 1, last == 0 ? host::Sha256{} : host::sha256_of(chain.read(last).value_or("")));
    host::Manifest manifest;
    manifest.stream_created = created;
    manifest.floor = floor;
    manifest.begins_at = begins_at;
    manifest.rewound_to = rewound_to;
    manifest.rewound_to_timestamp = rewound_to_timestamp;
    manifest.claim_messages = claim_last > 0 ? 10 : 0;
    manifest.claim_last = claim_last;
    if (rewound_to)
      manifest.kind = host::ManifestHeader::Kind::start;
    manifest.ends = ends;
    manifest.owner = owner;
    manifest.options = "options";
    manifest.path_template = host::Settings().path_template;
    manifest.interval = host::Settings().max_age.count();
    manifest.path_null = host::Settings().path_null;
    manifest.on_decode_error = on_decode_error;
    for (const auto &[sequence, timestamp] : messages) {
      host::BlockLine line;
      line.name = "object " + std::to_string(sequence);
      line.own = {sequence};
      line.first_sequence = line.last_sequence = sequence;
      line.last_sequence_timestamp = timestamp;
      manifest.lines.push_back(line);
      highest_[host] = std::max(highest_[host], sequence);
    }
    highest_[host] = std::min(highest_[host], rewound_to.value_or(UINT64_MAX));
    manifest.highest_sequence = highest_[host];
    chain.put(chain.prepare(manifest));
  }
  host::OrderedChain chain() const { return {stage, "S", "C", std::chrono::minutes(1)}; }

  std::uint64_t first_claim = 10; // the last sequence of the first claim
  std::uint64_t claim_last = 0;
  std::uint64_t begins_at = 0; // of the capture
  std::string on_decode_error = "quarantine";
  std::optional<std::uint64_t> rewound_to = {};
  std::int64_t rewound_to_timestamp = 0;
  FakeStore store;
  host::Log log{host::Level::error, host::LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  std::atomic<bool> cancelled = false;
  const host::Store stage{
      FakeStore::description(FakeStore::Kind::complete), host::StageKind::store, store.options(), "", log, cancelled};

private:
  std::map<std::string, std::uint64_t> highest_; // sequence, by host
};

} // namespace jetcapture::test
