#include "ledger/batch.hpp"

#include "ledger/sequence_runs.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>

namespace jetcapture::host {

namespace {

// In a manifest, unless one block has more. What is being made of them takes some 30 bytes of memory for each.
constexpr std::uint64_t most_messages = 250'000;

std::vector<std::uint64_t> ascending(const SequenceList &list) {
  std::vector<std::uint64_t> sequences;
  sequences.reserve(list.size());
  list.for_each([&](std::uint64_t sequence) { sequences.push_back(sequence); });
  // As a rule they come so.
  if (!std::is_sorted(sequences.begin(), sequences.end()))
    std::sort(sequences.begin(), sequences.end());
  return sequences;
}

BlockLine line_of(const SealedBlock &block) {
  BlockLine line = {.name = block.name,
                    .bytes = block.body->size(),
                    .sha256 = block.body->sha256(),
                    .written_bytes = block.written_bytes,
                    .payloads = block.payloads,
                    .reason = std::string(to_string(block.reason)),
                    .place = block.place,
                    .first_sequence = block.first_sequence,
                    .last_sequence = block.last_sequence,
                    .last_sequence_timestamp = block.last_sequence_timestamp,
                    .first_timestamp = block.first_timestamp,
                    .last_timestamp = block.last_timestamp,
                    .own = ascending(block.own),
                    .shared = {}};
  std::size_t i = 0;
  block.shared.for_each([&](std::uint64_t sequence) {
    line.shared.push_back({sequence, i < block.shared_parts.size() ? block.shared_parts[i] : 0});
    i++;
  });
  std::sort(line.shared.begin(), line.shared.end(),
            [](const SharedMessage &one, const SharedMessage &other) { return one.sequence < other.sequence; });
  return line;
}

std::vector<SequenceRun> runs_of(std::vector<std::uint64_t> &sequences) {
  std::sort(sequences.begin(), sequences.end());
  std::vector<SequenceRun> runs;
  for (const std::uint64_t sequence : sequences)
    if (!runs.empty() && sequence <= runs.back().last + 1)
      runs.back().last = sequence;
    else
      runs.push_back({sequence, sequence});
  return runs;
}

std::vector<LineRun> line_runs_of(std::vector<LinePlace> &places) {
  std::sort(places.begin(), places.end());
  std::vector<LineRun> runs;
  for (const LinePlace &place : places)
    if (!runs.empty() && runs.back().manifest == place.manifest && place.place <= runs.back().last + 1)
      runs.back().last = place.place;
    else
      runs.push_back({place.manifest, place.place, place.place});
  return runs;
}

} // namespace

LedgerBatch LedgerBatch::take() {
  std::uint64_t messages = 0;
  auto end = blocks.begin();
  while (end != blocks.end() && (messages == 0 || messages + (*end)->messages() <= most_messages))
    messages += (*end++)->messages();
  std::vector<std::shared_ptr<SealedBlock>> later(std::make_move_iterator(end), std::make_move_iterator(blocks.end()));
  blocks.erase(end, blocks.end());
  LedgerBatch taken = std::exchange(*this, {});
  blocks = std::move(later);
  if (!blocks.empty())
    std::swap(ends, taken.ends);
  return taken;
}

void LedgerBatch::write_into(Manifest &manifest) {
  std::uint64_t first = UINT64_MAX;
  std::uint64_t last = 0;
  const auto see = [&](std::uint64_t low, std::uint64_t high) {
    first = std::min(first, low);
    last = std::max(last, high);
  };
  for (const std::shared_ptr<SealedBlock> &block : blocks) {
    manifest.lines.push_back(line_of(*block));
    see(block->first_sequence, block->last_sequence);
  }
  manifest.filtered = runs_of(filtered);
  manifest.terminated = runs_of(terminated);
  manifest.absent = std::move(absent);
  manifest.skipped = std::move(skipped);
  merge(manifest.absent);
  merge(manifest.skipped);
  for (const auto *runs : {&manifest.filtered, &manifest.terminated, &manifest.absent, &manifest.skipped})
    if (!runs->empty())
      see(runs->front().first, runs->back().last);
  manifest.configurations = std::move(configurations);
  manifest.done = line_runs_of(done);
  manifest.voided = line_runs_of(lost);
  manifest.ends = ends;
  manifest.first_sequence = last == 0 ? 0 : first;
  manifest.last_sequence = last;
}

} // namespace jetcapture::host
