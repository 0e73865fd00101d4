// A backup for tests: blocks and the manifests of a chain, as a host writes them, put wherever a test wants them.
#pragma once

#include "ledger/manifest.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace jetcapture::test {

class BackupChain {
public:
  using Put = std::function<void(const std::string &name, const std::string &bytes)>;
  BackupChain(host::ChainName name, Put put);

  // A line for a block of these messages; its object is not stored yet. interval: its number, of 15 minutes each.
  host::BlockLine block(const std::string &key, std::vector<std::uint64_t> own, int interval = 0,
                        std::vector<host::SharedMessage> shared = {});
  // What the object of a line holds.
  static std::string bytes_of(const host::BlockLine &line);
  void store(const host::BlockLine &line) const;

  // Puts the next manifest of the chain, with its header filled in, and gives its number.
  std::uint64_t write(host::Manifest what);
  // The same for these lines, then stores them, and declares them done in a further manifest.
  void write_and_store(const std::vector<host::BlockLine> &lines);

  host::ManifestHeader header; // of the manifests to come
  const std::string &last_name() const { return last_name_; }

private:
  const Put put_;
  std::uint64_t blocks_ = 0;
  std::string last_name_;
};

// A manifest of these lines alone.
host::Manifest manifest_of(std::vector<host::BlockLine> lines);

// Puts into files below that folder.
BackupChain::Put into_folder(const std::string &folder);

} // namespace jetcapture::test
