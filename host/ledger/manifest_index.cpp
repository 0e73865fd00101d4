#include "ledger/manifest_index.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <zstd.h>

namespace jetcapture::host {

std::string index_folder_of(const std::string &chain_folder) {
  return chain_folder + "index/";
}

std::string index_name_of(const std::string &chain_folder, IndexRange range) {
  char numbers[48];
  std::snprintf(numbers, sizeof numbers, "%012llu-%012llu", static_cast<unsigned long long>(range.first),
                static_cast<unsigned long long>(range.last));
  return index_folder_of(chain_folder) + numbers + std::string(index_suffix);
}

IndexRange index_range_in(const std::string &chain_folder, std::string_view name) {
  const std::string folder = index_folder_of(chain_folder);
  if (!name.starts_with(folder))
    return {};
  unsigned long long first = 0;
  unsigned long long last = 0;
  const std::string numbers(name.substr(folder.size()));
  const bool has_both = std::sscanf(numbers.c_str(), "%llu-%llu", &first, &last) == 2;
  const IndexRange range = {first, last};
  const bool is_one = has_both && first > 0 && first <= last && index_name_of(chain_folder, range) == name;
  return is_one ? range : IndexRange{};
}

std::vector<IndexRange> indexes_from_the_first(std::vector<IndexRange> all) {
  std::sort(all.begin(), all.end());
  std::vector<IndexRange> chosen;
  for (const IndexRange &range : all) {
    if (!chosen.empty() && range.first == chosen.back().first)
      chosen.back() = range;
    else if (range.first == (chosen.empty() ? 1 : chosen.back().last + 1))
      chosen.push_back(range);
  }
  return chosen;
}

ManifestIndex::ManifestIndex(IndexRange range, std::string bytes) : range_(range), bytes_(std::move(bytes)) {
  const std::uint64_t count = range.last - range.first + 1;
  for (std::size_t at = 0; at < bytes_.size();) {
    const std::size_t size = ZSTD_findFrameCompressedSize(bytes_.data() + at, bytes_.size() - at);
    if (ZSTD_isError(size))
      throw ManifestError("it is cut off, or has bytes that are no manifest");
    if (ends_.size() == count)
      throw ManifestError("it has more manifests than its name says");
    ends_.push_back(at += size);
  }
  if (ends_.size() != count)
    throw ManifestError("it has fewer manifests than its name says");
}

std::string_view ManifestIndex::at(std::uint64_t number) const {
  const std::size_t place = number - range_.first;
  const std::size_t begin = place == 0 ? 0 : ends_[place - 1];
  return std::string_view(bytes_).substr(begin, ends_[place] - begin);
}

} // namespace jetcapture::host
