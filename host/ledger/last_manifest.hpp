// The last manifest of a host's chain, as the host itself remembers it: a small file of its state directory. By it a
// host knows that manifests were removed from the store, and never uses the number of one again.
//
// One thread at a time. A file that is damaged is told, and says nothing.
#pragma once

#include "ledger/manifest.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace jetcapture::host {

struct KnownManifest {
  std::string name; // of the object
  Sha256 sha256{};
  std::uint64_t number() const { return number_in(name); }
};

constexpr const char *last_manifest_file = "last-manifest"; // in the state directory

// What the file says; nullopt: there is none. Throws ManifestError: it is damaged.
std::optional<KnownManifest> read_last_manifest(const std::filesystem::path &file);

class LastManifest {
public:
  // file: "" keeps nothing. log: outlives it.
  LastManifest(std::filesystem::path file, Log &log) : file_(std::move(file)), log_(log) {}

  // Of that chain; nullopt: not known.
  std::optional<KnownManifest> of(const ChainName &chain) const;
  // [may block] Durable when it returns; where the file can't be written, the log says so, and it stays as it was.
  void keep(const KnownManifest &manifest);

private:
  const std::filesystem::path file_;
  Log &log_;
  LineLimit lines_{1, std::chrono::minutes(1)};
};

} // namespace jetcapture::host
