// The bytes of a chain's manifests, for who reads from its end back and may have far to go: after some of them by the
// chain's indexes, and where there is none several at a time, since a store takes its time to answer.
//
// One thread at a time; the store outlives it.
#pragma once

#include "ledger/chain.hpp"
#include "ledger/manifest_index.hpp"
#include "log/log.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

class ManifestsBack {
public:
  explicit ManifestsBack(Chain chain) : chain_(std::move(chain)) {}

  const Chain &chain() const { return chain_; }

  // The manifest of that number, one less than the last time; nullopt: there is none. sha256: what the manifest behind
  // it says of it, where that could be read. May block. Throws StoreFailure: the same number is to be asked for again.
  std::optional<std::string> read(std::uint64_t number, const std::optional<Sha256> &sha256, Log &log);

private:
  std::optional<std::string> read_by_index(std::uint64_t number, const Sha256 &sha256, Log &log);
  void read_ahead(std::uint64_t number);
  void find_indexes();

  Chain chain_;
  std::uint64_t asked_ = 0;
  std::optional<std::vector<IndexRange>> indexes_; // ascending; nullopt: not looked for yet
  std::unique_ptr<const ManifestIndex> index_;     // the last of them
  std::map<std::uint64_t, std::optional<std::string>> ahead_;
};

} // namespace jetcapture::host
