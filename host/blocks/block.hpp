// A block: the messages of one destination key and one interval. Open while messages come, then sealed: written to its
// end, on its way into the store.
//
// Plain state; one thread at a time uses it.
#pragma once

#include "blocks/block_body.hpp"
#include "blocks/block_output.hpp"
#include "blocks/clock.hpp"
#include "delivery/era.hpp"
#include "delivery/sequence_list.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jetcapture::host {

// Which block a message belongs to.
struct BlockPlace {
  std::int64_t interval_start = 0; // nanoseconds since 1970, UTC
  bool quarantine = false;
  std::string key; // encoded
};

// What is known of a block, open or sealed.
struct BlockFacts {
  std::uint64_t id = 0; // in the order of opening, from 1
  BlockPlace place;
  Era era; // of its first message

  SequenceList own;                        // messages that are in this block alone
  SequenceList shared;                     // messages that are in other blocks too
  std::vector<std::uint32_t> shared_parts; // of each of them: in how many blocks it is
  std::uint64_t payloads = 0;
  std::uint64_t content = 0; // see ContentPlace
  std::uint64_t first_sequence = UINT64_MAX;
  std::uint64_t last_sequence = 0;
  std::int64_t last_sequence_timestamp = 0; // of the message that has last_sequence
  std::int64_t first_timestamp = INT64_MAX; // nanoseconds since 1970, UTC
  std::int64_t last_timestamp = INT64_MIN;
  Clock::time_point opened{};

  std::uint64_t messages() const { return own.size() + shared.size(); }
  void add_shared(std::uint64_t sequence, std::size_t parts) {
    shared.append(sequence);
    shared_parts.push_back(static_cast<std::uint32_t>(parts));
  }
};

struct Block : BlockFacts {
  Block(std::uint64_t number, BlockPlace at, MemoryMeter &meter, Spool &spool)
      : output(meter), body(std::make_shared<BlockBody>(meter, spool)) {
    id = number;
    place = std::move(at);
  }

  Clock::time_point due{};       // sealed then at the latest
  std::int64_t interval_end = 0; // stream's clock, with the late grace; INT64_MAX: it was opened late, only due counts
  BlockOutput output;
  std::shared_ptr<BlockBody> body;
  void *writer_block = nullptr; // the writer's; none in quarantine
  bool is_spoiled = false;      // its writer failed where it may not: nothing of it is stored
  std::uint64_t entry = 0;      // number of the message that has written into it last
  std::uint64_t full_for = 0;   // number of the message that it was too full for
  Block *aside = nullptr;       // of the same place, opened earlier, takes other payloads; BlockTable sets and keeps it
};

// Why a block ended.
enum class SealReason { interval, age, messages, bytes, writer, ack_budget, memory, once, drain, stream_reset, claim };
constexpr std::size_t seal_reasons = 11;
std::string_view to_string(SealReason reason);

struct SealedBlock : BlockFacts {
  SealReason reason = SealReason::interval;
  std::string name; // of the object: relative path
  std::string_view content_type;
  std::string_view content_encoding;
  std::shared_ptr<BlockBody> body;
  std::uint64_t written_bytes = 0; // before compression
};

} // namespace jetcapture::host
