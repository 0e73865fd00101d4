#include "audit/chains.hpp"

#include "blocks/object_name.hpp"
#include "store/create_only_probe.hpp"

#include <algorithm>
#include <cstdio>

namespace jetcapture::host {

namespace {

constexpr std::uint64_t manifests_a_folder = 10'000;
constexpr int parts_of_a_name = 6;   // _manifest, stream, capture, host, folder, file
constexpr int parts_of_a_folder = 4; // of a chain: _manifest, stream, capture, host

std::string padded(const char *format, std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, format, static_cast<unsigned long long>(number));
  return text;
}

std::string prefix_of(const ChainFilter &filter) {
  std::string prefix(manifest_root);
  if (filter.stream.empty())
    return prefix;
  prefix += escape_part(filter.stream) + "/";
  return filter.consumer.empty() ? prefix : prefix + escape_part(filter.consumer) + "/";
}

// "_manifest/ORDERS/backup/3f9a/" of "_manifest/ORDERS/backup/3f9a/00000000/000000000017.manifest.zst". Empty: a
// manifest has another name.
std::string folder_in(std::string_view name, std::uint64_t number) {
  if (number == 0 || std::count(name.begin(), name.end(), '/') != parts_of_a_name - 1)
    return "";
  name.remove_suffix(name.size() - name.rfind('/'));
  const std::size_t slash = name.rfind('/');
  if (name.substr(slash + 1) != padded("%08llu", number / manifests_a_folder))
    return "";
  return std::string(name.substr(0, slash + 1));
}

} // namespace

std::string ListedChain::name_of(const ChainManifest &manifest) const {
  return folder + padded("%08llu", manifest.number / manifests_a_folder) + "/" + padded("%012llu", manifest.number) +
         manifest.name_end + std::string(manifest_suffix);
}

bool belongs_to(const ListedChain &chain, const ChainFilter &filter) {
  const std::size_t stream_end = chain.folder.find('/', manifest_root.size());
  return (filter.stream.empty() ||
          chain.folder.substr(0, stream_end) == std::string(manifest_root) + escape_part(filter.stream)) &&
         (filter.consumer.empty() ||
          chain.folder.substr(stream_end + 1).starts_with(escape_part(filter.consumer) + "/"));
}

namespace {

// Takes the names below _manifest/ in their order.
class ChainNames {
public:
  ChainNames(const StoreReader &reader, const ChainFilter &filter, Listed listed, Findings &findings,
             const std::function<void(std::uint64_t)> &progress)
      : reader_(reader), filter_(filter), listed_(listed), findings_(findings), progress_(progress) {}

  FoundChains find() {
    const std::string prefix = prefix_of(filter_);
    std::string after;
    do {
      skip_ = false;
      found_.answer = reader_.list_after(prefix, after, [&](std::string_view name, std::uint64_t bytes) {
        take(name, bytes);
        skip_ = listed_ == Listed::by_indexes && !found_.chains.empty() && is_worth_a_skip(found_.chains.back());
        return !skip_;
      });
      if (found_.answer.ok() && skip_)
        after = skip_by_indexes(found_.chains.back());
    } while (found_.answer.ok() && skip_);
    return std::move(found_);
  }

private:
  // To look for indexes takes a request, so short chains are listed.
  bool is_worth_a_skip(const ListedChain &chain) const {
    constexpr std::size_t long_chain = 500;
    return chain.folder != skipped_ && chain.manifests.size() >= long_chain && chain.manifests.front().number == 1 &&
           chain.manifests.back().number == chain.manifests.size();
  }

  // The name behind which the listing goes on.
  std::string skip_by_indexes(ListedChain &chain) {
    skipped_ = chain.folder;
    const std::string here = chain.name_of(chain.manifests.back());
    std::vector<IndexRange> indexes;
    found_.answer = reader_.list(index_folder_of(chain.folder), [&](std::string_view name, std::uint64_t) {
      if (const IndexRange range = index_range_in(chain.folder, name); range.first > 0)
        indexes.push_back(range);
    });
    indexes = indexes_from_the_first(std::move(indexes));
    while (found_.answer.ok() && !indexes.empty() && indexes.back().last > chain.manifests.back().number) {
      const std::uint64_t last = indexes.back().last;
      std::string behind;
      const std::string last_name = chain.name_of({last, 0, ""});
      found_.answer = reader_.list_after(chain.folder, last_name, [&](std::string_view name, std::uint64_t) {
        behind = name;
        return false;
      });
      // It proves what the index has.
      if (behind == chain.name_of({last + 1, 0, ""})) {
        while (chain.manifests.back().number < last)
          chain.manifests.push_back({chain.manifests.back().number + 1, 0, ""});
        chain.indexes = std::move(indexes);
        return last_name;
      }
      indexes.pop_back();
    }
    return here;
  }

  void take(std::string_view name, std::uint64_t bytes) {
    if (take_index(name))
      return;
    const std::uint64_t number = number_in(name);
    if (number == 0 && name.starts_with(probe_root))
      return;
    const std::string folder = folder_in(name, number);
    ChainManifest manifest = {number, bytes, ""};
    ListedChain chain = {folder, {}, {}};
    if (!folder.empty()) {
      const std::size_t before_end = chain.name_of(manifest).size() - manifest_suffix.size();
      manifest.name_end = name.substr(before_end, name.size() - manifest_suffix.size() - before_end);
    }
    if (folder.empty() || chain.name_of(manifest) != name) {
      findings_.add({Verdict::good, "stranger", std::string(name), "is no manifest, and is left alone", {}});
      return;
    }
    if (!belongs_to(chain, filter_))
      return;
    if (found_.chains.empty() || found_.chains.back().folder != folder)
      found_.chains.push_back(std::move(chain));
    found_.chains.back().manifests.push_back(std::move(manifest));
    progress_(++manifests_);
  }

  // False: it is none.
  bool take_index(std::string_view name) {
    if (!name.ends_with(index_suffix))
      return false;
    const std::size_t end = name.rfind('/', name.rfind('/') - 1);
    const std::string folder(name.substr(0, end + 1));
    const IndexRange range = index_range_in(folder, name);
    if (range.first == 0 || std::count(folder.begin(), folder.end(), '/') != parts_of_a_folder)
      return false;
    ListedChain chain = {folder, {}, {}};
    if (!belongs_to(chain, filter_))
      return true;
    if (found_.chains.empty() || found_.chains.back().folder != folder)
      found_.chains.push_back(std::move(chain));
    if (folder != skipped_)
      found_.chains.back().indexes.push_back(range);
    return true;
  }

  const StoreReader &reader_;
  const ChainFilter &filter_;
  const Listed listed_;
  Findings &findings_;
  const std::function<void(std::uint64_t)> &progress_;
  FoundChains found_;
  std::uint64_t manifests_ = 0;
  bool skip_ = false;
  std::string skipped_; // the chain whose indexes were looked for
};

} // namespace

FoundChains find_chains(const StoreReader &reader, const ChainFilter &filter, Listed listed, Findings &findings,
                        const std::function<void(std::uint64_t)> &progress) {
  return ChainNames(reader, filter, listed, findings, progress).find();
}

} // namespace jetcapture::host
