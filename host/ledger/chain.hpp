// One chain of manifests in a store: numbered 1, 2, 3 …, each put only where there is none. Of two runs that put the
// same number one is told that it was overtaken; it puts nothing more.
//
// A store or service that can't put without replacing has manifests with the run in their names: they tell what was
// stored, and fence nobody.
//
// One thread.
#pragma once

#include "ledger/last_manifest.hpp"
#include "ledger/manifest.hpp"
#include "progress/store_progress.hpp"
#include "store/store_calls.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// The store did not do what it was asked.
struct StoreFailure : std::runtime_error {
  explicit StoreFailure(const StoreAnswer &answer) : std::runtime_error(answer.reason), status(answer.status) {}
  bool needs_action() const { return status == JETCAPTURE_CONFIGURATION; }
  StoreProgress::Failure kind() const {
    return needs_action() ? StoreProgress::Failure::refused : StoreProgress::Failure::store;
  }
  jetcapture_status status;
};

class Chain {
public:
  // run: the nonce of this run. timeout: of one put. The store, which lists and reads, outlives it.
  Chain(const Store &store, ChainName name, std::string run, std::chrono::nanoseconds timeout);

  const ChainName &name() const { return name_; }
  const std::string &run() const { return run_; }
  const Store &store() const { return *store_; }
  // False: the store replaces, so names have the run in them.
  void fence(bool creates) { creates_ = creates; }

  // The functions from here on may block, and throw StoreFailure.

  // Looks for the last manifest, by some dozens of requests at most, however long the chain is. Its number; 0: there is
  // none.
  std::uint64_t find_last();
  // There is a manifest behind that number.
  bool has_more_than(std::uint64_t number) const;
  // The bytes of a manifest; nullopt: there is none of that number.
  std::optional<std::string> read(std::uint64_t number) const;

  // The next manifest is that of number, after one of that hash (all 0: there is none).
  void go_on_from(std::uint64_t number, const Sha256 &previous);
  std::uint64_t next() const { return next_; }

  // The manifest as the next one of the chain: its number, its run and the hash before it are filled in. Its bytes.
  std::string prepare(Manifest &manifest) const;
  enum class Put {
    written,  // next() is one more
    overtaken // another run has put that number
  };
  // bytes: of prepare(). After a StoreFailure the same bytes have to be put again: they may be there.
  Put put(const std::string &bytes);
  // Whether the store really puts without replacing: the manifest that was put last is put once more, with other bytes,
  // which say the same. False: they are there instead, and names have the run in them from now on.
  bool prove_fence(const std::string &other_bytes);
  // The manifest that was put last.
  const KnownManifest &last() const { return last_; }

private:
  std::string own_name_of(std::uint64_t number) const;
  StoreAnswer put_under(const std::string &name, const std::string &bytes) const;
  std::optional<std::string> first_name_after(std::string_view after) const;

  const Store *store_;
  ChainName name_;
  std::string run_;
  std::chrono::nanoseconds timeout_;
  bool creates_ = true;
  std::uint64_t next_ = 1;
  Sha256 previous_{};
  KnownManifest last_;
};

// The hosts that have a chain for that stream and capture, in the order of their names. Throws StoreFailure.
std::vector<ChainName> chains_of(const Store &store, const std::string &stream, const std::string &capture);

// The number of the last claim that has a chain, behind one that is known to have one, or 0; that one where there is no
// other. By some dozens of requests at most. Throws StoreFailure.
std::uint64_t last_claim(const Store &store, const std::string &stream, const std::string &capture,
                         std::uint64_t known);

// The whole object; nullopt: there is none. Throws StoreFailure.
std::optional<std::string> read_object(const Store &store, std::string_view name);

} // namespace jetcapture::host
