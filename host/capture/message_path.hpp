// The way of one message: decoded, what comes of it written into blocks, all of it or nothing; and the committer told
// what became of it.
//
// Runs to completion on one thread. Nothing is allocated, copied or logged for a message that goes its usual way.
#pragma once

#include "capture/open_blocks.hpp"
#include "capture/spare_message.hpp"
#include "commit/committer.hpp"
#include "jetcapture/decoder.h"
#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "plugins/emitted.hpp"
#include "plugins/stages.hpp"
#include "progress/stage_waits.hpp"
#include "settings/settings.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace jetcapture::host {

// A number that one thread counts and others read.
class Count {
public:
  Count &operator+=(std::uint64_t more) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    return *this;
  }
  operator std::uint64_t() const { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> value_{0};
};

// What became of the messages of one path.
struct PathFigures {
  Count routed;      // all that have gone their way
  Count rows;        // payloads written into blocks
  Count filtered;    // gave no item
  Count bad;         // can't be decoded or written
  Count quarantined; // of them, into the quarantine
  Count terminated;  // of them, terminated
};

class MessagePath {
public:
  // All paths together have these; all outlive them.
  struct Surroundings {
    OpenBlocks &blocks;
    Committer &committer;
    StageWaits &waits;
    LineLimit &bad_lines;  // bounds the lines about messages that can't be decoded
    LineLimit &wait_lines; // and about those that wait
    Log &log;
  };
  MessagePath(const Decoder &decoder, OnDecodeError on_decode_error, Surroundings surroundings);
  MessagePath(const MessagePath &) = delete;
  MessagePath &operator=(const MessagePath &) = delete;

  // Takes an admitted message its whole way. False: its decoder or writer asks to wait, and nothing of it is in a
  // block; it comes again later, before any other, or wait_no_more(). Throws CaptureError: a stage can't go on, or
  // on_decode_error is to stop; the message is refused then.
  [[nodiscard]] bool take(const jetcapture_message &message, Era era);
  // The message that waits goes back to the stream.
  void wait_no_more(const jetcapture_message &message);

  // [any-thread]
  const PathFigures &figures() const { return figures_; }

private:
  // The message on its way.
  struct Journey {
    const jetcapture_message &message;
    const Era era;
    OpenBlocks::Entry entry;
    bool skipped = false;                     // a part of it is in a block of an earlier run
    jetcapture_status failed = JETCAPTURE_OK; // the first error, why, and who gave it
    std::string why = {};
    std::string by = {};       // "decoder json"
    std::string full_key = {}; // encoded, of the first full block
  };
  enum class Outcome { written, bad, later };
  // A full block is no error of the message: what else is full comes out by the rest of its items.
  static bool goes_on(const Journey &journey) {
    return journey.failed == JETCAPTURE_OK || journey.failed == JETCAPTURE_NEXT_BLOCK;
  }
  struct Interface {
    jetcapture_sink sink; // first: a pointer to it is a pointer to this
    MessagePath *owner;
  };

  static jetcapture_status emit(const jetcapture_sink *sink, const jetcapture_item *item);
  jetcapture_status write(const jetcapture_item *item);
  const void *for_writer(const void *payload);
  jetcapture_status refuse(jetcapture_status status, std::string sentence, std::string by = {});
  jetcapture_status refuse_breach(const char *breach);
  void decode(Journey &journey);
  Outcome decode_and_write(Journey &journey);
  void settle_written(Journey &journey);
  void tell_of_full_blocks(std::size_t count, const Journey &journey);
  void settle_bad(Journey &journey);
  void begin_wait(Journey &journey);
  void end_wait(std::uint64_t sequence);

  const Decoder &decoder_;
  const OnDecodeError on_decode_error_;
  const Surroundings with_;
  Interface interface_;
  PathFigures figures_;
  PayloadCheck payload_check_;
  SpareMessage spare_; // what the decoder is given
  // A record that the decoder has emitted, with the host's message instead of its own.
  alignas(std::max_align_t) std::array<std::byte, 256> record_;
  Journey *journey_ = nullptr;
  std::string key_; // encoded, of the item that is being written
  LineLimit full_block_lines_{1, std::chrono::minutes(1)};
  std::uint64_t full_blocks_ = 0; // that ended because the writer wanted another one
};

} // namespace jetcapture::host
