// What a journal's file says once its records are read in their order: whose it is, which blocks have not come to their
// end, what is stored.
//
// The payload of a record is its type and its fields:
//   identity   stream, when it was created, consumer, when it was created, its filters: at least twice in the file
//   intent     block id, object name, size, SHA-256, its own sequences, its shared ones, interval, key, its newest
//              timestamp, the timestamp of its last sequence, when the consumer was created: durable before the store
//              begins
//   stored     block id: durable before the first ack
//   done       block id: all its acks are confirmed; may be lost, then the block is acked once more
//   dropped    block id: the store does not have it; its messages come again
//   history    messages of blocks that were done when the file was rewritten; in several records, so that damage takes
//              only a part
//   landmark   sequence and timestamp of the highest message that was stored when the file was rewritten
//   floor      all messages of the consumer up to that stream sequence are safe
//   position   up to where losses were told: delivered of the stream, delivered by the consumer's own count, not
//              delivered, the stream's first and last sequence, its messages
//   ledger     what the ledger tells of messages above that stream sequence was taken into this file, from the chains
//              of all hosts
//   generation messages newer than that timestamp have sequences that older ones had before: the stream had lost its
//              end. The history that follows is theirs
#pragma once

#include "blocks/block.hpp"
#include "commit/stored_messages.hpp"
#include "delivery/delivery.hpp"
#include "ledger/earlier_lines.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

constexpr std::string_view journal_file = "journal"; // in the state folder

// Whose messages the sequences are: a stream that was recreated gives the same sequences to other messages.
struct CaptureIdentity {
  std::string stream;
  std::string stream_created;
  std::string consumer;
  std::int64_t consumer_created = 0; // nanoseconds since 1970
  std::string filters = {};          // of the consumer: what is safe up to a sequence is what they let through
};

// A block that an earlier run did not bring to its end.
struct UnfinishedBlock {
  std::uint64_t id = 0;
  bool stored = false; // known to be; else the store has to be asked
  // Its messages were delivered by a consumer of that name that is gone. Acks by sequence would ack what the consumer
  // of today has not
  // delivered: a block that the store has is done() without acks, and then its messages are known as stored.
  bool of_earlier_consumer = false;
  std::string name;
  std::uint64_t bytes = 0;
  Sha256 sha256{};
  SequenceList own;
  SequenceList shared;
  std::int64_t interval_start = 0;
  std::string key;                 // encoded
  std::int64_t newest = 0;         // timestamp of a message, nanoseconds since 1970
  std::uint64_t last_sequence = 0; // the highest in it
  // Of that message, nanoseconds since 1970: if the stream still has the message, its timestamp tells whether the
  // sequences are those of the same messages. 0: not known, the block is from a journal of version 1.
  std::int64_t last_sequence_timestamp = 0;
  std::int64_t consumer_created = 0; // of the consumer that delivered them
};

// A line of the ledger, as the journal knows blocks; without an id.
UnfinishedBlock unfinished_of(const EarlierLine &line);

std::string identity_record(const CaptureIdentity &identity);
std::string position_record(const Delivery::Progress &position);
std::string intent_record(const SealedBlock &block, std::int64_t consumer_created);
std::string intent_record(const UnfinishedBlock &block);
// The block of a record that intent_record() gave.
UnfinishedBlock block_of(std::string_view intent_record);

// The message with the highest sequence that was stored, as far as the journal knows: where the stream still has it, it
// is the same stream.
struct Landmark {
  std::uint64_t sequence = 0; // 0: none is known
  std::int64_t timestamp = 0; // nanoseconds since 1970

  void see(const UnfinishedBlock &block) {
    if (block.last_sequence > sequence && block.last_sequence_timestamp != 0)
      *this = {block.last_sequence, block.last_sequence_timestamp};
  }
};

struct JournalContents {
  bool exists = false;
  CaptureIdentity identity; // no stream: there is none, or no whole record of it
  std::map<std::uint64_t, UnfinishedBlock> blocks;
  StoredMessages history;
  Landmark landmark;
  std::uint64_t safe_up_to = 0;
  std::optional<std::uint64_t> ledger_floor = {};  // see the record "ledger"
  std::optional<Delivery::Progress> position = {}; // of the record of that name; its other members are not set
  std::uint64_t next_id = 1;

  std::uint64_t damaged_bytes = 0;
  std::uint64_t damaged_records = 0;
  std::uint64_t records_behind_damage = 0;
  std::uint64_t torn_bytes = 0;
};

// Throws StartupError: it is there and can't be read, or is not a journal that this version reads.
JournalContents read_journal(const std::filesystem::path &file);

} // namespace jetcapture::host
