#include "audit/ordered_reach.hpp"

#include "ledger/claims_floor.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

// Puts them in order, and makes one of those that have the same filters.
std::vector<FilteredRange> joined(std::vector<FilteredRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const FilteredRange &one, const FilteredRange &other) { return one.first < other.first; });
  std::vector<FilteredRange> all;
  for (FilteredRange &range : ranges)
    if (all.empty() || all.back().filters != range.filters)
      all.push_back(std::move(range));
  // Whatever is between two of them, and before and behind all, goes with the one before it.
  for (std::size_t i = 0; i < all.size(); i++) {
    all[i].first = i == 0 ? 0 : all[i].first;
    all[i].last = i + 1 < all.size() ? all[i + 1].first - 1 : UINT64_MAX;
  }
  std::erase_if(all, [](const FilteredRange &range) { return range.first > range.last; });
  return all;
}

} // namespace

void OrderedReaches::take(const Manifest &manifest, const Generations &generations) {
  if (!is_ordered(manifest.chain))
    return;
  Capture &capture = captures_[{manifest.chain.stream, manifest.chain.capture}];
  const auto [part, is_last] = capture.parts.try_emplace(manifest.chain.host);
  if (is_last)
    part->second.last = manifest;
  const auto see = [&](std::uint64_t sequence, std::int64_t timestamp) {
    if (sequence <= generations.current_up_to() && timestamp > capture.newest_timestamp) {
      capture.newest_sequence = sequence;
      capture.newest_timestamp = timestamp;
    }
  };
  for (const BlockLine &line : manifest.lines)
    see(line.last_sequence, line.last_sequence_timestamp);
  if (manifest.rewound_to)
    see(*manifest.rewound_to, manifest.rewound_to_timestamp);
  note_filters(manifest, part->second);
  if (manifest.chain.host == ordered_chain)
    capture.begins_behind = manifest.floor;
}

// A run reads what is behind the floor of the one before it.
void OrderedReaches::note_filters(const ManifestHeader &header, Part &part) {
  if (header.floor >= part.floor)
    return;
  part.floor = header.floor;
  if (part.ranges.empty() || part.ranges.back().filters != header.filters)
    part.ranges.push_back({.filters = header.filters});
  part.ranges.back().first = header.floor + 1;
}

std::vector<OrderedReach> OrderedReaches::all() const {
  std::vector<OrderedReach> all;
  for (const auto &[name, capture] : captures_) {
    if (!capture.parts.contains(std::string(ordered_chain)))
      continue;
    std::map<std::string, ManifestHeader> last;
    std::vector<FilteredRange> ranges;
    for (const auto &[host, part] : capture.parts) {
      last.emplace(host, part.last);
      ranges.insert(ranges.end(), part.ranges.begin(), part.ranges.end());
    }
    all.push_back({.stream = name.first,
                   .capture = name.second,
                   .begins_behind = capture.begins_behind,
                   .floor = floor_of_claims(last),
                   .ranges = joined(std::move(ranges)),
                   .newest_sequence = capture.newest_sequence,
                   .newest_timestamp = capture.newest_timestamp});
  }
  return all;
}

} // namespace jetcapture::host
