#include "audit/parts_seen.hpp"

#include <algorithm>

namespace jetcapture::host {

Life life_of(const ManifestHeader &header, Generations::EndedBy ended_by) {
  return {header.chain.stream, header.chain.capture, header.stream_created, header.epoch, ended_by};
}

PartsSeen::Seen PartsSeen::seen_own(std::uint64_t sequence, const std::string &host) const {
  if (!any_.contains(sequence))
    return Seen::no;
  const auto here = hosts_.find(host);
  const bool is_here =
      here != hosts_.end() && (here->second.own.contains(sequence) || here->second.shared.contains(sequence));
  return is_here ? Seen::here : Seen::elsewhere;
}

PartsSeen::Seen PartsSeen::seen_part(std::uint64_t sequence, const Place &place, const std::string &host) const {
  if (!any_.contains(sequence))
    return Seen::no;
  const auto has = [&](const Host &one) {
    const auto part = one.parts.find(place);
    return one.own.contains(sequence) || (part != one.parts.end() && part->second.contains(sequence));
  };
  const auto here = hosts_.find(host);
  if (here != hosts_.end() && has(here->second))
    return Seen::here;
  const bool elsewhere = std::any_of(hosts_.begin(), hosts_.end(), [&](const auto &one) { return has(one.second); });
  return elsewhere ? Seen::elsewhere : Seen::no;
}

void PartsSeen::count_part(const SharedMessage &message) {
  if (message.parts < 2)
    return;
  const auto [left, is_new] = missing_parts_.emplace(message.sequence, message.parts);
  if (--left->second == 0)
    missing_parts_.erase(left);
}

PartsSeen::Again PartsSeen::add(const BlockLine &line, const std::string &host) {
  Again again;
  const auto note = [&](Seen seen, std::uint64_t sequence) {
    if (seen == Seen::here)
      again.twice.push_back(sequence);
    if (seen == Seen::elsewhere)
      again.across.push_back(sequence);
  };
  Host &mine = hosts_[host];
  for (const std::uint64_t sequence : line.own) {
    note(seen_own(sequence, host), sequence);
    mine.own.insert(sequence);
    any_.insert(sequence);
  }
  if (line.shared.empty())
    return again;
  const Place place = {line.place.key, line.place.interval_start, line.place.quarantine};
  SequenceSet &part = mine.parts[place];
  for (const SharedMessage &message : line.shared) {
    const Seen seen = seen_part(message.sequence, place, host);
    note(seen, message.sequence);
    if (seen == Seen::no)
      count_part(message);
    part.insert(message.sequence);
    mine.shared.insert(message.sequence);
    any_.insert(message.sequence);
  }
  return again;
}

bool PartsSeen::has(std::uint64_t sequence) const {
  return any_.contains(sequence) && !missing_parts_.contains(sequence);
}

bool PartsSeen::has_all(const BlockLine &line) const {
  return std::all_of(line.own.begin(), line.own.end(), [&](std::uint64_t sequence) { return has(sequence); }) &&
         std::all_of(line.shared.begin(), line.shared.end(),
                     [&](const SharedMessage &message) { return has(message.sequence); });
}

std::vector<std::uint64_t> PartsSeen::in_part() const {
  std::vector<std::uint64_t> sequences;
  for (const auto &[sequence, left] : missing_parts_)
    sequences.push_back(sequence);
  return sequences;
}

} // namespace jetcapture::host
