#include "capture/message_path.hpp"

#include "blocks/destination_key.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace jetcapture::host {

namespace {

std::string said_by(const std::string &stage, jetcapture_status status) {
  std::string sentence = HostServices::take_failure();
  if (sentence.empty())
    sentence = "the " + stage + " gave no reason (" + to_string_status(status) + ")";
  return sentence;
}

} // namespace

MessagePath::MessagePath(const Decoder &decoder, OnDecodeError on_decode_error, Surroundings surroundings)
    : decoder_(decoder), on_decode_error_(on_decode_error),
      with_(surroundings), interface_{{sizeof(jetcapture_sink), 0, &MessagePath::emit}, this},
      payload_check_(decoder.payload()) {}

bool MessagePath::take(const jetcapture_message &message, Era era) {
  Journey journey{message, era, OpenBlocks::Entry(with_.blocks, message, era)};
  journey_ = &journey;
  try {
    switch (decode_and_write(journey)) {
    case Outcome::later:
      begin_wait(journey);
      return false;
    case Outcome::bad:
      settle_bad(journey);
      break;
    case Outcome::written:
      settle_written(journey);
      break;
    }
  } catch (const CaptureError &) {
    wait_no_more(message);
    throw;
  }
  end_wait(message.stream_sequence);
  figures_.routed += 1;
  return true;
}

void MessagePath::wait_no_more(const jetcapture_message &message) {
  with_.waits.ends(message.stream_sequence);
  with_.committer.refused(message.stream_sequence);
}

// Throws CaptureError. Of a message that is bad or waits nothing is in a block.
MessagePath::Outcome MessagePath::decode_and_write(Journey &journey) {
  const jetcapture_message &message = journey.message;
  CallRecord *const calls = decoder_.calls();
  if (calls != nullptr && calls->is_suspect(message.stream_sequence, message.timestamp)) {
    journey.why = "the host ended twice while a plug-in was at this message, so it is not given to the plug-in again";
    return Outcome::bad;
  }
  while (true) {
    decode(journey);
    if (journey.failed == JETCAPTURE_OK)
      return Outcome::written;
    journey.entry.take_back();
    switch (journey.failed) {
    case JETCAPTURE_BAD_DATA:
      return Outcome::bad;
    case JETCAPTURE_RETRY:
      return Outcome::later;
    case JETCAPTURE_NEXT_BLOCK:
      tell_of_full_blocks(journey.entry.end_full_blocks(), journey);
      continue;
    default:
      throw CaptureError("message " + std::to_string(message.stream_sequence) + " stopped the capture (" +
                         to_string_status(journey.failed) + "): " + journey.why);
    }
  }
}

void MessagePath::decode(Journey &journey) {
  const jetcapture_message &message = journey.message;
  journey.failed = JETCAPTURE_OK;
  const jetcapture_message &given = spare_.copy_of(message);
  const jetcapture_status status = [&] {
    const CallRecord::Call call(decoder_.calls(), StageCall::decoder_decode, message.stream_sequence,
                                message.timestamp);
    return decoder_.description().decode(decoder_.self(), &given, &interface_.sink);
  }();
  // An error that emit() gave counts even where the decoder does not hand it on.
  if (status == JETCAPTURE_OK || !goes_on(journey))
    return;
  std::string why = said_by("decoder", status);
  // Only a writer's block can be full.
  refuse(status == JETCAPTURE_NEXT_BLOCK ? JETCAPTURE_FATAL : status, std::move(why), "decoder " + decoder_.name());
}

jetcapture_status MessagePath::emit(const jetcapture_sink *sink, const jetcapture_item *item) {
  MessagePath &path = *reinterpret_cast<const Interface *>(sink)->owner;
  // No exception goes through the decoder's functions: one in C has no way to let it, one in C++ takes it for its own.
  try {
    return path.write(item);
  } catch (const std::exception &error) {
    return path.refuse(JETCAPTURE_FATAL, error.what());
  }
}

jetcapture_status MessagePath::refuse(jetcapture_status status, std::string sentence, std::string by) {
  if (journey_->failed == JETCAPTURE_OK || (goes_on(*journey_) && status != JETCAPTURE_NEXT_BLOCK)) {
    journey_->failed = status;
    journey_->why = std::move(sentence);
    journey_->by = std::move(by);
  }
  return status;
}

jetcapture_status MessagePath::refuse_breach(const char *breach) {
  return refuse(JETCAPTURE_BAD_DATA, breach_of_abi("the decoder " + decoder_.name() + " emitted " + breach));
}

jetcapture_status MessagePath::write(const jetcapture_item *item) {
  if (!goes_on(*journey_))
    return journey_->failed;
  if (const char *breach = breach_of(item))
    return refuse_breach(breach);
  if (key_is_too_large(*item))
    return refuse(JETCAPTURE_BAD_DATA, "its destination key has more than " +
                                           std::to_string(JETCAPTURE_MOST_KEY_PARTS) + " parts or " +
                                           std::to_string(JETCAPTURE_MOST_KEY_BYTES) + " bytes");
  if (const char *breach = payload_check_.breach(item->payload, spare_.message()))
    return refuse_breach(breach);
  const jetcapture_message &message = journey_->message;
  const bool timed = JETCAPTURE_HAS(item, jetcapture_item, event_time) && item->event_time != JETCAPTURE_NO_TIME;
  const std::optional<std::int64_t> interval = with_.blocks.interval_of(timed ? item->event_time : message.timestamp);
  if (!interval)
    return refuse(JETCAPTURE_BAD_DATA, std::string(timed ? "the event time of an item" : "its timestamp") +
                                           " is not in the years 1700 to 2199");
  key_.clear();
  encode_key(item->key, item->key_count, key_);
  if (with_.committer.part_is_stored(message, *interval, key_)) {
    journey_->skipped = true;
    return JETCAPTURE_OK;
  }
  const jetcapture_status status = journey_->entry.write(*interval, key_, for_writer(item->payload));
  if (status == JETCAPTURE_OK)
    return status;
  std::string why = said_by("writer", status);
  if (status != JETCAPTURE_NEXT_BLOCK)
    return refuse(status, std::move(why), "writer " + with_.blocks.writer_name());
  if (journey_->entry.fits_nowhere())
    return refuse(JETCAPTURE_BAD_DATA, "it does not fit into a block of its own: " + why);
  // The decoder goes on, so that all blocks that are full come out at once: it is called again once they have ended.
  if (journey_->failed == JETCAPTURE_OK)
    journey_->full_key = key_;
  refuse(status, std::move(why));
  return JETCAPTURE_OK;
}

// The decoder's copy of the message may have been changed by it: the writer is given the message as the stream has it.
const void *MessagePath::for_writer(const void *payload) {
  if (payload == spare_.message())
    return &journey_->message;
  if (!payload_check_.records() || static_cast<const jetcapture_record *>(payload)->message != spare_.message())
    return payload;
  auto *record = reinterpret_cast<jetcapture_record *>(record_.data());
  const std::size_t size = std::min<std::size_t>(static_cast<const jetcapture_record *>(payload)->size, record_.size());
  std::memcpy(record_.data(), payload, size);
  record->size = static_cast<std::uint32_t>(size);
  record->message = &journey_->message;
  return record;
}

void MessagePath::settle_written(Journey &journey) {
  const std::uint64_t sequence = journey.message.stream_sequence;
  if (!journey.entry.empty()) {
    figures_.rows += journey.entry.commit();
  } else if (journey.skipped) {
    with_.committer.already_stored(sequence, journey.era);
  } else {
    figures_.filtered += 1;
    with_.committer.filtered(sequence, journey.era);
  }
}

void MessagePath::tell_of_full_blocks(std::size_t count, const Journey &journey) {
  // Columns may change now and then.
  constexpr std::uint64_t few = 5;
  full_blocks_ += count;
  if (full_blocks_ <= few)
    return;
  const auto held_back = full_block_lines_.admit();
  if (!held_back)
    return;
  std::string key;
  for (const std::string_view part : decode_key(journey.full_key))
    key.append(key.empty() ? "" : "/").append(part);
  with_.log.warn(
      "blocks end early, because what is written into them differs in more than two ways: where it is the columns, "
      "choose them with --decoder-opt fields=, or give each kind of message a key of its own",
      {{"key", key}, {"reason", journey.why}, {"others_since_last_line", *held_back}});
}

void MessagePath::settle_bad(Journey &journey) {
  const std::uint64_t sequence = journey.message.stream_sequence;
  figures_.bad += 1;
  if (on_decode_error_ == OnDecodeError::stop)
    throw CaptureError("message " + std::to_string(sequence) + " can't be captured: " + journey.why +
                       "; --on-decode-error quarantine keeps such messages aside and goes on");
  const bool terminate = on_decode_error_ == OnDecodeError::term;
  // A stream may hold nothing else: a few lines, the others are counted.
  if (const auto held_back = with_.bad_lines.admit())
    with_.log.warn(terminate ? "a message is terminated" : "a message goes to quarantine",
                   {{"sequence", sequence}, {"reason", journey.why}, {"others_since_last_line", *held_back}});
  if (terminate) {
    figures_.terminated += 1;
    with_.committer.terminated(sequence, journey.era);
    return;
  }
  figures_.quarantined += 1;
  journey.entry.write_quarantine(journey.why);
  journey.entry.commit();
}

void MessagePath::begin_wait(Journey &journey) {
  const std::uint64_t sequence = journey.message.stream_sequence;
  if (!with_.waits.waits(sequence, journey.by, journey.why))
    return;
  if (const auto held_back = with_.wait_lines.admit())
    with_.log.warn("a stage asks to wait: its message is tried again, and those behind it wait",
                   {{"stage", journey.by},
                    {"sequence", sequence},
                    {"reason", journey.why},
                    {"others_since_last_line", *held_back}});
}

void MessagePath::end_wait(std::uint64_t sequence) {
  const auto lasted = with_.waits.ends(sequence);
  if (lasted && with_.wait_lines.admit())
    with_.log.info("the message that waited for a stage went its way",
                   {{"sequence", sequence}, {"seconds", std::chrono::nanoseconds(*lasted)}});
}

} // namespace jetcapture::host
