#include "host/capture/path_rig.hpp"

#include "blocks/destination_key.hpp"

#include <numeric>
#include <stdexcept>
#include <utility>

#include <fcntl.h>

namespace jetcapture::test {

using namespace host;

PathRig::PathRig(Settings given, bool can_roll_back)
    : settings(std::move(given)), log(Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)),
      decoder_(fake_decoder(), StageKind::decoder, {}, "test.item/1", log, cancelled_),
      writer_(fake_writer(can_roll_back), StageKind::writer, {}, "test.item/1", log, cancelled_),
      blocks(settings, {"S", "2026-01-01T00:00:00Z", "C"},
             {.writer = writer_,
              .committer = committer,
              .meter = meter,
              .spool = spool,
              .compressors = compressors,
              .counters = counters,
              .clock = clock},
             1,
             [this](std::shared_ptr<SealedBlock> block) {
               const std::lock_guard lock(mutex_);
               sealed_.push_back(std::move(block));
               came_.notify_all();
             }),
      path(decoder_, settings.on_decode_error,
           {.blocks = blocks,
            .committer = committer,
            .waits = counters.waits,
            .bad_lines = lines_,
            .wait_lines = lines_,
            .log = log}) {}

bool PathRig::message_at(std::string_view data, std::int64_t timestamp, Era era) {
  data_ = data;
  last_ = {};
  last_.size = sizeof last_;
  last_.data = {data_.data(), data_.size()};
  last_.stream_sequence = ++sequence_;
  last_.timestamp = timestamp;
  last_.deliveries = 1;
  blocks.reach(timestamp);
  return path.take(last_, era);
}

// Their last bytes are through the compressors a little later.
std::vector<std::shared_ptr<SealedBlock>> PathRig::all_sealed() {
  const auto by_reason = counters.store.snapshot().sealed_by_reason;
  const std::uint64_t count = std::accumulate(by_reason.begin(), by_reason.end(), std::uint64_t{0});
  std::unique_lock lock(mutex_);
  if (!came_.wait_for(lock, std::chrono::seconds(10), [&] { return sealed_.size() == count; }))
    throw std::runtime_error("a sealed block was not handed on");
  return sealed_;
}

Texts PathRig::sealed() {
  Texts texts;
  const auto all = all_sealed();
  for (; told_ < all.size(); told_++) {
    const SealedBlock &block = *all[told_];
    std::string text = std::string(to_string(block.reason)) + " ";
    for (const std::string_view part : decode_key(block.place.key))
      text += part;
    text += block.place.quarantine ? "quarantine:" : ":";
    const auto add = [&](std::uint64_t sequence) { text += " " + std::to_string(sequence); };
    block.own.for_each(add);
    block.shared.for_each(add);
    texts.push_back(std::move(text));
  }
  return texts;
}

std::map<StoredPart, std::size_t> PathRig::parts() {
  std::map<StoredPart, std::size_t> parts;
  for (const auto &block : all_sealed())
    if (!block->place.quarantine)
      for (const StoredPart &part : parts_of(bytes_of(*block)))
        parts[part]++;
  return parts;
}

std::string bytes_of(const SealedBlock &block) {
  std::string bytes(block.body->size(), '\0');
  if (block.body->read(0, bytes.data(), bytes.size()) != static_cast<std::int64_t>(bytes.size()))
    throw std::runtime_error("a block can't be read");
  return bytes;
}

} // namespace jetcapture::test
