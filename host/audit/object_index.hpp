// The objects of a store as a listing gave them: 17 bytes each, whatever their names. To tell those that no manifest
// lists. One thread at a time.
#pragma once

#include "audit/store_reader.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace jetcapture::host {

class ObjectIndex {
public:
  // Lists all objects but those of the host itself: manifests, and what a probe left.
  StoreAnswer list(const StoreReader &reader, const std::function<void(std::uint64_t objects)> &progress);
  std::uint64_t size() const { return entries_.size(); }

  // It was there when they were listed.
  bool has(std::string_view name) const { return find(name) != entries_.end(); }

  // A manifest lists it.
  void know(std::string_view name);
  // Lists the store again, and gives those that were there the first time and are not known.
  StoreAnswer unknown(const StoreReader &reader,
                      const std::function<void(std::string_view name, std::uint64_t bytes)> &take) const;

private:
  using NameHash = std::array<std::uint8_t, 16>;
  struct Entry {
    NameHash name;
    bool known = false;
    auto operator<=>(const Entry &) const = default;
  };
  static NameHash hash_of(std::string_view name);
  std::vector<Entry>::const_iterator find(std::string_view name) const;

  std::vector<Entry> entries_; // ascending
  std::uint64_t known_ = 0;
};

} // namespace jetcapture::host
