// The store of a backup as a command reads it: from the flags of a capture, or the file of --config.
#pragma once

#include "audit/chains.hpp"
#include "audit/store_reader.hpp"
#include "log/log.hpp"
#include "plugins/stages.hpp"
#include "settings/settings.hpp"
#include "tools/ledger/report.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::host {

class BackupStore {
public:
  // Throws StartupError: there is no --store, or it can't be opened.
  BackupStore(const std::vector<std::string> &flags, const char *const *environment);
  BackupStore(const BackupStore &) = delete;
  BackupStore &operator=(const BackupStore &) = delete;

  const Settings &settings() const { return settings_; }
  const StoreReader &reader() const { return reader_; }
  ChainFilter filter() const { return {settings_.stream, settings_.consumer}; }
  Log &log() { return log_; }
  // The same store, to be written to: this may make its root, where that is missing. Throws StartupError. It outlives
  // what is given.
  std::unique_ptr<const Store> open_to_write();

private:
  const Settings settings_;
  Log log_;
  const std::atomic<bool> cancelled_ = false;
  const LoadedStore loaded_;
  const Store store_;
  const StoreReader reader_;
};

// The chains of the backup; that they can't be listed, or that there are none, is a finding. line: shows how many
// manifests were found.
FoundChains find_chains(const BackupStore &backup, Findings &findings, CountLine &line);

} // namespace jetcapture::host
