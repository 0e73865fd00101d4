#include "audit/object_index.hpp"

#include "blocks/sha256.hpp"
#include "ledger/manifest.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

bool is_the_hosts(std::string_view name) {
  return name.starts_with(manifest_root);
}

} // namespace

ObjectIndex::NameHash ObjectIndex::hash_of(std::string_view name) {
  const Sha256 whole = sha256_of(name);
  NameHash hash{};
  std::copy_n(whole.begin(), hash.size(), hash.begin());
  return hash;
}

StoreAnswer ObjectIndex::list(const StoreReader &reader, const std::function<void(std::uint64_t)> &progress) {
  StoreAnswer answer = reader.list("", [&](std::string_view name, std::uint64_t) {
    if (is_the_hosts(name))
      return;
    entries_.push_back({hash_of(name)});
    progress(entries_.size());
  });
  std::sort(entries_.begin(), entries_.end());
  return answer;
}

std::vector<ObjectIndex::Entry>::const_iterator ObjectIndex::find(std::string_view name) const {
  const NameHash hash = hash_of(name);
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), hash,
                                      [](const Entry &entry, const NameHash &wanted) { return entry.name < wanted; });
  return found != entries_.end() && found->name == hash ? found : entries_.end();
}

void ObjectIndex::know(std::string_view name) {
  const auto found = find(name);
  if (found == entries_.end())
    return;
  Entry &entry = entries_[static_cast<std::size_t>(found - entries_.begin())];
  known_ += entry.known ? 0 : 1;
  entry.known = true;
}

StoreAnswer ObjectIndex::unknown(const StoreReader &reader,
                                 const std::function<void(std::string_view, std::uint64_t)> &take) const {
  if (known_ == entries_.size())
    return {};
  return reader.list("", [&](std::string_view name, std::uint64_t bytes) {
    const auto found = is_the_hosts(name) ? entries_.end() : find(name);
    if (found != entries_.end() && !found->known)
      take(name, bytes);
  });
}

} // namespace jetcapture::host
