#include "host/core/model_blocks.hpp"

#include "blocks/destination_key.hpp"
#include "blocks/memory_meter.hpp"
#include "blocks/spool.hpp"
#include "support/folder.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <string_view>

#include <fcntl.h>

namespace jetcapture::test {

using namespace host;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t interval = std::chrono::nanoseconds(20s).count();

std::shared_ptr<BlockBody> no_bytes() {
  static Folder folder;
  static MemoryMeter meter{1 << 20};
  static Spool spool{folder.path(), 0};
  static const auto body = std::make_shared<BlockBody>(meter, spool);
  return body;
}

std::string encoded(const std::string &key) {
  std::string text;
  const jetcapture_text part = {key.data(), key.size()};
  encode_key(&part, 1, text);
  return text;
}

// several: in how many blocks the message is.
void add(SealedBlock &block, const jetcapture_message &message, Era era, std::size_t several) {
  if (several > 1)
    block.add_shared(message.stream_sequence, several);
  else
    block.own.append(message.stream_sequence);
  block.first_sequence = std::min(block.first_sequence, message.stream_sequence);
  block.era.connection = std::min(block.era.connection, era.connection);
  if (message.stream_sequence >= block.last_sequence) {
    block.last_sequence = message.stream_sequence;
    block.last_sequence_timestamp = message.timestamp;
  }
  block.first_timestamp = std::min(block.first_timestamp, message.timestamp);
  block.last_timestamp = std::max(block.last_timestamp, message.timestamp);
}

} // namespace

Log &no_log() {
  static Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  return log;
}

void ModelBlocks::route(const jetcapture_message &message, Era era) {
  const std::string_view data(message.data.data, message.data.size);
  const std::uint64_t sequence = message.stream_sequence;
  if (data.empty())
    return committer_.filtered(sequence, era);
  if (data == "!")
    return committer_.terminated(sequence, era);
  const std::int64_t start = message.timestamp / interval * interval;
  std::vector<Sealed *> touched;
  for (const char letter : data) {
    const std::string key(1, letter);
    if (key != "?" && committer_.part_is_stored(message, start, encoded(key)))
      continue;
    Sealed &open = block_at({start, key}, era);
    open.parts.push_back({sequence, message.timestamp, key});
    touched.push_back(&open);
  }
  if (touched.empty())
    return committer_.already_stored(sequence, era);
  if (touched.size() > 1) {
    std::vector<std::uint64_t> ids;
    for (const Sealed *open : touched)
      ids.push_back(open->block.id);
    committer_.in_several(sequence, std::move(ids));
  }
  for (Sealed *open : touched) {
    if (sequence < open->block.first_sequence)
      committer_.begins(open->block.id, sequence);
    add(open->block, message, era, touched.size());
  }
}

ModelBlocks::Sealed &ModelBlocks::block_at(const Place &place, Era era) {
  if (const auto found = open_.find(place);
      found != open_.end() && found->second.block.era.generation != era.generation)
    seal(found);
  Sealed &open = open_[place];
  if (open.block.id == 0) {
    open.block.id = next_id_++;
    open.block.place = {place.first, place.second == "?", place.second == "?" ? "" : encoded(place.second)};
    open.block.era = era;
    open.block.body = no_bytes();
  }
  return open;
}

void ModelBlocks::seal(std::size_t number) {
  seal(std::next(open_.begin(), static_cast<std::ptrdiff_t>(number)));
}

void ModelBlocks::seal_all() {
  while (!open_.empty())
    seal(open_.begin());
}

void ModelBlocks::seal(Open::iterator open) {
  Sealed &sealed = sealed_.emplace_back(std::move(open->second));
  open_.erase(open);
  on_seal_(sealed);
}

void ModelBlocks::step(std::size_t number, const std::function<void(const Sealed &)> &put) {
  const auto place = sealed_.begin() + static_cast<std::ptrdiff_t>(number);
  switch (place->steps++) {
  case 0:
    committer_.before_store(place->block);
    break;
  case 1:
    put(*place);
    break;
  default:
    committer_.stored(place->block);
    sealed_.erase(place);
  }
}

} // namespace jetcapture::test
