// The way of one message: decoded, what comes of it written into blocks, all of it or nothing; and the committer told
// what became of it.
//
// Runs to completion on one thread. Nothing is allocated, copied or logged for a message that goes its usual way.
#pragma once

#include "capture/open_blocks.hpp"
#include "commit/committer.hpp"
#include "jetcapture/decoder.h"
#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "plugins/stages.hpp"
#include "settings/settings.hpp"

#include <atomic>
#include <chrono>
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
  // bad_lines: bounds the lines about messages that can't be decoded, for all paths together. All that is referred to
  // outlives it.
  MessagePath(const Decoder &decoder, OpenBlocks &blocks, Committer &committer, OnDecodeError on_decode_error,
              LineLimit &bad_lines, Log &log);
  MessagePath(const MessagePath &) = delete;
  MessagePath &operator=(const MessagePath &) = delete;

  // Takes an admitted message its whole way. Throws CaptureError: a stage can't go on, or on_decode_error is to stop;
  // the message is refused then.
  void take(const jetcapture_message &message, Era era);

  // [any-thread]
  const PathFigures &figures() const { return figures_; }

private:
  // The message on its way.
  struct Journey {
    const jetcapture_message &message;
    const Era era;
    OpenBlocks::Entry entry;
    bool skipped = false;                     // a part of it is in a block of an earlier run
    jetcapture_status failed = JETCAPTURE_OK; // the first error, and why
    std::string why = {};
  };
  struct Interface {
    jetcapture_sink sink; // first: a pointer to it is a pointer to this
    MessagePath *owner;
  };

  static jetcapture_status emit(const jetcapture_sink *sink, const jetcapture_item *item);
  jetcapture_status write(const jetcapture_item &item);
  jetcapture_status refuse(jetcapture_status status, std::string sentence);
  bool decode_and_write(Journey &journey);
  // why: the writer's sentence.
  void tell_of_full_block(const std::string &why);
  void settle_bad(Journey &journey);

  const Decoder &decoder_;
  OpenBlocks &blocks_;
  Committer &committer_;
  const OnDecodeError on_decode_error_;
  LineLimit &bad_lines_;
  Log &log_;
  Interface interface_;
  PathFigures figures_;
  Journey *journey_ = nullptr;
  std::string key_; // encoded, of the item that is being written
  LineLimit full_block_lines_{1, std::chrono::minutes(1)};
  std::uint64_t full_blocks_ = 0; // that ended because the writer wanted another one
};

} // namespace jetcapture::host
