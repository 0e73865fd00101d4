#include "audit/read_indexes.hpp"

#include "audit/chain_walk.hpp"
#include "blocks/sha256.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

constexpr std::uint64_t most_index_object = most_manifest_bytes + most_index_bytes;
constexpr std::string_view remedy = ": remove it, and run jetcapture ledger compact";

// Why there is no index to be read.
struct Unusable {
  Verdict verdict;
  std::string why;
};

AuditFinding finding_of(std::string name, const Unusable &unusable) {
  if (unusable.verdict == Verdict::unknown)
    return {Verdict::unknown, "index_unreadable", std::move(name), "can't be read: " + unusable.why, {}};
  return {Verdict::wrong, "index_damaged", std::move(name), unusable.why + std::string(remedy), {}};
}

// Throws Unusable.
std::shared_ptr<const ManifestIndex> read_index(const StoreReader &reader, const ListedChain &chain, IndexRange range) {
  std::string bytes;
  const StoreAnswer answer = reader.read(index_name_of(chain.folder, range), most_index_object, bytes);
  if (answer.status == JETCAPTURE_BAD_DATA)
    throw Unusable{Verdict::wrong, "is no index: " + answer.reason};
  if (!answer.ok())
    throw Unusable{Verdict::unknown, answer.reason};
  try {
    return std::make_shared<const ManifestIndex>(range, std::move(bytes));
  } catch (const ManifestError &error) {
    throw Unusable{Verdict::wrong, std::string("is damaged: ") + error.what()};
  }
}

std::string other_manifest(std::uint64_t number) {
  return "has other bytes for manifest " + std::to_string(number) + " than its chain";
}

} // namespace

ReadIndexes::ReadIndexes(const StoreReader &reader, const ListedChain &chain) : reader_(reader), chain_(chain) {
  for (const IndexRange &range : indexes_from_the_first(chain.indexes)) {
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->range = range;
  }
}

ReadIndexes::Slot *ReadIndexes::slot_of(std::uint64_t number) {
  const auto found =
      std::find_if(slots_.begin(), slots_.end(), [&](const auto &slot) { return slot->range.has(number); });
  return found == slots_.end() ? nullptr : found->get();
}

void ReadIndexes::read(Slot &slot) const {
  slot.is_read = true;
  try {
    slot.index = read_index(reader_, chain_, slot.range);
  } catch (const Unusable &unusable) {
    slot.verdict = unusable.verdict;
    slot.why = unusable.why;
  }
}

std::shared_ptr<const ManifestIndex> ReadIndexes::of(std::uint64_t number) {
  Slot *slot = slot_of(number);
  if (slot == nullptr)
    return nullptr;
  const std::lock_guard lock(slot->mutex);
  if (!slot->is_read)
    read(*slot);
  return slot->index;
}

void ReadIndexes::taken(std::uint64_t number, bool is_wrong, Findings &findings) {
  Slot *slot = slot_of(number);
  if (slot == nullptr)
    return;
  const std::lock_guard lock(slot->mutex);
  if (is_wrong && slot->verdict == Verdict::good) {
    slot->verdict = Verdict::wrong;
    slot->why = other_manifest(number);
  }
  const std::string name = index_name_of(chain_.folder, slot->range);
  if (slot->verdict != Verdict::good && !std::exchange(slot->is_told, true))
    findings.add(finding_of(name, {slot->verdict, slot->why}));
  if (is_wrong || number == slot->range.first)
    slot->index.reset();
}

void check_indexes(const StoreReader &reader, const ListedChain &chain, const std::map<std::uint64_t, Sha256> &sha256,
                   Findings &findings) {
  const std::uint64_t last = chain.manifests.empty() ? 0 : chain.manifests.back().number;
  for (const IndexRange &range : chain.indexes) {
    const std::string name = index_name_of(chain.folder, range);
    try {
      const std::shared_ptr<const ManifestIndex> index = read_index(reader, chain, range);
      for (auto one = sha256.lower_bound(range.first); one != sha256.end() && one->first <= range.last; ++one)
        if (sha256_of(index->at(one->first)) != one->second)
          throw Unusable{Verdict::wrong, other_manifest(one->first)};
    } catch (const Unusable &unusable) {
      findings.add(finding_of(name, unusable));
      continue;
    }
    if (range.last > last)
      findings.add({Verdict::wrong,
                    "manifest_missing",
                    chain.folder,
                    "has no manifests " + std::to_string(std::max(last + 1, range.first)) + " to " +
                        std::to_string(range.last) + ", which stand in the index " + name,
                    {}});
  }
}

} // namespace jetcapture::host
