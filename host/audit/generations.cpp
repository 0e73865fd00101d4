#include "audit/generations.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

// The messages of a line that are wanted.
template <class Wanted>
BlockLine part_of(const BlockLine &line, Wanted &&wanted) {
  BlockLine part = line;
  std::erase_if(part.own, [&](std::uint64_t sequence) { return !wanted(sequence); });
  std::erase_if(part.shared, [&](const SharedMessage &message) { return !wanted(message.sequence); });
  part.first_sequence = UINT64_MAX;
  part.last_sequence = 0;
  const auto see = [&](std::uint64_t first, std::uint64_t last) {
    part.first_sequence = std::min(part.first_sequence, first);
    part.last_sequence = std::max(part.last_sequence, last);
  };
  if (!part.own.empty())
    see(part.own.front(), part.own.back());
  if (!part.shared.empty())
    see(part.shared.front().sequence, part.shared.back().sequence);
  return part;
}

} // namespace

void Generations::pass(const ManifestHeader &header) {
  if (!header.rewound_to)
    return;
  rewinds_.push_back({header.number, *header.rewound_to});
  current_up_to_ = std::min(current_up_to_, *header.rewound_to);
}

// It was lost at the first rewind behind its manifest that went back before it.
Generations::EndedBy Generations::of(std::uint64_t sequence) const {
  const auto ended =
      std::find_if(rewinds_.rbegin(), rewinds_.rend(), [&](const Rewind &rewind) { return sequence > rewind.to; });
  return ended == rewinds_.rend() ? current : ended->manifest;
}

std::vector<Generations::Part> Generations::parts_of(const BlockLine &line) const {
  std::vector<Part> parts;
  const auto add = [&](EndedBy ended_by) {
    BlockLine part = part_of(line, [&](std::uint64_t sequence) { return of(sequence) == ended_by; });
    if (part.messages() > 0)
      parts.push_back({ended_by, std::move(part)});
  };
  add(current);
  for (const Rewind &rewind : rewinds_)
    add(rewind.manifest);
  return parts;
}

} // namespace jetcapture::host
