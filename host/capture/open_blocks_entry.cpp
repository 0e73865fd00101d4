#include "capture/open_blocks.hpp"

#include "blocks/quarantine.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

OpenBlocks::Entry::~Entry() {
  try {
    take_back();
  } catch (const CaptureError &) {
    // An exception is on its way, and says why the capture ends.
  }
}

CallRecord::Call OpenBlocks::Entry::noted(StageCall call) const {
  return {blocks_.with_.writer.calls(), call, message_.stream_sequence, message_.timestamp};
}

void OpenBlocks::Entry::lock() {
  if (lock_) {
    blocks_.mutex_.assert_held();
    return;
  }
  lock_.emplace(blocks_.mutex_);
  blocks_.mutex_.assert_held();
  blocks_.touched_.clear();
  blocks_.full_.clear();
  blocks_.entries_++;
}

jetcapture_status OpenBlocks::Entry::write(std::int64_t interval_start, std::string_view key, const void *payload) {
  lock();
  refused_by_ = nullptr;
  const jetcapture_status status = place(interval_start, key, payload);
  if (status == JETCAPTURE_NEXT_BLOCK && refused_by_ != nullptr)
    note_full(*refused_by_);
  return status;
}

jetcapture_status OpenBlocks::Entry::place(std::int64_t interval_start, std::string_view key, const void *payload) {
  // Where none can be opened, there is none that could be full.
  const auto not_opened = [](jetcapture_status status) {
    return status == JETCAPTURE_NEXT_BLOCK ? JETCAPTURE_FATAL : status;
  };
  jetcapture_status status;
  Block *block = blocks_.open(interval_start, false, key, era_, status);
  if (block == nullptr)
    return not_opened(status);
  Block *const aside = block->aside;
  if (was_full(*block) || (aside != nullptr && was_full(*aside)))
    return JETCAPTURE_NEXT_BLOCK;
  if (aside != nullptr && has_written_into(*aside))
    return write_into(*aside, payload);
  const bool is_first = !has_written_into(*block);
  status = write_into(*block, payload);
  if (status != JETCAPTURE_NEXT_BLOCK || !is_first || (aside == nullptr && block->messages() == 0))
    return status;
  HostServices::take_failure(); // that is no failure yet
  if (aside != nullptr)
    return write_into(*aside, payload);
  Block *const another = blocks_.open_another(interval_start, false, key, era_, status);
  return another == nullptr ? not_opened(status) : write_into(*another, payload);
}

void OpenBlocks::Entry::note_full(Block &block) {
  if (block.messages() > 0) {
    block.full_for = blocks_.entries_;
    blocks_.full_.push_back(&block);
    return;
  }
  fits_nowhere_ = true;
  if (!has_written_into(block))
    blocks_.discard(block);
}

jetcapture_status OpenBlocks::Entry::write_into(Block &block, const void *payload) {
  const bool is_first = touch(block);
  const std::uint64_t before = block.output.bytes();
  jetcapture_status status;
  {
    const CallRecord::Call call = noted(StageCall::writer_write);
    status = blocks_.with_.writer.description().write(block.writer_block, payload);
  }
  check_output(block, before, StageCall::writer_write);
  if (status == JETCAPTURE_OK) {
    block.payloads++;
    return JETCAPTURE_OK;
  }
  block.output.rollback(before);
  if (status != JETCAPTURE_NEXT_BLOCK)
    return status;
  refused_by_ = &block;
  if (is_first) { // nothing of the message is in it
    blocks_.touched_.pop_back();
    touched_--;
    block.entry = 0;
  }
  return status;
}

void OpenBlocks::Entry::write_quarantine(std::string_view reason) {
  lock();
  jetcapture_status status;
  // A time that no path can hold is put where the epoch is: the line has it in full.
  Block *block = blocks_.open(blocks_.interval_of(message_.timestamp).value_or(0), true, "", era_, status);
  touch(*block);
  const std::string line = quarantine_line(message_, reason);
  if (jetcapture_put(block->output.out(), line.data(), line.size()) != JETCAPTURE_OK)
    throw CaptureError("message " + std::to_string(message_.stream_sequence) + " is too large for the quarantine");
  block->payloads++;
}

bool OpenBlocks::Entry::touch(Block &block) {
  if (std::exchange(block.entry, blocks_.entries_) == blocks_.entries_)
    return false;
  if (const auto mark = blocks_.with_.writer.description().mark; mark != nullptr && block.writer_block != nullptr) {
    const std::uint64_t before = block.output.bytes();
    const jetcapture_status status = [&] {
      const CallRecord::Call call = noted(StageCall::writer_mark);
      return mark(block.writer_block);
    }();
    block.output.rollback(before); // mark() writes nothing
    if (status != JETCAPTURE_OK)
      throw CaptureError(blocks_.spoil(block, StageCall::writer_mark, status));
  }
  blocks_.touched_.push_back({&block, block.output.bytes(), block.payloads});
  touched_++;
  return true;
}

void OpenBlocks::Entry::take_back() {
  if (touched_ == 0)
    return;
  lock();
  const auto rollback = blocks_.with_.writer.description().rollback;
  std::string failure;
  for (const Touched &touched : blocks_.touched_) {
    Block &block = *touched.block;
    jetcapture_status status = JETCAPTURE_OK;
    if (rollback != nullptr && block.writer_block != nullptr) {
      const CallRecord::Call call = noted(StageCall::writer_rollback);
      status = rollback(block.writer_block);
    }
    if (status != JETCAPTURE_OK)
      failure = blocks_.spoil(block, StageCall::writer_rollback, status);
    block.output.rollback(touched.bytes);
    block.payloads = touched.payloads;
    block.entry = 0;
    if (block.messages() == 0)
      blocks_.discard(block);
  }
  blocks_.touched_.clear();
  touched_ = 0;
  if (!failure.empty())
    throw CaptureError(failure);
}

std::size_t OpenBlocks::Entry::end_full_blocks() {
  lock();
  const std::vector<Block *> full = std::exchange(blocks_.full_, {});
  for (Block *block : full)
    blocks_.seal(*block, SealReason::writer);
  return full.size();
}

std::uint64_t OpenBlocks::Entry::commit() {
  if (touched_ == 0)
    return 0;
  lock();
  const std::uint64_t sequence = message_.stream_sequence;
  const bool several = blocks_.touched_.size() > 1;
  if (several) {
    std::vector<std::uint64_t> ids;
    for (const Touched &touched : blocks_.touched_)
      ids.push_back(touched.block->id);
    blocks_.with_.committer.in_several(sequence, std::move(ids));
  }
  std::uint64_t payloads = 0;
  touched_ = 0; // nothing is taken back any more
  for (const Touched &touched : blocks_.touched_) {
    Block &block = *touched.block;
    payloads += block.payloads - touched.payloads;
    if (several)
      block.add_shared(sequence, blocks_.touched_.size());
    else
      block.own.append(sequence);
    blocks_.open_messages_++;
    block.era.connection = std::min(block.era.connection, era_.connection);
    block.content += content_of(sequence, message_.timestamp);
    if (sequence < block.first_sequence) {
      block.first_sequence = sequence;
      blocks_.with_.committer.begins(block.id, sequence);
    }
    if (sequence >= block.last_sequence) {
      block.last_sequence = sequence;
      block.last_sequence_timestamp = message_.timestamp;
    }
    block.first_timestamp = std::min(block.first_timestamp, message_.timestamp);
    block.last_timestamp = std::max(block.last_timestamp, message_.timestamp);
    if (block.output.has_full())
      blocks_.hand_on(block, false);
  }
  // Where one can't be finished, all know the message.
  const auto pending = blocks_.with_.writer.description().pending;
  for (const Touched &touched : blocks_.touched_) {
    Block &block = *touched.block;
    const std::uint64_t written = block.output.bytes();
    std::uint64_t bytes = written;
    if (block.writer_block != nullptr && pending != nullptr) {
      bytes += std::min(pending(block.writer_block), UINT64_MAX - written);
      block.output.rollback(written); // pending() writes nothing
    }
    if (block.messages() >= blocks_.max_messages_)
      blocks_.seal(block, SealReason::messages);
    else if (bytes >= blocks_.max_bytes_)
      blocks_.seal(block, SealReason::bytes);
  }
  return payloads;
}

} // namespace jetcapture::host
