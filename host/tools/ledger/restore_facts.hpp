// What the manifests of a backup tell of a stream, besides its messages: what a restored one is made like.
#pragma once

#include "audit/finding.hpp"
#include "restore/exact_restore.hpp"
#include "tools/ledger/backup_store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace jetcapture::host {

struct RestoreFacts {
  std::string created;                     // when the stream was, as the server gave it; the newest of that name
  std::string configuration;               // of the stream: JSON; empty: no manifest has it
  std::vector<RestoredConsumer> consumers; // that it had at last, by their names
  std::uint64_t last_sequence = 0;         // that any manifest knows of
  std::uint64_t messages = 0;              // of the blocks that count; of several captures: of the one with the most
  std::uint64_t bytes = 0;                 // of these blocks, before compression
};

// Reads all manifests of settings().stream. findings: what is wrong with them.
RestoreFacts read_restore_facts(BackupStore &backup, Findings &findings);

} // namespace jetcapture::host
