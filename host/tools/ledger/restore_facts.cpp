#include "tools/ledger/restore_facts.hpp"

#include "audit/chain_walk.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace jetcapture::host {

namespace {

struct Known {
  std::int64_t written = 0; // of the manifest that has it
  std::string json;
};

// What is known of the stream.
struct Life {
  std::int64_t consumers_since = 0; // the newest manifest that has all consumers; 0: none
  Known stream;
  std::map<std::string, Known> consumers;
  std::map<std::string, std::uint64_t> ack_floors; // by capture, which is the consumer's name
  std::uint64_t last_sequence = 0;

  void take(const Manifest &manifest) {
    last_sequence = std::max({last_sequence, manifest.highest_sequence, manifest.floor});
    std::uint64_t &floor = ack_floors[manifest.chain.capture];
    floor = std::max(floor, manifest.ack_floor);
    take_configurations(manifest);
  }

private:
  static void keep_newer(Known &known, const Known &one) {
    if (known.json.empty() || one.written > known.written)
      known = one;
  }

  void take_configurations(const Manifest &manifest) {
    bool all_known = manifest.kind == ManifestHeader::Kind::start && !manifest.configurations.empty();
    for (const ManifestConfiguration &one : manifest.configurations) {
      if (one.of == "stream")
        keep_newer(stream, {manifest.written, one.json});
      else if (one.of == "consumer")
        keep_newer(consumers[one.name], {manifest.written, one.json});
      else if (one.of == "consumers")
        all_known = false;
    }
    if (all_known)
      consumers_since = std::max(consumers_since, manifest.written);
  }
};

RestoreFacts facts_of(const std::string &created, const Life &life) {
  RestoreFacts facts;
  facts.created = created;
  facts.configuration = life.stream.json;
  facts.last_sequence = life.last_sequence;
  for (const auto &[name, known] : life.consumers) {
    if (known.written < life.consumers_since)
      continue; // it was not there any more
    const auto floor = life.ack_floors.find(name);
    const bool has_floor = floor != life.ack_floors.end() && floor->second > 0;
    facts.consumers.push_back({name, known.json, has_floor ? floor->second + 1 : 0});
  }
  return facts;
}

} // namespace

RestoreFacts read_restore_facts(BackupStore &backup, const std::string &created) {
  Life life;
  Findings told; // by those who read the blocks
  CountLine line;
  const FoundChains found = find_chains(backup, told, line);
  WalkOptions walking;
  walking.through_indexes = true;
  walking.with_sequences = [](const Manifest &) { return false; };
  std::uint64_t done = 0;
  for (const ListedChain &chain : found.chains)
    walk(backup.reader(), chain, walking, told, [&](const WalkedManifest &walked) {
      line.show("manifests", ++done, 0);
      if (walked.manifest.chain.host != commands_chain && walked.manifest.stream_created == created)
        life.take(walked.manifest);
    });
  return facts_of(created, life);
}

} // namespace jetcapture::host
