#include "audit/compaction.hpp"

#include "audit/chain_walk.hpp"
#include "blocks/sha256.hpp"
#include "ledger/manifest.hpp"
#include "ledger/manifest_index.hpp"
#include "threads/in_order.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace jetcapture::host {

namespace {

constexpr std::int64_t nanoseconds_a_day = 86'400'000'000'000;
constexpr std::uint64_t most_bytes_ahead = 16u << 20;

std::int64_t day_of(std::int64_t time) {
  return time / nanoseconds_a_day;
}

struct ReadManifest {
  std::string bytes;
  ManifestHeader header;
  StoreAnswer answer;
  std::string damage; // a sentence; empty: there is none
};

ReadManifest read_manifest(const StoreReader &reader, const ListedChain &chain, const ChainManifest &place) {
  ReadManifest read;
  read.answer = reader.read(chain.name_of(place), most_manifest_bytes, read.bytes);
  if (!read.answer.ok())
    return read;
  try {
    read.header = decode_manifest_outline(read.bytes).manifest;
    if (folder_of(read.header.chain) != chain.folder || read.header.number != place.number)
      read.damage = "is not the manifest that its name says";
  } catch (const ManifestError &error) {
    read.damage = std::string("is damaged: ") + error.what();
  }
  return read;
}

// The manifests of one chain, taken in their order, as they gather to an index.
class IndexWriter {
public:
  IndexWriter(const ListedChain &chain, const CompactionOptions &options, Compaction &compaction, Findings &findings)
      : chain_(chain), options_(options), compaction_(compaction), findings_(findings) {}

  // It follows the one that was taken last, which is proven by that. False: nothing more goes into an index now.
  bool take(ReadManifest manifest) {
    if (last_ && !add(*last_))
      return false;
    last_ = std::move(manifest);
    return true;
  }
  // There is none behind the one that was taken last, which stays out: nothing proves it.
  void end() {
    if (has_enough() && is_over())
      put();
  }

private:
  bool add(const ReadManifest &manifest) {
    const std::int64_t day = day_of(manifest.header.written);
    const bool is_full = (day != day_ && has_enough()) || bytes_.size() + manifest.bytes.size() > most_index_bytes;
    if (!bytes_.empty() && is_full) {
      if (!is_over() || !put())
        return false;
      bytes_.clear();
    }
    if (bytes_.empty()) {
      range_.first = manifest.header.number;
      day_ = day;
    }
    range_.last = manifest.header.number;
    day_ = std::max(day_, day);
    bytes_ += manifest.bytes;
    return true;
  }

  bool has_enough() const { return !bytes_.empty() && range_.last - range_.first + 1 >= manifests_of_an_index; }
  bool is_over() const { return day_ < day_of(options_.now); }

  bool put() {
    const std::string name = index_name_of(chain_.folder, range_);
    const StoreAnswer answer = options_.put(name, bytes_);
    if (!answer.ok() && answer.status != JETCAPTURE_EXISTS) {
      findings_.add({Verdict::unknown, "index_not_written", name, "can't be put: " + answer.reason, {}});
      return false;
    }
    const std::uint64_t manifests = range_.last - range_.first + 1;
    compaction_.in_none -= manifests;
    // Another compaction was faster.
    if (answer.ok()) {
      compaction_.indexes++;
      compaction_.manifests += manifests;
      compaction_.bytes += bytes_.size();
    }
    return true;
  }

  const ListedChain &chain_;
  const CompactionOptions &options_;
  Compaction &compaction_;
  Findings &findings_;
  IndexRange range_;
  std::int64_t day_ = 0; // the latest one
  std::string bytes_;
  std::optional<ReadManifest> last_; // is not in them yet
};

class ChainCompaction {
public:
  ChainCompaction(const StoreReader &reader, const ListedChain &chain, const CompactionOptions &options,
                  Compaction &compaction, Findings &findings)
      : reader_(reader), chain_(chain), options_(options), compaction_(compaction), findings_(findings) {}

  void run() {
    const std::vector<IndexRange> indexes = indexes_from_the_first(chain_.indexes);
    const std::uint64_t done = indexes.empty() ? 0 : indexes.back().last;
    const auto begin =
        std::upper_bound(chain_.manifests.begin(), chain_.manifests.end(), done,
                         [](std::uint64_t number, const ChainManifest &manifest) { return number < manifest.number; });
    const std::size_t before = static_cast<std::size_t>(begin - chain_.manifests.begin());
    compaction_.in_none += chain_.manifests.size() - before;
    const std::size_t count = following(before, done);
    const auto place_of = [&](std::size_t i) -> const ChainManifest & { return chain_.manifests[before + i]; };
    InOrder<ReadManifest> manifests(
        count, options_.threads, {4 * options_.threads, most_bytes_ahead},
        [&](std::size_t i) { return place_of(i).bytes; },
        [&](std::size_t i) { return read_manifest(reader_, chain_, place_of(i)); });
    IndexWriter writer(chain_, options_, compaction_, findings_);
    std::optional<Sha256> previous;
    for (std::size_t i = 0; std::optional<ReadManifest> manifest = manifests.next(); i++) {
      if (!is_good(place_of(i), *manifest, previous))
        return;
      previous = sha256_of(manifest->bytes);
      options_.progress(i + 1, count);
      if (!writer.take(std::move(*manifest)))
        return;
    }
    writer.end();
  }

private:
  // How many manifests follow each other from that place on, behind the number that is in an index.
  std::size_t following(std::size_t begin, std::uint64_t done) {
    for (std::size_t i = begin; i < chain_.manifests.size(); i++) {
      const ChainManifest &manifest = chain_.manifests[i];
      if (!manifest.name_end.empty()) {
        findings_.add({Verdict::good,
                       "not_fenced",
                       chain_.folder,
                       "is of a store that replaces objects, so its manifests go into no index",
                       {}});
        return i - begin;
      }
      if (manifest.number != done + 1 + (i - begin)) {
        findings_.add(
            {Verdict::wrong,
             "manifest_missing",
             chain_.folder,
             "has no manifest " + std::to_string(manifest.number - 1) + ": what is behind it goes into no index",
             {}});
        return i - begin;
      }
    }
    return chain_.manifests.size() - begin;
  }

  bool is_good(const ChainManifest &place, const ReadManifest &manifest, const std::optional<Sha256> &previous) {
    const std::string name = chain_.name_of(place);
    if (!manifest.answer.ok()) {
      findings_.add({Verdict::unknown, "manifest_unreadable", name, "can't be read: " + manifest.answer.reason, {}});
      return false;
    }
    if (!manifest.damage.empty()) {
      findings_.add({Verdict::wrong, "manifest_damaged", name, manifest.damage, {}});
      return false;
    }
    if (previous && *previous != manifest.header.previous) {
      findings_.add(
          {Verdict::wrong, "chain_broken", name, "was not written after the manifest that is before it now", {}});
      return false;
    }
    return true;
  }

  const StoreReader &reader_;
  const ListedChain &chain_;
  const CompactionOptions &options_;
  Compaction &compaction_;
  Findings &findings_;
};

} // namespace

Compaction compact(const StoreReader &reader, const std::vector<ListedChain> &chains, const CompactionOptions &options,
                   Findings &findings) {
  Compaction compaction;
  compaction.chains = chains.size();
  for (const ListedChain &chain : chains)
    ChainCompaction(reader, chain, options, compaction, findings).run();
  return compaction;
}

} // namespace jetcapture::host
