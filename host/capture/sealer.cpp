#include "capture/sealer.hpp"

#include "capture/destination_key.hpp"

#include <algorithm>
#include <ctime>

namespace jetcapture::host {

namespace {

constexpr std::int64_t on_its_way = 1'000'000'000;
constexpr std::string_view quarantine_folder = "_quarantine";
constexpr std::string_view quarantine_suffix = ".ndjson";
constexpr std::string_view quarantine_content_type = "application/x-ndjson";

std::string key_for_people(const std::vector<std::string_view> &parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); i++)
    text += (i == 0 ? "" : "/") + std::string(parts[i]);
  return text;
}

} // namespace

std::int64_t wall_clock() {
  std::timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

Sealer::Sealer(const Settings &settings, Identity identity, const Writer &writer, MemoryMeter &meter, Spool &spool,
               Compressors &compressors, Counters &counters, std::uint64_t first_id,
               std::function<void(std::shared_ptr<SealedBlock>)> give)
    : max_age_(settings.max_age.count()), late_grace_(settings.late_grace.count()), compression_(settings.compression),
      identity_(std::move(identity)), template_(settings.path_template, identity_.stream, identity_.consumer),
      writer_(writer), meter_(meter), spool_(spool), compressors_(compressors), counters_(counters),
      give_(std::move(give)), next_id_(first_id),
      suffix_(std::string(writer.description().suffix) + std::string(codec_suffix(compression_))) {}

Sealer::~Sealer() {
  for (Block *block : table_.all())
    close_writer(*block);
}

std::int64_t Sealer::interval_of(std::int64_t timestamp) const {
  const std::int64_t remainder = timestamp % max_age_;
  return timestamp - (remainder < 0 ? remainder + max_age_ : remainder);
}

Block *Sealer::open(std::int64_t interval_start, bool quarantine, std::string_view key, jetcapture_status &status) {
  status = JETCAPTURE_OK;
  if (Block *found = table_.find(interval_start, quarantine, key))
    return found;
  auto block =
      std::make_unique<Block>(next_id_, BlockPlace{interval_start, quarantine, std::string(key)}, meter_, spool_);
  block->opened = wall_clock();
  // By the stream's clock it ends when a message of a later interval comes; by the wall clock, for a quiet stream, a moment later, so
  // that what is on its way still gets in. One that is opened after its time stays open as long as any other.
  const std::int64_t end = interval_start + max_age_ + late_grace_;
  block->due = (block->opened < end ? end + on_its_way : block->opened + max_age_ + late_grace_);
  block->interval_end = is_late(interval_start) ? INT64_MAX : end;
  if (!quarantine) {
    std::vector<jetcapture_text> parts;
    for (const std::string_view part : decode_key(block->place.key))
      parts.push_back({part.data(), part.size()});
    const jetcapture_block_info info = {sizeof(jetcapture_block_info),
                                        static_cast<std::uint32_t>(parts.size()),
                                        parts.data(),
                                        {identity_.stream.data(), identity_.stream.size()},
                                        interval_start,
                                        interval_start + max_age_};
    const CallRecord::Call call(writer_.calls(), StageCall::writer_open, 0, 0);
    status = writer_.description().open(writer_.self(), &info, block->output.out(), &block->writer_block);
    if (status != JETCAPTURE_OK)
      return nullptr;
  }
  next_id_++;
  return &table_.insert(std::move(block));
}

void Sealer::close_writer(Block &block) {
  if (!block.place.quarantine && block.writer_block != nullptr) {
    const CallRecord::Call call(writer_.calls(), StageCall::writer_close, block.first_sequence, block.first_timestamp);
    writer_.description().close(block.writer_block);
  }
  block.writer_block = nullptr;
}

void Sealer::hand_on(Block &block, bool rest) {
  for (Chunk &chunk : block.output.take(rest))
    compressors_.compress(block.body, std::move(chunk));
}

void Sealer::relieve(Block &block) {
  // Without bytes of its own a chunk has the body look whether to move to the spool.
  if (block.output.current_size() == 0)
    compressors_.compress(block.body, Chunk());
  hand_on(block, true);
}

void Sealer::discard(Block &block) {
  close_writer(block);
  table_.remove(block);
}

void Sealer::seal(Block &open_block, SealReason reason) {
  if (open_block.messages() == 0) {
    discard(open_block);
    return;
  }
  const std::unique_ptr<Block> block = table_.remove(open_block);
  if (!block->place.quarantine) {
    const jetcapture_status status = [&] {
      const CallRecord::Call call(writer_.calls(), StageCall::writer_finish, block->first_sequence,
                                  block->first_timestamp);
      return writer_.description().finish(block->writer_block);
    }();
    close_writer(*block);
    if (status != JETCAPTURE_OK)
      throw CaptureError("the writer can't finish a block (" + to_string_status(status) +
                         "): " + HostServices::take_failure());
  }
  hand_on(*block, true);
  open_messages_ -= block->messages();

  auto sealed = std::make_shared<SealedBlock>();
  const std::vector<std::string_view> key = decode_key(block->place.key);
  const ContentPlace place = {.stream = identity_.stream,
                              .stream_created = identity_.stream_created,
                              .key = block->place.key,
                              .interval_start = block->place.interval_start,
                              .first_sequence = block->first_sequence,
                              .last_sequence = block->last_sequence,
                              .content = block->content};
  const std::string suffix =
      block->place.quarantine ? std::string(quarantine_suffix) + std::string(codec_suffix(compression_)) : suffix_;
  std::string folder = template_.folder(key, block->place.interval_start);
  if (block->place.quarantine)
    folder = std::string(quarantine_folder) + (folder.empty() ? "" : "/") + folder;
  sealed->id = block->id;
  sealed->reason = reason;
  sealed->quarantine = block->place.quarantine;
  sealed->name = folder + (folder.empty() ? "" : "/") + file_name(place, suffix);
  sealed->key = key_for_people(key);
  sealed->encoded_key = block->place.key;
  sealed->content_type = block->place.quarantine ? quarantine_content_type : writer_.description().content_type;
  sealed->content_encoding = codec_encoding(compression_);
  sealed->body = block->body;
  sealed->own = std::move(block->own);
  sealed->shared = std::move(block->shared);
  sealed->own.end();
  sealed->shared.end();
  sealed->payloads = block->payloads;
  sealed->written_bytes = block->output.bytes();
  sealed->first_sequence = block->first_sequence;
  sealed->last_sequence = block->last_sequence;
  sealed->first_timestamp = block->first_timestamp;
  sealed->last_timestamp = block->last_timestamp;
  sealed->interval_start = block->place.interval_start;
  sealed->interval_end = block->place.interval_start + max_age_;
  sealed->opened = block->opened;
  sealed->sealed = wall_clock();
  counters_.store.sealed(*sealed);
  // A million blocks may end at once.
  counters_.beat();
  // Called when the last chunk is through, perhaps after this sealer is gone.
  block->body->close([give = give_, sealed] { give(sealed); });
}

bool Sealer::advance(std::int64_t timestamp) {
  watermark_ = std::max(watermark_, timestamp);
  return watermark_ >= table_.first_interval_end();
}

void Sealer::seal_due(std::int64_t now) {
  for (Block *block : table_.of_past_intervals(watermark_))
    seal(*block, SealReason::interval);
  for (Block *block : table_.due(now))
    seal(*block, SealReason::age);
}

void Sealer::seal_all(SealReason reason) {
  for (Block *block : table_.all())
    seal(*block, reason);
}

void Sealer::seal_largest(std::uint64_t messages, SealReason reason) {
  for (Block *block : table_.largest(messages))
    seal(*block, reason);
}

} // namespace jetcapture::host
