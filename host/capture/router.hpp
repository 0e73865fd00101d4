// The way of one message: decoded, its items written into their blocks, all of it or nothing.
//
// Runs to completion on one thread; nothing is allocated, copied or counted for a message that goes its usual way.
#pragma once

#include "capture/sealer.hpp"
#include "capture/shared_messages.hpp"
#include "jetcapture/decoder.h"
#include "plugins/stages.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace jetcapture::host {

class Router {
public:
  // exclusion: what routers of several pipelines share, so that one alone changes blocks; nullptr where there is one router.
  Router(const Decoder &decoder, const Writer &writer, Sealer &sealer, SharedMessages &shared, const Settings &settings,
         std::mutex *exclusion);
  Router(const Router &) = delete;
  Router &operator=(const Router &) = delete;

  enum class Outcome {
    written,  // into one block or more
    filtered, // the decoder gave no item: ack it
    bad       // it can't be decoded or written; nothing of it is in a block
  };
  // From the first item to leave() this router has the exclusion. reason: of Outcome::bad, a sentence. Throws CaptureError when a
  // stage can't go on.
  Outcome route(const jetcapture_message &message, std::string &reason);

  // Takes the exclusion, where route() has not done so; gives it back.
  void enter();
  void leave();

  // Writes the whole message into the quarantine block of its interval.
  void quarantine(const jetcapture_message &message, std::string_view reason);

  // Payloads written into blocks so far.
  std::uint64_t payloads() const { return payloads_; }

  // An earlier run has stored what that message gives for that key and interval: it is not written again.
  void skip_part(std::uint64_t sequence, std::int64_t interval_start, const std::string &key);

private:
  struct StoredPart {
    std::int64_t interval_start;
    std::string key; // encoded
  };
  struct Interface {
    jetcapture_sink sink; // first: a pointer to it is a pointer to this
    Router *owner;
  };
  // A block that the current message has written into, and how it was before.
  struct Touched {
    Block *block;
    std::uint64_t bytes;
    std::uint64_t payloads;
  };

  static jetcapture_status emit(const jetcapture_sink *sink, const jetcapture_item *item);
  jetcapture_status write(const jetcapture_item &item);
  jetcapture_status refuse(jetcapture_status status, std::string sentence);
  bool is_stored(std::int64_t interval_start) const;
  void touch(Block &block);
  bool take_back();
  void commit(const jetcapture_message &message);

  const Decoder &decoder_;
  const Writer &writer_;
  Sealer &sealer_;
  SharedMessages &shared_;
  const std::uint64_t max_messages_;
  const std::uint64_t max_bytes_;
  std::mutex *const exclusion_;
  bool entered_ = false;
  Interface interface_;

  std::uint64_t payloads_ = 0;
  const jetcapture_message *message_ = nullptr; // the one on its way
  std::vector<Touched> touched_;
  std::string key_;
  jetcapture_status failed_ = JETCAPTURE_OK; // the first error of the message, and why
  std::string why_;
  Block *full_ = nullptr;                                                   // the block that the writer wants sealed
  std::unordered_map<std::uint64_t, std::vector<StoredPart>> stored_parts_; // by sequence
};

} // namespace jetcapture::host
