#include "capture/open_blocks.hpp"

#include "blocks/destination_key.hpp"
#include "settings/settings.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

// A block of an interval that is over stays open so long for what is still on its way.
constexpr std::chrono::nanoseconds on_its_way = 1s;
constexpr std::size_t blocks_a_round = 64;
constexpr std::uint64_t smallest_worth_spilling = 4096;
constexpr std::string_view quarantine_folder = "_quarantine";
constexpr std::string_view quarantine_suffix = ".quarantine"; // no data for who reads **/*.ndjson*
constexpr std::string_view quarantine_content_type = "application/x-ndjson";

std::string breach(StageCall call, const std::string &what) {
  return breach_of_abi("the writer's " + std::string(function_of(call)) + " " + what);
}

std::string left_its_place(StageCall call) {
  return breach(call, "moved the cursor of its output to before what was written, or past the end");
}

std::uint64_t or_no_limit(std::uint64_t limit) {
  return limit == 0 ? UINT64_MAX : limit;
}

// Sums with it fit into 64 bits: --max-age and --late-grace are ten years at most.
bool has_interval(std::int64_t timestamp) {
  return timestamp >= JETCAPTURE_FIRST_TIME && timestamp <= JETCAPTURE_LAST_TIME;
}

} // namespace

OpenBlocks::OpenBlocks(const Settings &settings, CaptureNames names, Surroundings surroundings, std::uint64_t first_id,
                       std::function<void(std::shared_ptr<SealedBlock>)> give)
    : max_age_(settings.max_age.count()), hold_((settings.max_age + settings.late_grace).count()),
      max_messages_(or_no_limit(settings.max_messages)), max_bytes_(or_no_limit(settings.max_bytes)),
      compression_(settings.compression), names_(std::move(names)),
      template_(settings.path_template, names_.stream, names_.consumer, settings.path_null), with_(surroundings),
      give_(std::move(give)), next_id_(first_id) {}

OpenBlocks::~OpenBlocks() {
  for (Block *block : table_.all())
    close_writer(*block);
}

void OpenBlocks::begin(std::uint64_t first_id, std::string run) {
  const MutexLock lock(mutex_);
  next_id_ = first_id;
  names_.run = std::move(run);
}

std::optional<std::int64_t> OpenBlocks::interval_of(std::int64_t timestamp) const {
  if (!has_interval(timestamp))
    return std::nullopt;
  const std::int64_t remainder = timestamp % max_age_;
  return timestamp - (remainder < 0 ? remainder + max_age_ : remainder);
}

Block *OpenBlocks::open(std::int64_t interval_start, bool quarantine, std::string_view key, Era era,
                        jetcapture_status &status) {
  status = JETCAPTURE_OK;
  while (Block *found = table_.find(interval_start, quarantine, key)) {
    if (found->aside != nullptr && found->aside->era.generation != era.generation)
      seal(*found->aside, SealReason::stream_reset);
    if (found->era.generation == era.generation)
      return found;
    seal(*found, SealReason::stream_reset);
  }
  return open_another(interval_start, quarantine, key, era, status);
}

Block *OpenBlocks::open_another(std::int64_t interval_start, bool quarantine, std::string_view key, Era era,
                                jetcapture_status &status) {
  auto block = std::make_unique<Block>(next_id_, BlockPlace{interval_start, quarantine, std::string(key)}, with_.meter,
                                       with_.spool);
  block->era = era;
  block->opened = with_.clock.now();
  stream_clock_.hear(watermark_.load(std::memory_order_relaxed), with_.clock);
  // By the stream's clock it ends when a message of a later interval comes; by the host's, for a quiet stream, a moment
  // later. One that is opened after its time, or long before it, stays open as long as any other.
  const std::int64_t end = interval_start + hold_;
  const std::int64_t left = end - std::min(end, stream_clock_.now(with_.clock));
  const std::chrono::nanoseconds stay =
      left > 0 && left <= hold_ ? std::chrono::nanoseconds(left) + on_its_way : std::chrono::nanoseconds(hold_);
  block->due = block->opened + std::chrono::duration_cast<Clock::time_point::duration>(stay);
  block->interval_end = is_late(interval_start) ? INT64_MAX : end;
  if (!quarantine && (status = begin_writing(*block)) != JETCAPTURE_OK)
    return nullptr;
  next_id_++;
  Block &opened = table_.insert(std::move(block));
  first_interval_end_ = table_.first_interval_end();
  return &opened;
}

jetcapture_status OpenBlocks::begin_writing(Block &block) {
  std::vector<jetcapture_text> parts;
  for (const std::string_view part : decode_key(block.place.key))
    parts.push_back({part.data(), part.size()});
  const jetcapture_block_info info = {sizeof(jetcapture_block_info),
                                      static_cast<std::uint32_t>(parts.size()),
                                      parts.data(),
                                      {names_.stream.data(), names_.stream.size()},
                                      block.place.interval_start,
                                      block.place.interval_start + max_age_};
  const jetcapture_status status = [&] {
    const CallRecord::Call call(with_.writer.calls(), StageCall::writer_open, 0, 0);
    return with_.writer.description().open(with_.writer.self(), &info, block.output.out(), &block.writer_block);
  }();
  check_output(block, 0, StageCall::writer_open);
  if (status == JETCAPTURE_OK && block.writer_block == nullptr)
    throw CaptureError(breach(StageCall::writer_open, "returned JETCAPTURE_OK without a block"));
  return status;
}

void OpenBlocks::check_output(Block &block, std::uint64_t before, StageCall call) {
  if (block.output.kept_its_place(before))
    return;
  block.output.rollback(before);
  throw CaptureError(left_its_place(call));
}

std::string OpenBlocks::spoil(Block &block, StageCall call, jetcapture_status status) const {
  block.is_spoiled = true;
  const std::string sentence = HostServices::take_failure();
  return "the writer " + with_.writer.name() + " failed in " + std::string(function_of(call)) + " (" +
         to_string_status(status) + ")" + (sentence.empty() ? "" : ": " + sentence);
}

void OpenBlocks::close_writer(Block &block) {
  if (block.writer_block != nullptr) {
    const CallRecord::Call call(with_.writer.calls(), StageCall::writer_close, block.first_sequence,
                                block.first_timestamp);
    with_.writer.description().close(block.writer_block);
  }
  block.writer_block = nullptr;
}

void OpenBlocks::hand_on(Block &block, bool rest) {
  for (Chunk &chunk : block.output.take(rest))
    with_.compressors.compress(block.body, std::move(chunk));
}

void OpenBlocks::discard(Block &block) {
  close_writer(block);
  table_.remove(block);
  first_interval_end_ = table_.first_interval_end();
}

void OpenBlocks::seal(Block &open_block, SealReason reason) {
  if (open_block.messages() == 0) {
    discard(open_block);
    return;
  }
  const std::unique_ptr<Block> block = table_.remove(open_block);
  first_interval_end_ = table_.first_interval_end();
  open_messages_ -= block->messages();
  if (const std::string why_not = finish(*block); !why_not.empty()) {
    const auto refuse = [this](std::uint64_t sequence) { with_.committer.refused(sequence); };
    block->own.for_each(refuse);
    block->shared.for_each(refuse);
    throw CaptureError(why_not);
  }
  hand_on(*block, true);
  const std::shared_ptr<SealedBlock> sealed = sealed_of(*block, reason);
  with_.counters.store.sealed(*sealed);
  // A million blocks may end at once.
  with_.counters.beat();
  // Called when the last chunk is through.
  block->body->close([give = give_, sealed] { give(sealed); });
}

std::string OpenBlocks::finish(Block &block) {
  if (block.writer_block == nullptr)
    return "";
  if (block.is_spoiled) {
    close_writer(block);
    return "a block whose writer has failed is not stored";
  }
  const std::uint64_t before = block.output.bytes();
  const jetcapture_status status = [&] {
    const CallRecord::Call call(with_.writer.calls(), StageCall::writer_finish, block.first_sequence,
                                block.first_timestamp);
    return with_.writer.description().finish(block.writer_block);
  }();
  std::string why_not;
  if (!block.output.kept_its_place(before))
    why_not = left_its_place(StageCall::writer_finish);
  else if (status != JETCAPTURE_OK)
    why_not = "the writer can't finish a block (" + to_string_status(status) + "): " + HostServices::take_failure();
  close_writer(block);
  return why_not;
}

std::shared_ptr<SealedBlock> OpenBlocks::sealed_of(Block &block, SealReason reason) const {
  auto sealed = std::make_shared<SealedBlock>();
  static_cast<BlockFacts &>(*sealed) = std::move(static_cast<BlockFacts &>(block));
  sealed->own.end();
  sealed->shared.end();
  sealed->reason = reason;
  sealed->body = block.body;
  sealed->written_bytes = block.output.bytes();
  const bool quarantine = sealed->place.quarantine;
  const jetcapture_writer &writer = with_.writer.description();
  sealed->content_type = quarantine ? quarantine_content_type : writer.content_type;
  sealed->content_encoding = codec_encoding(compression_);
  const ContentPlace place = {.stream = names_.stream,
                              .stream_created = names_.stream_created,
                              .captured_by = names_.captured_by,
                              .key = sealed->place.key,
                              .interval_start = sealed->place.interval_start,
                              .first_sequence = sealed->first_sequence,
                              .last_sequence = sealed->last_sequence,
                              .content = sealed->content,
                              .run = names_.run,
                              .block = sealed->id};
  std::string folder = template_.folder(decode_key(sealed->place.key), sealed->place.interval_start);
  if (quarantine)
    folder = std::string(quarantine_folder) + (folder.empty() ? "" : "/") + folder;
  const std::string suffix =
      std::string(quarantine ? quarantine_suffix : writer.suffix) + std::string(codec_suffix(compression_));
  sealed->name = folder + (folder.empty() ? "" : "/") + file_name(place, suffix);
  return sealed;
}

void OpenBlocks::reach(std::int64_t timestamp) {
  // At the edge of time it would be behind all intervals, and each block would end with its first message.
  if (timestamp > watermark_.load(std::memory_order_relaxed) && has_interval(timestamp))
    watermark_.store(timestamp, std::memory_order_relaxed);
  if (watermark_.load(std::memory_order_relaxed) < first_interval_end_.load(std::memory_order_relaxed))
    return;
  const MutexLock lock(mutex_);
  seal_due_locked();
}

void OpenBlocks::seal_due() {
  const MutexLock lock(mutex_);
  stream_clock_.hear(watermark_.load(std::memory_order_relaxed), with_.clock);
  seal_due_locked();
}

void OpenBlocks::seal_due_locked() {
  for (Block *block : table_.of_past_intervals(watermark_))
    seal(*block, SealReason::interval);
  for (Block *block : table_.due(with_.clock.now()))
    seal(*block, SealReason::age);
}

void OpenBlocks::seal_all(SealReason reason) {
  const MutexLock lock(mutex_);
  for (Block *block : table_.all())
    seal(*block, reason);
}

void OpenBlocks::seal_largest(std::uint64_t messages, SealReason reason) {
  const MutexLock lock(mutex_);
  for (Block *block : table_.largest(messages))
    seal(*block, reason);
}

std::size_t OpenBlocks::relieve_some() {
  const MutexLock lock(mutex_);
  const std::uint64_t blocks = std::max<std::size_t>(1, table_.size());
  const std::uint64_t worth_it = std::min<std::uint64_t>(smallest_worth_spilling, with_.meter.used() / blocks / 2);
  const std::vector<Block *> round = table_.next_round(blocks_a_round);
  for (Block *block : round) {
    if (std::max<std::uint64_t>(block->output.current_size(), block->body->in_memory()) < worth_it)
      continue;
    // Without bytes of its own a chunk has the body look whether to move to the spool.
    if (block->output.current_size() == 0)
      with_.compressors.compress(block->body, Chunk());
    hand_on(*block, true);
  }
  return round.size();
}

std::vector<std::int64_t> OpenBlocks::ended(std::vector<std::int64_t> intervals) const {
  const MutexLock lock(mutex_);
  std::unordered_set<std::int64_t> open;
  for (const Block *block : table_.all())
    open.insert(block->place.interval_start);
  const std::int64_t now = std::max(watermark_.load(std::memory_order_relaxed),
                                    stream_clock_.now(with_.clock) - std::chrono::nanoseconds(on_its_way).count());
  std::erase_if(intervals, [&](std::int64_t start) { return start + hold_ > now || open.contains(start); });
  return intervals;
}

std::size_t OpenBlocks::size() const {
  const MutexLock lock(mutex_);
  return table_.size();
}

std::uint64_t OpenBlocks::messages() const {
  const MutexLock lock(mutex_);
  return open_messages_;
}

BlockTable::Oldest OpenBlocks::oldest() const {
  const MutexLock lock(mutex_);
  return table_.oldest();
}

std::vector<SequenceList> OpenBlocks::sequences() const {
  const MutexLock lock(mutex_);
  std::vector<SequenceList> lists;
  for (const Block *block : table_.all()) {
    lists.push_back(block->own);
    lists.push_back(block->shared);
  }
  return lists;
}

std::chrono::nanoseconds OpenBlocks::clock_behind() const {
  const MutexLock lock(mutex_);
  return stream_clock_.behind();
}

} // namespace jetcapture::host
