#include "audit/chains.hpp"

#include "blocks/object_name.hpp"
#include "store/create_only_probe.hpp"

#include <algorithm>
#include <cstdio>

namespace jetcapture::host {

namespace {

constexpr std::uint64_t manifests_a_folder = 10'000;
constexpr int parts_of_a_name = 6; // _manifest, stream, capture, host, folder, file

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

FoundChains find_chains(const StoreReader &reader, const ChainFilter &filter, Findings &findings,
                        const std::function<void(std::uint64_t)> &progress) {
  FoundChains found;
  std::uint64_t manifests = 0;
  const auto take = [&](std::string_view name, std::uint64_t bytes) {
    const std::uint64_t number = number_in(name);
    if (number == 0 && name.starts_with(probe_root))
      return;
    const std::string folder = folder_in(name, number);
    ChainManifest manifest = {number, bytes, ""};
    ListedChain chain = {folder, {}};
    if (!folder.empty()) {
      const std::size_t before_end = chain.name_of(manifest).size() - manifest_suffix.size();
      manifest.name_end = name.substr(before_end, name.size() - manifest_suffix.size() - before_end);
    }
    if (folder.empty() || chain.name_of(manifest) != name) {
      findings.add({Verdict::good, "stranger", std::string(name), "is no manifest, and is left alone", {}});
      return;
    }
    if (!belongs_to(chain, filter))
      return;
    if (found.chains.empty() || found.chains.back().folder != folder)
      found.chains.push_back(std::move(chain));
    found.chains.back().manifests.push_back(std::move(manifest));
    progress(++manifests);
  };
  found.answer = reader.list(prefix_of(filter), take);
  return found;
}

} // namespace jetcapture::host
