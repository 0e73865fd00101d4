#include "capture/router.hpp"

#include "capture/destination_key.hpp"
#include "capture/quarantine.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace jetcapture::host {

namespace {

constexpr std::uint32_t most_key_parts = 64;

std::string said_by(const std::string &stage, jetcapture_status status) {
  std::string sentence = HostServices::take_failure();
  if (sentence.empty())
    sentence = "the " + stage + " gave no reason (" + to_string_status(status) + ")";
  return sentence;
}

} // namespace

Router::Router(const Decoder &decoder, const Writer &writer, Sealer &sealer, SharedMessages &shared,
               const Settings &settings, std::mutex *exclusion)
    : decoder_(decoder), writer_(writer), sealer_(sealer), shared_(shared),
      max_messages_(settings.max_messages == 0 ? UINT64_MAX : settings.max_messages),
      max_bytes_(settings.max_bytes == 0 ? UINT64_MAX : settings.max_bytes),
      exclusion_(exclusion), interface_{{sizeof(jetcapture_sink), 0, &Router::emit}, this} {}

void Router::enter() {
  if (exclusion_ == nullptr || entered_)
    return;
  exclusion_->lock();
  entered_ = true;
}

void Router::leave() {
  if (std::exchange(entered_, false))
    exclusion_->unlock();
}

Router::Outcome Router::route(const jetcapture_message &message, std::string &reason) {
  message_ = &message;
  CallRecord *const calls = decoder_.calls();
  if (calls != nullptr && calls->is_suspect(message.stream_sequence, message.timestamp)) {
    reason = "the host ended twice while a plug-in was at this message, so it is not given to the plug-in again";
    return Outcome::bad;
  }
  while (true) {
    failed_ = JETCAPTURE_OK;
    full_ = nullptr;
    const jetcapture_status status = [&] {
      const CallRecord::Call call(calls, StageCall::decoder_decode, message.stream_sequence, message.timestamp);
      return decoder_.description().decode(decoder_.self(), &message, &interface_.sink);
    }();
    // An error that emit() gave counts even where the decoder does not hand it on.
    if (status != JETCAPTURE_OK && failed_ == JETCAPTURE_OK) {
      failed_ = status;
      why_ = said_by("decoder", status);
    }
    if (failed_ == JETCAPTURE_OK)
      break;
    const bool whole = take_back();
    switch (failed_) {
    case JETCAPTURE_BAD_DATA:
    case JETCAPTURE_RETRY: // a decoder and a writer have nothing to wait for
      reason = std::move(why_);
      return Outcome::bad;
    case JETCAPTURE_NEXT_BLOCK:
      if (full_ != nullptr && full_->messages() > 0 && whole) {
        sealer_.seal(*full_, SealReason::writer);
        continue;
      }
      reason = "it does not fit into a block of its own: " + why_;
      if (full_ != nullptr && full_->messages() == 0)
        sealer_.discard(*full_);
      return Outcome::bad;
    default:
      throw CaptureError("message " + std::to_string(message.stream_sequence) + " stopped the capture (" +
                         to_string_status(failed_) + "): " + why_);
    }
  }
  if (touched_.empty())
    return Outcome::filtered;
  commit(message);
  return Outcome::written;
}

jetcapture_status Router::emit(const jetcapture_sink *sink, const jetcapture_item *item) {
  return reinterpret_cast<const Interface *>(sink)->owner->write(*item);
}

jetcapture_status Router::refuse(jetcapture_status status, std::string sentence) {
  if (failed_ == JETCAPTURE_OK) {
    failed_ = status;
    why_ = std::move(sentence);
  }
  return status;
}

jetcapture_status Router::write(const jetcapture_item &item) {
  if (failed_ != JETCAPTURE_OK)
    return failed_;
  if (item.size < offsetof(jetcapture_item, event_time) || item.key_count > most_key_parts ||
      (item.key_count > 0 && item.key == nullptr) || item.payload == nullptr)
    return refuse(JETCAPTURE_FATAL, "the decoder emitted an item that breaks the ABI (size, key or payload)");
  enter();
  const bool timed = JETCAPTURE_HAS(&item, jetcapture_item, event_time) && item.event_time != JETCAPTURE_NO_TIME;
  const std::int64_t interval = sealer_.interval_of(timed ? item.event_time : message_->timestamp);
  key_.clear();
  encode_key(item.key, item.key_count, key_);
  if (!stored_parts_.empty() && is_stored(interval))
    return JETCAPTURE_OK;
  jetcapture_status status;
  Block *block = sealer_.open(interval, false, key_, status);
  if (block == nullptr)
    return refuse(status, said_by("writer", status));
  touch(*block);
  const std::uint64_t before = block->output.bytes();
  {
    const CallRecord::Call call(writer_.calls(), StageCall::writer_write, message_->stream_sequence,
                                message_->timestamp);
    status = writer_.description().write(block->writer_block, item.payload);
  }
  if (status == JETCAPTURE_OK) {
    block->payloads++;
    return JETCAPTURE_OK;
  }
  block->output.rollback(before);
  if (status == JETCAPTURE_NEXT_BLOCK)
    full_ = block;
  return refuse(status, said_by("writer", status));
}

void Router::skip_part(std::uint64_t sequence, std::int64_t interval_start, const std::string &key) {
  stored_parts_[sequence].push_back({interval_start, key});
}

bool Router::is_stored(std::int64_t interval_start) const {
  const auto parts = stored_parts_.find(message_->stream_sequence);
  return parts != stored_parts_.end() &&
         std::any_of(parts->second.begin(), parts->second.end(),
                     [&](const StoredPart &part) { return part.interval_start == interval_start && part.key == key_; });
}

void Router::touch(Block &block) {
  for (const Touched &touched : touched_)
    if (touched.block == &block)
      return;
  if (!block.place.quarantine && writer_.description().mark != nullptr) {
    const CallRecord::Call call(writer_.calls(), StageCall::writer_mark, message_->stream_sequence,
                                message_->timestamp);
    writer_.description().mark(block.writer_block);
  }
  touched_.push_back({&block, block.output.bytes(), block.payloads});
}

// False: the writer can't take back what this message wrote before it failed; that stays.
bool Router::take_back() {
  bool whole = true;
  for (const Touched &touched : touched_) {
    Block &block = *touched.block;
    if (writer_.description().rollback != nullptr) {
      const CallRecord::Call call(writer_.calls(), StageCall::writer_rollback, message_->stream_sequence,
                                  message_->timestamp);
      writer_.description().rollback(block.writer_block);
      block.output.rollback(touched.bytes);
      block.payloads = touched.payloads;
    } else if (block.payloads != touched.payloads) {
      whole = false;
    }
    if (block.messages() == 0 && &block != full_ && block.payloads == 0)
      sealer_.discard(block);
  }
  touched_.clear();
  return whole;
}

void Router::commit(const jetcapture_message &message) {
  const std::uint64_t sequence = message.stream_sequence;
  if (touched_.size() > 1) {
    std::vector<std::uint64_t> ids;
    for (const Touched &touched : touched_)
      ids.push_back(touched.block->id);
    shared_.add(sequence, std::move(ids));
  }
  for (const Touched &touched : touched_) {
    Block &block = *touched.block;
    payloads_ += block.payloads - touched.payloads;
    (touched_.size() > 1 ? block.shared : block.own).append(sequence);
    sealer_.count_message();
    block.content += content_of(sequence, message.timestamp);
    block.first_sequence = std::min(block.first_sequence, sequence);
    block.last_sequence = std::max(block.last_sequence, sequence);
    block.first_timestamp = std::min(block.first_timestamp, message.timestamp);
    block.last_timestamp = std::max(block.last_timestamp, message.timestamp);
    if (block.output.has_full())
      sealer_.hand_on(block, false);
    if (block.messages() >= max_messages_) {
      sealer_.seal(block, SealReason::messages);
    } else {
      std::uint64_t bytes = block.output.bytes();
      if (!block.place.quarantine && writer_.description().pending != nullptr)
        bytes += writer_.description().pending(block.writer_block);
      if (bytes >= max_bytes_)
        sealer_.seal(block, SealReason::bytes);
    }
  }
  touched_.clear();
}

void Router::quarantine(const jetcapture_message &message, std::string_view reason) {
  jetcapture_status status;
  Block *block = sealer_.open(sealer_.interval_of(message.timestamp), true, "", status);
  touch(*block);
  const std::string line = quarantine_line(message, reason);
  if (jetcapture_put(block->output.out(), line.data(), line.size()) != JETCAPTURE_OK)
    throw CaptureError("message " + std::to_string(message.stream_sequence) + " is too large for the quarantine");
  block->payloads++;
  commit(message);
}

} // namespace jetcapture::host
