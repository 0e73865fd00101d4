// What a run of shared delivery takes up from earlier ones: their lines of the ledger, their unfinished blocks, and
// what they had in flight.
#include "commit/shared_committer.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace jetcapture::host {

void SharedCommitter::follow_ledger(const std::vector<EarlierLine> &lines) {
  std::vector<UnfinishedBlock> blocks;
  for (const EarlierLine &line : lines)
    blocks.push_back(unfinished_of(line));
  const std::vector<std::uint64_t> ids = journal_.follow_ledger(std::move(blocks), ledger_->earlier_runs().floor());
  for (std::size_t i = 0; i < ids.size(); i++)
    ledger_->adopt(ids[i], lines[i]);
}

// What the journal has left unfinished is told as that is settled. Of what it does not know, either nothing was put, or
// all is done. The same messages give an object of the same name again: of those lines the last one is the object's.
void SharedCommitter::declare_lines(const std::vector<EarlierLine> &lines, const IsInStore &is_in_store) {
  std::unordered_map<std::string_view, std::uint64_t> unfinished;
  for (const UnfinishedBlock &block : journal_.unfinished())
    unfinished.emplace(block.name, block.id);
  std::unordered_set<std::string_view> told;
  for (const EarlierLine &line : lines)
    if (line.done)
      told.insert(line.block.name);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (!line->own || line->done)
      continue;
    const bool is_last = told.insert(line->block.name).second;
    if (const auto block = unfinished.find(line->block.name); is_last && block != unfinished.end())
      ledger_->adopt(block->second, *line);
    else
      ledger_->settle(*line, is_last && is_in_store(unfinished_of(*line)));
  }
}

void SharedCommitter::settle_earlier_runs(const IsInStore &is_in_store, std::uint64_t delivered) {
  newest_ = journal_.newest();
  landmark_ = journal_.landmark();
  std::vector<UnfinishedBlock> stored;
  for (const UnfinishedBlock &block : journal_.unfinished()) {
    const bool is_stored = block.stored || is_in_store(block);
    if (notifier_ != nullptr)
      notifier_->settle(block.name, is_stored);
    if (is_stored)
      stored.push_back(block);
    else
      journal_.dropped(block.id); // its messages come again, into a block of this run
    if (ledger_ != nullptr && is_stored)
      ledger_->done(block.id);
    else if (ledger_ != nullptr)
      ledger_->lost(block.id);
  }
  if (notifier_ != nullptr)
    settle_notifications(is_in_store);
  for (const UnfinishedBlock &block : stored)
    earlier_.add(block, journal_.generation_of(block.newest));
  give_back_left_over(stored);
  for (const UnfinishedBlock &block : stored)
    ack_earlier(block, delivered);
  if (!stored.empty())
    log_.info("blocks that an earlier run had stored are acked, and not written again", {{"blocks", stored.size()}});
}

// What the journal has forgotten, and the outbox has not: it was done, and a power cut has taken the outbox's last
// lines.
void SharedCommitter::settle_notifications(const std::function<bool(const UnfinishedBlock &)> &is_in_store) {
  for (const Outbox::Prepared &left : notifier_->unsettled()) {
    UnfinishedBlock block;
    block.name = left.notification.id;
    block.bytes = left.bytes;
    block.sha256 = left.sha256;
    notifier_->settle(block.name, is_in_store(block));
  }
  notifier_->start();
}

// Its messages that were delivered are in flight until that is confirmed, so that a redelivery is not acked once more.
// The others are known as stored when they come.
void SharedCommitter::ack_earlier(const UnfinishedBlock &block, std::uint64_t delivered) {
  const Era era = {.generation = journal_.generation_of(block.newest), .connection = 0};
  SequenceList to_ack;
  // The acks of an earlier consumer mean nothing to this one.
  if (!block.of_earlier_consumer)
    block.own.for_each([&](std::uint64_t sequence) {
      if (sequence > delivered)
        return;
      to_ack.append(sequence);
      take_in(era, sequence);
    });
  if (to_ack.empty()) {
    done(earlier_.settled(block.id));
    return;
  }
  unanswered_orders_++;
  delivery_.ack({.sequences = std::move(to_ack),
                 .blocks = {block.id},
                 .era = era,
                 .newest = {block.last_sequence, block.last_sequence_timestamp}});
}

// What an earlier run had in flight when it was killed is returned to the stream, unless its ack_wait is over anyway.
void SharedCommitter::give_back_left_over(const std::vector<UnfinishedBlock> &stored) {
  StoredSequences acked;
  for (const UnfinishedBlock &block : stored)
    acked.add(block.own, block.newest);
  SequenceList left;
  in_flight_.left_over().for_each([&](std::uint64_t sequence) {
    if (!acked.contains(sequence, INT64_MIN))
      left.append(sequence);
  });
  const std::chrono::nanoseconds since(std::max<std::int64_t>(0, clock_.wall() - in_flight_.left_at()));
  if (!left.empty() && since < delivery_.ack_wait()) {
    log_.info("messages that an earlier run had in flight are returned to the stream, to be captured now",
              {{"messages", left.size()}});
    delivery_.give_back(left);
  }
  in_flight_.forget_left_over();
}

} // namespace jetcapture::host
