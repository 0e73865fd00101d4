// Writes the indexes of the chains of a backup (ledger/manifest_index.hpp): each stands for the manifests of a day, or
// of several days with few. What is in no index yet and of days that are over is read, and goes into an index only as
// far as the chain proves it: each manifest is the one that the next one was written after.
//
// Nothing is replaced. What two compactions make at once has the same names and the same bytes; where one is ended, the
// next one goes on.
#pragma once

#include "audit/chains.hpp"
#include "audit/finding.hpp"
#include "audit/store_reader.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace jetcapture::host {

struct CompactionOptions {
  std::int64_t now = 0; // nanoseconds since 1970: what was written on that day (UTC) stays out
  // Puts an object where none has its name. [may block]
  std::function<StoreAnswer(const std::string &name, const std::string &bytes)> put;
  std::size_t threads = 16; // that read
  // On the calling thread.
  std::function<void(std::uint64_t manifests, std::uint64_t of)> progress = [](auto, auto) {};
};

struct Compaction {
  std::uint64_t chains = 0;
  std::uint64_t indexes = 0;   // that were written
  std::uint64_t manifests = 0; // in them
  std::uint64_t bytes = 0;     // of them
  std::uint64_t in_none = 0;   // manifests that are in no index: of today, of a day with few, or behind damage
};

// An index ends with a day (UTC) that has, with those before it, so many manifests.
constexpr std::uint64_t manifests_of_an_index = 100;

// chains: listed by their indexes.
Compaction compact(const StoreReader &reader, const std::vector<ListedChain> &chains, const CompactionOptions &options,
                   Findings &findings);

} // namespace jetcapture::host
