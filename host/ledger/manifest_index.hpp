// An index of a chain: manifests that follow each other, the bytes of one behind those of the other, as one object. Who
// reads many manifests reads it in their place, by one request.
//
// It says nothing of its own. Each manifest has the hash of the one before it, so what an index gives for a manifest is
// that manifest exactly if the one behind it, which was proven before, says so. Who reads an index checks that.
#pragma once

#include "ledger/manifest.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// The numbers of its manifests, both included.
struct IndexRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool has(std::uint64_t number) const { return first <= number && number <= last; }
  auto operator<=>(const IndexRange &) const = default;
};

constexpr std::string_view index_suffix = ".index.zst";
// No index is larger, but for one of a single manifest.
constexpr std::uint64_t most_index_bytes = 16u << 20;

// "_manifest/ORDERS/backup/3f9a…/index/": behind the manifests of the chain in their order.
std::string index_folder_of(const std::string &chain_folder);
// "_manifest/ORDERS/backup/3f9a…/index/000000000001-000000014312.index.zst"
std::string index_name_of(const std::string &chain_folder, IndexRange range);
// first is 0: it is no index of that chain.
IndexRange index_range_in(const std::string &chain_folder, std::string_view name);

// Of these the ones to be read: the first begins with manifest 1, and each one behind the end of the one before it.
// Where several begin alike, the longest. Others are left out.
std::vector<IndexRange> indexes_from_the_first(std::vector<IndexRange> all);

class ManifestIndex {
public:
  // Throws ManifestError: they are more or fewer manifests, or cut off. The sentence says "it" for the index.
  ManifestIndex(IndexRange range, std::string bytes);

  IndexRange range() const { return range_; }
  // The bytes of the manifest of that number, which is in the range.
  std::string_view at(std::uint64_t number) const;

private:
  const IndexRange range_;
  const std::string bytes_;
  std::vector<std::size_t> ends_; // of each manifest
};

} // namespace jetcapture::host
