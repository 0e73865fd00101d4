// Paths of folders that are known to survive a power failure: some of the last ones, in a bounded memory. One that is
// not known any more is synced once more.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

// One thread at a time.
class DurablePaths {
public:
  bool has(std::string_view path) const { return paths_[place_of(path)] == path; }
  // Takes the place of another one.
  void add(std::string_view path) { paths_[place_of(path)] = path; }
  void forget(std::string_view path) {
    if (std::string &there = paths_[place_of(path)]; there == path)
      there.clear();
  }
  void clear() { paths_.assign(places, {}); }

private:
  static constexpr std::size_t places = 4096;
  static std::size_t place_of(std::string_view path) { return std::hash<std::string_view>()(path) % places; }
  std::vector<std::string> paths_ = std::vector<std::string>(places); // "": none
};

} // namespace jetcapture::plugins
