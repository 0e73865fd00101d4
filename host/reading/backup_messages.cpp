#include "reading/backup_messages.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

constexpr std::uint64_t most_bytes_ahead = 64u << 20; // of objects that are fetched and not taken
constexpr std::size_t read_ahead_of_a_block = 64u << 10;
constexpr std::size_t read_ahead_of_all = 8u << 20;

// Of two messages with the same sequence the later one comes first.
bool comes_after(const std::unique_ptr<BlockMessages> &one, const std::unique_ptr<BlockMessages> &other) {
  return one->sequence() != other->sequence() ? one->sequence() > other->sequence()
                                              : one->timestamp() < other->timestamp();
}

} // namespace

BackupMessages::BackupMessages(const With &with, WholeBlocks found, WantedMessages wanted, Findings &findings)
    : with_(with), wanted_(std::move(wanted)), findings_(findings), found_(std::move(found)),
      loader_(with.store, with.spool, wanted_),
      ahead_(
          found_.blocks.size(), with.threads, {2 * with.threads, most_bytes_ahead},
          [this](std::size_t i) { return found_.blocks[i].bytes; },
          [this](std::size_t i) { return loader_.load(found_.blocks[i]); }) {}

bool BackupMessages::is_retired_since(const WholeBlock &block) {
  if (!nothing_retired_ && !retired_since_.has(*block.manifest, block.line)) {
    retired_since_ = read_retirements(with_.store, ChainFilter{block.manifest->chain.stream, ""});
    nothing_retired_ = !retired_since_.has(*block.manifest, block.line);
  }
  return retired_since_.has(*block.manifest, block.line);
}

// An object that is gone may have been retired since the manifests were read.
void BackupMessages::report(AuditFinding trouble, const WholeBlock &block) {
  if (trouble.kind == "object_missing" && is_retired_since(block)) {
    findings_.add({Verdict::good, "block_retired", block.name, "is retired: the backup no longer has it", {}});
    return;
  }
  findings_.add(std::move(trouble));
}

void BackupMessages::load_next() {
  LoadedBlock loaded = std::move(*ahead_.next());
  const WholeBlock &block = found_.blocks[taken_++];
  if (loaded.trouble)
    report(std::move(*loaded.trouble), block);
  if (loaded.messages == nullptr || !loaded.messages->has_next())
    return;
  in_hand_.push_back(std::move(loaded.messages));
  std::push_heap(in_hand_.begin(), in_hand_.end(), comes_after);
}

WholeMessage BackupMessages::take_first() {
  const std::size_t ahead = std::min(read_ahead_of_a_block, read_ahead_of_all / in_hand_.size());
  std::pop_heap(in_hand_.begin(), in_hand_.end(), comes_after);
  const WholeMessage message = in_hand_.back()->take(kept_, ahead);
  if (in_hand_.back()->has_next())
    std::push_heap(in_hand_.begin(), in_hand_.end(), comes_after);
  else
    in_hand_.pop_back();
  return message;
}

bool BackupMessages::next(WholeMessage &message) {
  while (true) {
    while (taken_ < found_.blocks.size() &&
           (in_hand_.empty() || found_.blocks[taken_].first_sequence <= in_hand_.front()->sequence()))
      load_next();
    if (in_hand_.empty())
      return false;
    message = take_first();
    if (has_given_ && message.sequence == last_sequence_) {
      if (message.timestamp != last_timestamp_)
        findings_.add({Verdict::good,
                       "message_replaced",
                       found_.stream,
                       "has lost a message, and given its sequence to a later one: the earlier one is left out",
                       {{message.sequence, message.sequence}}});
      continue;
    }
    has_given_ = true;
    last_sequence_ = message.sequence;
    last_timestamp_ = message.timestamp;
    return true;
  }
}

} // namespace jetcapture::host
