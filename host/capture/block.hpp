// A block: the messages of one destination key and one interval, while it is open.
//
// Plain state that the router fills and the sealer ends; one thread at a time uses it.
#pragma once

#include "capture/block_body.hpp"
#include "capture/block_output.hpp"
#include "delivery/sequence_list.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace jetcapture::host {

// Which block a message belongs to.
struct BlockPlace {
  std::int64_t interval_start = 0; // nanoseconds since 1970, UTC
  bool quarantine = false;
  std::string key; // encoded
};

struct Block {
  Block(std::uint64_t number, BlockPlace at, MemoryMeter &meter, Spool &spool)
      : id(number), place(std::move(at)), output(meter), body(std::make_shared<BlockBody>(meter, spool)) {}

  const std::uint64_t id; // in the order of opening, from 1
  const BlockPlace place;
  std::int64_t opened = 0;       // wall clock, nanoseconds since 1970
  std::int64_t due = 0;          // wall clock: sealed then at the latest
  std::int64_t interval_end = 0; // stream's clock, with the late grace; INT64_MAX: it was opened late, only due counts
  BlockOutput output;
  std::shared_ptr<BlockBody> body;
  void *writer_block = nullptr; // the writer's; none in quarantine

  SequenceList own;    // messages that are in this block alone
  SequenceList shared; // messages that are in other blocks too
  std::uint64_t payloads = 0;
  std::uint64_t content = 0; // see ContentPlace
  std::uint64_t first_sequence = UINT64_MAX;
  std::uint64_t last_sequence = 0;
  std::int64_t last_sequence_timestamp = 0; // of the message with that sequence
  std::int64_t first_timestamp = INT64_MAX;
  std::int64_t last_timestamp = INT64_MIN;

  std::uint64_t messages() const { return own.size() + shared.size(); }
};

enum class SealReason { interval, age, messages, bytes, writer, ack_budget, memory, once, drain };
constexpr std::size_t seal_reasons = 9;
std::string_view to_string(SealReason reason);

// A block that is written to its end, on its way into the store.
struct SealedBlock {
  std::uint64_t id = 0;
  SealReason reason = SealReason::interval;
  bool quarantine = false;
  std::string name; // of the object: relative path
  std::string key;  // for people
  std::string encoded_key;
  std::string_view content_type;
  std::string_view content_encoding;
  std::shared_ptr<BlockBody> body;
  SequenceList own;
  SequenceList shared;
  std::uint64_t payloads = 0;
  std::uint64_t written_bytes = 0; // before compression
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::int64_t last_sequence_timestamp = 0; // of the message with that sequence
  std::int64_t first_timestamp = 0;
  std::int64_t last_timestamp = 0;
  std::int64_t interval_start = 0;
  std::int64_t interval_end = 0;
  std::int64_t opened = 0;
  std::int64_t sealed = 0;

  std::uint64_t messages() const { return own.size() + shared.size(); }
};

} // namespace jetcapture::host
