// What the manifests of a backup tell of a stream, besides its messages: what a restored one is made like.
#pragma once

#include "restore/exact_restore.hpp"
#include "tools/ledger/backup_store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace jetcapture::host {

struct RestoreFacts {
  std::string created;                     // when the stream was, as the server gave it
  std::string configuration;               // of the stream: JSON; empty: no manifest has it
  std::vector<RestoredConsumer> consumers; // that it had at last, by their names
  std::uint64_t last_sequence = 0;         // that any manifest knows of
};

// Reads all manifests of settings().stream. created: of several streams of that name the one that was created then.
RestoreFacts read_restore_facts(BackupStore &backup, const std::string &created);

} // namespace jetcapture::host
