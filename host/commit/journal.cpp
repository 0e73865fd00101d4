#include "commit/journal.hpp"

#include "files/durable.hpp"
#include "settings/error.hpp"
#include "threads/fault_point.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

// A file that is mostly about blocks that are done is rewritten.
constexpr std::uint64_t smallest_compaction = 1 << 20;

std::string record_of(RecordType type, std::uint64_t number) {
  return RecordWriter(type).put_integer(number).record();
}

std::string reason(int error) {
  return std::strerror(error);
}

} // namespace

Journal::Journal(const std::filesystem::path &folder, JournalContents kept, const CaptureIdentity &identity,
                 const OriginOf &origin_of, Log &log)
    : file_(folder / journal_file), identity_(identity) {
  if (kept.exists)
    adopt(std::move(kept), origin_of, log);
  highest_stored_ = history_.highest();
  const int error = compact();
  if (error == 0 && folder_is_durable_)
    return;
  if (descriptor_ >= 0)
    ::close(descriptor_);
  throw StartupError("the journal " + file_.string() + " can't be written (" + reason(error != 0 ? error : errno) +
                     "): check the folder, or give another --state-dir");
}

Journal::~Journal() {
  try {
    flush();
  } catch (const JournalError &) {
    // Only done records can be lost here: those blocks are acked once more.
  }
  ::close(descriptor_);
}

void Journal::adopt(JournalContents contents, const OriginOf &origin_of, Log &log) {
  next_id_ = contents.next_id;
  uncertain_records_ = contents.damaged_records;
  if (contents.damaged_records > 0)
    log.warn("the journal is damaged: the skipped records are lost, all records after them are kept",
             {{"file", file_.string()},
              {"skipped_bytes", contents.damaged_bytes},
              {"skipped_records", contents.damaged_records},
              {"records_behind", contents.records_behind_damage}});
  if (contents.torn_bytes > 0)
    log.info("the end of the journal is torn, as after a crash, and is cut off", {{"bytes", contents.torn_bytes}});
  const JournalOrigin origin = origin_of(contents.identity);
  if (origin == JournalOrigin::other) {
    if (!contents.blocks.empty() || !contents.history.empty())
      log.warn("the journal belongs to another stream or consumer, or the stream was recreated since: its contents are "
               "dropped",
               {{"blocks", contents.blocks.size()},
                {"stream", contents.identity.stream},
                {"consumer", contents.identity.consumer}});
    return;
  }
  if (origin == JournalOrigin::earlier_consumer)
    log.info("the consumer was recreated since the last run: what that run stored is still known",
             {{"blocks", contents.blocks.size()}, {"safe_up_to", contents.safe_up_to}});
  history_ = std::move(contents.history);
  landmark_ = contents.landmark;
  has_generations_ = !history_.begins().empty();
  if (contents.identity.filters == identity_.filters) {
    safe_up_to_ = contents.safe_up_to;
    earlier_.safe_up_to = contents.safe_up_to;
    if (origin == JournalOrigin::this_consumer)
      earlier_.position = contents.position;
  }
  if (earlier_.position)
    position_ = position_record(*earlier_.position);
  for (auto &[id, block] : contents.blocks) {
    CaptureIdentity of_block = contents.identity;
    of_block.consumer_created = block.consumer_created;
    block.of_earlier_consumer = origin_of(of_block) != JournalOrigin::this_consumer;
    if (block.of_earlier_consumer && block.stored) {
      add_to_history(block);
      continue;
    }
    apply({RecordType::intent, id, intent_record(block)});
    if (block.stored)
      apply({RecordType::stored, id, record_of(RecordType::stored, id)});
    unfinished_.push_back(std::move(block));
  }
}

std::vector<std::uint64_t> Journal::follow_ledger(std::vector<UnfinishedBlock> listed, std::uint64_t floor) {
  synced_ = false;
  std::map<std::string, UnfinishedBlock *> by_name;
  for (UnfinishedBlock &block : unfinished_)
    by_name[block.name] = &block;
  std::vector<std::uint64_t> ids;
  std::vector<UnfinishedBlock> news;
  const MutexLock lock(mutex_);
  for (UnfinishedBlock &block : listed) {
    if (const auto known = by_name.find(block.name); known != by_name.end()) {
      known->second->stored = known->second->stored || block.stored;
      ids.push_back(known->second->id);
      continue;
    }
    block.id = next_id_++;
    ids.push_back(block.id);
    apply({RecordType::intent, block.id, intent_record(block)});
    if (block.stored)
      apply({RecordType::stored, block.id, record_of(RecordType::stored, block.id)});
    news.push_back(std::move(block));
  }
  std::move(news.begin(), news.end(), std::back_inserter(unfinished_));
  ledger_floor_ = floor;
  compact();
  return ids;
}

void Journal::intent(const SealedBlock &block) {
  write_durably({RecordType::intent, block.id, intent_record(block, identity_.consumer_created)});
}

void Journal::stored(std::uint64_t id) {
  write_durably({RecordType::stored, id, record_of(RecordType::stored, id)});
}

void Journal::done(std::uint64_t id) {
  end_block(RecordType::done, id);
}

void Journal::dropped(std::uint64_t id) {
  end_block(RecordType::dropped, id);
}

void Journal::remember(const SequenceList &sequences, std::int64_t newest) {
  const MutexLock lock(mutex_);
  history_.add(sequences, newest);
  highest_stored_ = history_.highest();
}

void Journal::flush() {
  MutexLock lock(mutex_);
  // What is being written may fail, and is pending again then.
  while (writing_)
    written_.wait(lock);
  if (batch_ == nullptr && ends_.empty() && safe_up_to_ <= safe_up_to_in_file_ && !position_is_new() && synced_)
    return;
  if (batch_ == nullptr)
    batch_ = std::make_shared<Batch>();
  batch_->synced = true;
  write_batch();
}

bool Journal::is_stored(std::uint64_t sequence, std::int64_t timestamp) const {
  if (sequence > highest_stored_.load(std::memory_order_relaxed))
    return false;
  const MutexLock lock(mutex_);
  return history_.contains(sequence, timestamp);
}

void Journal::forget_below(std::uint64_t sequence) {
  const MutexLock lock(mutex_);
  history_.forget_below(sequence);
  if (ledger_floor_)
    ledger_floor_ = std::max(*ledger_floor_, sequence);
}

void Journal::safe_up_to(std::uint64_t sequence) {
  const MutexLock lock(mutex_);
  safe_up_to_ = std::max(safe_up_to_, sequence);
}

void Journal::note_position(const Delivery::Progress &position) {
  const MutexLock lock(mutex_);
  position_ = position_record(position);
}

std::uint64_t Journal::safe_up_to() const {
  const MutexLock lock(mutex_);
  return safe_up_to_;
}

void Journal::begin_generation(std::int64_t after) {
  const MutexLock lock(mutex_);
  history_.begin_generation(after);
  has_generations_ = true;
  ends_ += record_of(RecordType::generation, static_cast<std::uint64_t>(after));
}

std::uint32_t Journal::generation_of(std::int64_t timestamp) const {
  if (!has_generations_.load(std::memory_order_relaxed))
    return 0;
  const MutexLock lock(mutex_);
  return history_.generation_of(timestamp);
}

void Journal::forget_generations_before(std::uint32_t in_use) {
  if (!has_generations_.load(std::memory_order_relaxed))
    return;
  const MutexLock lock(mutex_);
  history_.forget_empty_before(in_use);
}

Landmark Journal::landmark() const {
  const MutexLock lock(mutex_);
  Landmark landmark = landmark_;
  for (const UnfinishedBlock &block : unfinished_)
    landmark.see(block);
  return landmark;
}

std::int64_t Journal::newest() const {
  std::int64_t newest = INT64_MIN;
  for (const UnfinishedBlock &block : unfinished_)
    newest = std::max(newest, block.newest);
  const MutexLock lock(mutex_);
  return std::max(newest, history_.newest());
}

std::uint64_t Journal::bytes() const {
  const MutexLock lock(mutex_);
  return good_size_;
}

std::uint64_t Journal::pending_bytes() const {
  const MutexLock lock(mutex_);
  std::uint64_t bytes = ends_.size();
  if (batch_ != nullptr)
    for (const Change &change : batch_->changes)
      bytes += change.record.size();
  return bytes;
}

std::uint64_t Journal::history_bytes() const {
  const MutexLock lock(mutex_);
  return history_.encoded_bytes();
}

std::size_t Journal::generations() const {
  const MutexLock lock(mutex_);
  return history_.generations().size();
}

std::string Journal::problem() const {
  const MutexLock lock(mutex_);
  return problem_;
}

void Journal::add_to_history(const UnfinishedBlock &block) {
  history_.add(block.own, block.newest);
  history_.add(block.shared, block.newest);
  highest_stored_ = history_.highest();
}

void Journal::end_block(RecordType type, std::uint64_t id) {
  const MutexLock lock(mutex_);
  const auto live = live_.find(id);
  if (live == live_.end())
    return;
  // What is done is known by its sequences from now on.
  if (type == RecordType::done) {
    const UnfinishedBlock block = block_of(live->second.intent);
    add_to_history(block);
    landmark_.see(block);
  }
  live_bytes_ -= live->second.bytes();
  live_.erase(live);
  ends_ += record_of(type, id);
}

void Journal::apply(Change change) {
  Live &live = live_[change.id];
  live_bytes_ -= live.bytes();
  (change.type == RecordType::intent ? live.intent : live.stored) = std::move(change.record);
  live_bytes_ += live.bytes();
}

void Journal::write_durably(Change change) {
  const MutexLock lock(mutex_);
  if (batch_ == nullptr)
    batch_ = std::make_shared<Batch>();
  batch_->changes.push_back(std::move(change));
  write_batch();
}

// One writer writes for all that have come by then; the others wait for it.
void Journal::write_batch() {
  if (batch_ == nullptr)
    batch_ = std::make_shared<Batch>();
  const std::shared_ptr<Batch> batch = batch_;
  while (!batch->ended) {
    if (writing_)
      written_.wait(mutex_);
    else
      write_out();
  }
  if (!batch->failure.empty())
    throw JournalError(batch->failure);
}

void Journal::write_out() {
  writing_ = true;
  const std::shared_ptr<Batch> batch = std::exchange(batch_, nullptr);
  std::string ends = std::exchange(ends_, {});
  const std::size_t ends_size = ends.size();
  const std::uint64_t safe = safe_up_to_;
  if (safe > safe_up_to_in_file_)
    ends += record_of(RecordType::floor, safe);
  const std::string position = position_;
  if (position_is_new())
    ends += position;
  const std::uint64_t good_size = good_size_;
  mutex_.unlock();
  const int error = write_to_file(ends, *batch, good_size);
  mutex_.lock();
  writing_ = false;
  batch->ended = true;
  if (error == 0) {
    problem_.clear();
    good_size_ += ends.size();
    safe_up_to_in_file_ = safe;
    position_in_file_ = position;
    for (Change &change : batch->changes) {
      good_size_ += change.record.size();
      apply(std::move(change));
    }
    compact_if_large();
  } else {
    ends_.insert(0, ends, 0, ends_size);
    problem_ = "the journal " + file_.string() + " can't be written (" + reason(error) + ")" +
               (torn_ ? ", and its end can't be cut off" : "");
    batch->failure = problem_;
  }
  written_.notify_all();
}

// errno, or 0: all of it is durable. good_size: what the file is cut back to where that fails.
int Journal::write_to_file(std::string_view ends, const Batch &batch, std::uint64_t good_size) {
  const auto cut = [&] { return ::ftruncate(descriptor_, static_cast<off_t>(good_size)) == 0; };
  const auto write_all = [&] {
    return write_whole(descriptor_, ends) &&
           std::all_of(batch.changes.begin(), batch.changes.end(),
                       [&](const Change &change) { return write_whole(descriptor_, change.record); }) &&
           ((!synced_ && !batch.synced) || ::fdatasync(descriptor_) == 0);
  };
  if (!folder_is_durable_ && !(folder_is_durable_ = sync_folder(file_.parent_path())))
    return errno;
  if (torn_ && !cut())
    return errno;
  torn_ = false;
  if (write_all())
    return 0;
  const int error = errno;
  // What was written in part would stand before what comes next.
  torn_ = !cut();
  return error;
}

void Journal::compact_if_large() {
  if (good_size_ < next_compaction_ || good_size_ < 4 * (live_bytes_ + history_.encoded_bytes()))
    return;
  // The file that is open goes on where no other can be made.
  if (compact() != 0)
    next_compaction_ = good_size_ + smallest_compaction;
}

void Journal::write_history(std::string &bytes) const {
  for (std::size_t i = 0; i < history_.generations().size(); i++) {
    if (i > 0)
      bytes += record_of(RecordType::generation, static_cast<std::uint64_t>(history_.begins()[i - 1]));
    for (const std::string &part : history_.generations()[i].encoded())
      bytes += RecordWriter(RecordType::history, part.size() + sizeof(std::uint32_t)).put(part).record();
  }
}

// errno, or 0: the file is a new one that says the same.
int Journal::compact() {
  const std::filesystem::path fresh = file_.string() + ".new";
  const std::string identity = identity_record(identity_);
  std::string bytes = std::string(journal_first_line) + identity;
  if (safe_up_to_ > 0)
    bytes += record_of(RecordType::floor, safe_up_to_);
  bytes += position_;
  if (ledger_floor_)
    bytes += record_of(RecordType::ledger, *ledger_floor_);
  if (landmark_.sequence > 0)
    bytes +=
        RecordWriter(RecordType::landmark).put_integer(landmark_.sequence).put_integer(landmark_.timestamp).record();
  write_history(bytes);
  for (const auto &[id, live] : live_)
    bytes += live.intent + live.stored;
  // Once more: without it all would be dropped.
  bytes += identity;
  const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  fault_point("during-compaction");
  if (descriptor < 0 || !write_whole(descriptor, bytes) || ::fsync(descriptor) != 0 ||
      ::rename(fresh.c_str(), file_.c_str()) != 0) {
    const int error = errno;
    if (descriptor >= 0)
      ::close(descriptor);
    // On a full disk it takes the room that the records need.
    ::unlink(fresh.c_str());
    return error;
  }
  if (descriptor_ >= 0)
    ::close(descriptor_);
  descriptor_ = descriptor;
  torn_ = false;
  // Until the name is durable a crash may bring back the old file, which says the same; what is appended from now on is
  // not in it.
  folder_is_durable_ = sync_folder(file_.parent_path());
  good_size_ = bytes.size();
  next_compaction_ = smallest_compaction;
  ends_.clear();
  safe_up_to_in_file_ = safe_up_to_;
  position_in_file_ = position_;
  return 0;
}

} // namespace jetcapture::host
