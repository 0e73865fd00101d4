// What the manifests of a backup tell of a stream, besides its messages: what a restored one is made like.
#pragma once

#include "audit/finding.hpp"
#include "restore/exact_restore.hpp"
#include "tools/ledger/backup_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

struct RestoreFacts {
  std::string created;                     // when the stream was, as the server gave it
  std::string configuration;               // of the stream: JSON; empty: no manifest has it
  std::vector<RestoredConsumer> consumers; // that it had at last, by their names
  std::uint64_t last_sequence = 0;         // that any manifest knows of
  std::uint64_t messages = 0;              // of the blocks that count; of several captures: of the one with the most
  std::uint64_t bytes = 0;                 // of these blocks, before compression
};

// Reads all manifests of settings().stream. created: of several streams of that name the one that was created then;
// nullopt: the newest one that has blocks. findings: what is wrong with the manifests.
RestoreFacts read_restore_facts(BackupStore &backup, std::optional<std::int64_t> created, Findings &findings);

} // namespace jetcapture::host
