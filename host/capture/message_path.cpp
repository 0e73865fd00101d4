#include "capture/message_path.hpp"

#include "blocks/destination_key.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>

namespace jetcapture::host {

namespace {

// Whether an item keeps to decoder.h; if not, the status to refuse it with and the sentence.
struct ItemCheck {
  jetcapture_status status = JETCAPTURE_OK;
  std::string why = {};
};

ItemCheck breach(const char *what) {
  return {JETCAPTURE_FATAL, breach_of_abi(std::string("the decoder emitted an item with ") + what)};
}

ItemCheck check(const jetcapture_item &item) {
  if (item.size < offsetof(jetcapture_item, event_time))
    return breach("a size that is too small");
  if (item.payload == nullptr)
    return breach("no payload");
  if (item.key_count > 0 && item.key == nullptr)
    return breach("parts of a key, and no key");
  bool too_large = item.key_count > JETCAPTURE_MOST_KEY_PARTS;
  std::uint64_t left = JETCAPTURE_MOST_KEY_BYTES;
  for (std::uint32_t i = 0; i < std::min(item.key_count, std::uint32_t{JETCAPTURE_MOST_KEY_PARTS}); i++) {
    const jetcapture_text &part = item.key[i];
    if (part.data == nullptr && part.size > 0)
      return breach("a part of a key with a size, and no text");
    too_large = too_large || part.size > left;
    left -= std::min(left, part.size);
  }
  if (too_large)
    return {JETCAPTURE_BAD_DATA, "its destination key has more than " + std::to_string(JETCAPTURE_MOST_KEY_PARTS) +
                                     " parts or " + std::to_string(JETCAPTURE_MOST_KEY_BYTES) + " bytes"};
  return {};
}

std::string said_by(const std::string &stage, jetcapture_status status) {
  std::string sentence = HostServices::take_failure();
  if (sentence.empty())
    sentence = "the " + stage + " gave no reason (" + to_string_status(status) + ")";
  return sentence;
}

} // namespace

MessagePath::MessagePath(const Decoder &decoder, OpenBlocks &blocks, Committer &committer,
                         OnDecodeError on_decode_error, LineLimit &bad_lines, Log &log)
    : decoder_(decoder), blocks_(blocks), committer_(committer), on_decode_error_(on_decode_error),
      bad_lines_(bad_lines), log_(log), interface_{{sizeof(jetcapture_sink), 0, &MessagePath::emit}, this} {}

void MessagePath::take(const jetcapture_message &message, Era era) {
  Journey journey{message, era, OpenBlocks::Entry(blocks_, message, era)};
  journey_ = &journey;
  const std::uint64_t sequence = message.stream_sequence;
  try {
    if (!decode_and_write(journey)) {
      settle_bad(journey);
    } else if (!journey.entry.empty()) {
      figures_.rows += journey.entry.commit();
    } else if (journey.skipped) {
      committer_.already_stored(sequence, era);
    } else {
      figures_.filtered += 1;
      committer_.filtered(sequence, era);
    }
  } catch (const CaptureError &) {
    committer_.refused(sequence);
    throw;
  }
  figures_.routed += 1;
}

// False: the message is bad, and nothing of it is in a block. Throws CaptureError.
bool MessagePath::decode_and_write(Journey &journey) {
  const jetcapture_message &message = journey.message;
  CallRecord *const calls = decoder_.calls();
  if (calls != nullptr && calls->is_suspect(message.stream_sequence, message.timestamp)) {
    journey.why = "the host ended twice while a plug-in was at this message, so it is not given to the plug-in again";
    return false;
  }
  while (true) {
    journey.failed = JETCAPTURE_OK;
    // A decoder that changes it against the rules changes a copy: sequence and timestamp are the host's.
    const jetcapture_message given = message;
    const jetcapture_status status = [&] {
      const CallRecord::Call call(calls, StageCall::decoder_decode, message.stream_sequence, message.timestamp);
      return decoder_.description().decode(decoder_.self(), &given, &interface_.sink);
    }();
    // An error that emit() gave counts even where the decoder does not hand it on.
    if (status != JETCAPTURE_OK && journey.failed == JETCAPTURE_OK)
      refuse(status, said_by("decoder", status));
    if (journey.failed == JETCAPTURE_OK)
      return true;
    const bool whole = journey.entry.take_back();
    switch (journey.failed) {
    case JETCAPTURE_BAD_DATA:
    case JETCAPTURE_RETRY: // a decoder and a writer have nothing to wait for
      return false;
    case JETCAPTURE_NEXT_BLOCK:
      if (whole && journey.entry.end_full_block()) {
        tell_of_full_block(journey.why);
        continue;
      }
      journey.why = "it does not fit into a block of its own: " + journey.why;
      return false;
    default:
      throw CaptureError("message " + std::to_string(journey.message.stream_sequence) + " stopped the capture (" +
                         to_string_status(journey.failed) + "): " + journey.why);
    }
  }
}

jetcapture_status MessagePath::emit(const jetcapture_sink *sink, const jetcapture_item *item) {
  MessagePath &path = *reinterpret_cast<const Interface *>(sink)->owner;
  // No exception goes through the decoder's functions: one in C has no way to let it, one in C++ takes it for its own.
  try {
    return path.write(*item);
  } catch (const std::exception &error) {
    return path.refuse(JETCAPTURE_FATAL, error.what());
  }
}

jetcapture_status MessagePath::refuse(jetcapture_status status, std::string sentence) {
  if (journey_->failed == JETCAPTURE_OK) {
    journey_->failed = status;
    journey_->why = std::move(sentence);
  }
  return status;
}

jetcapture_status MessagePath::write(const jetcapture_item &item) {
  if (journey_->failed != JETCAPTURE_OK)
    return journey_->failed;
  if (ItemCheck found = check(item); found.status != JETCAPTURE_OK)
    return refuse(found.status, std::move(found.why));
  const jetcapture_message &message = journey_->message;
  const bool timed = JETCAPTURE_HAS(&item, jetcapture_item, event_time) && item.event_time != JETCAPTURE_NO_TIME;
  const std::optional<std::int64_t> interval = blocks_.interval_of(timed ? item.event_time : message.timestamp);
  if (!interval)
    return refuse(JETCAPTURE_BAD_DATA, "its timestamp is outside the range that a path can express");
  key_.clear();
  encode_key(item.key, item.key_count, key_);
  if (committer_.part_is_stored(message, *interval, key_)) {
    journey_->skipped = true;
    return JETCAPTURE_OK;
  }
  const jetcapture_status status = journey_->entry.write(*interval, key_, item.payload);
  return status == JETCAPTURE_OK ? status : refuse(status, said_by("writer", status));
}

void MessagePath::tell_of_full_block(const std::string &why) {
  // Columns may change now and then.
  constexpr std::uint64_t few = 5;
  if (++full_blocks_ <= few)
    return;
  const auto held_back = full_block_lines_.admit();
  if (!held_back)
    return;
  std::string key;
  for (const std::string_view part : decode_key(key_))
    key.append(key.empty() ? "" : "/").append(part);
  log_.warn(
      "blocks end early, because what is written into them differs in more than two ways: where it is the columns, "
      "choose them with --decoder-opt fields=, or give each kind of message a key of its own",
      {{"key", key}, {"reason", why}, {"others_since_last_line", *held_back}});
}

void MessagePath::settle_bad(Journey &journey) {
  const std::uint64_t sequence = journey.message.stream_sequence;
  figures_.bad += 1;
  if (on_decode_error_ == OnDecodeError::stop)
    throw CaptureError("message " + std::to_string(sequence) + " can't be captured: " + journey.why +
                       "; --on-decode-error quarantine keeps such messages aside and goes on");
  const bool terminate = on_decode_error_ == OnDecodeError::term;
  // A stream may hold nothing else: a few lines, the others are counted.
  if (const auto held_back = bad_lines_.admit())
    log_.warn(terminate ? "a message is terminated" : "a message goes to quarantine",
              {{"sequence", sequence}, {"reason", journey.why}, {"others_since_last_line", *held_back}});
  if (terminate) {
    figures_.terminated += 1;
    committer_.terminated(sequence, journey.era);
    return;
  }
  figures_.quarantined += 1;
  journey.entry.write_quarantine(journey.why);
  journey.entry.commit();
}

} // namespace jetcapture::host
