#include "commit/journal_contents.hpp"

#include "commit/journal_records.hpp"
#include "settings/error.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

namespace jetcapture::host {

namespace {

// What an intent says, whichever struct has it.
struct Intent {
  std::uint64_t id;
  std::string_view name;
  std::uint64_t bytes;
  const Sha256 &sha256;
  const SequenceList &own;
  const SequenceList &shared;
  std::int64_t interval_start;
  std::string_view key;
  std::int64_t newest;
  std::int64_t last_sequence_timestamp;
  std::int64_t consumer_created;
};

std::string intent_record(const Intent &intent) {
  constexpr std::size_t numbers = 128; // more than all that are no text
  return RecordWriter(RecordType::intent, numbers + intent.name.size() + intent.own.encoded().size() +
                                              intent.shared.encoded().size() + intent.key.size())
      .put_integer(intent.id)
      .put(intent.name)
      .put_integer(intent.bytes)
      .put({reinterpret_cast<const char *>(intent.sha256.data()), intent.sha256.size()})
      .put(intent.own.encoded())
      .put(intent.shared.encoded())
      .put_integer(intent.interval_start)
      .put(intent.key)
      .put_integer(intent.newest)
      .put_integer(intent.last_sequence_timestamp)
      .put_integer(intent.consumer_created)
      .record();
}

// What follows the type. nullopt: not what intent_record() gives.
std::optional<UnfinishedBlock> read_intent(RecordReader &record, std::int64_t consumer_created) {
  UnfinishedBlock block;
  block.id = record.integer<std::uint64_t>();
  block.name = record.text();
  block.bytes = record.integer<std::uint64_t>();
  const std::string hash = record.text();
  if (hash.size() == block.sha256.size())
    std::memcpy(block.sha256.data(), hash.data(), hash.size());
  block.own = record.sequences();
  block.shared = record.sequences();
  block.interval_start = record.integer<std::int64_t>();
  block.key = record.text();
  block.newest = record.integer<std::int64_t>();
  // Version 1 ends here: the whole file was of one consumer.
  block.consumer_created = consumer_created;
  if (!record.at_end()) {
    block.last_sequence_timestamp = record.integer<std::int64_t>();
    block.consumer_created = record.integer<std::int64_t>();
  }
  if (!record.good() || hash.size() != block.sha256.size())
    return std::nullopt;
  const auto higher = [&](std::uint64_t sequence) { block.last_sequence = std::max(block.last_sequence, sequence); };
  block.own.for_each(higher);
  block.shared.for_each(higher);
  return block;
}

void take(const std::string &payload, JournalContents &contents) {
  RecordReader record(payload);
  const auto block_of_record = [&] { return contents.blocks.find(record.integer<std::uint64_t>()); };
  switch (record.type()) {
  case RecordType::identity:
    contents.identity.stream = record.text();
    contents.identity.stream_created = record.text();
    contents.identity.consumer = record.text();
    contents.identity.consumer_created = record.integer<std::int64_t>();
    if (!record.at_end())
      contents.identity.filters = record.text();
    break;
  case RecordType::intent:
    if (auto block = read_intent(record, contents.identity.consumer_created)) {
      contents.next_id = std::max(contents.next_id, block->id + 1);
      contents.landmark.see(*block);
      contents.blocks[block->id] = std::move(*block);
    }
    break;
  case RecordType::stored:
    if (const auto block = block_of_record(); block != contents.blocks.end())
      block->second.stored = true;
    break;
  case RecordType::done:
    if (const auto block = block_of_record(); block != contents.blocks.end()) {
      contents.history.add(block->second.own, block->second.newest);
      contents.history.add(block->second.shared, block->second.newest);
      contents.blocks.erase(block);
    }
    break;
  case RecordType::dropped:
    if (const auto block = block_of_record(); block != contents.blocks.end())
      contents.blocks.erase(block);
    break;
  case RecordType::history:
    contents.history.merge(record.text());
    break;
  case RecordType::landmark: {
    const auto sequence = record.integer<std::uint64_t>();
    const auto timestamp = record.integer<std::int64_t>();
    if (record.good() && sequence > contents.landmark.sequence)
      contents.landmark = {sequence, timestamp};
    break;
  }
  case RecordType::floor:
    contents.safe_up_to = std::max(contents.safe_up_to, record.integer<std::uint64_t>());
    break;
  case RecordType::position: {
    Delivery::Progress position;
    position.delivered_sequence = record.integer<std::uint64_t>();
    position.delivered_consumer_sequence = record.integer<std::uint64_t>();
    position.not_delivered = record.integer<std::uint64_t>();
    position.stream_first_sequence = record.integer<std::uint64_t>();
    position.stream_last_sequence = record.integer<std::uint64_t>();
    position.stream_messages = record.integer<std::uint64_t>();
    if (record.good())
      contents.position = position;
    break;
  }
  case RecordType::ledger:
    contents.ledger_floor = record.integer<std::uint64_t>();
    break;
  case RecordType::generation:
    contents.history.begin_generation(record.integer<std::int64_t>());
    break;
  }
}

// What is of no use any more: generations of which nothing is stored, and no block is unfinished.
void forget_empty_generations(JournalContents &contents) {
  std::uint32_t in_use = UINT32_MAX;
  for (const auto &[id, block] : contents.blocks)
    in_use = std::min(in_use, contents.history.generation_of(block.newest));
  contents.history.forget_empty_before(in_use);
  contents.history.renumber();
}

} // namespace

std::string identity_record(const CaptureIdentity &identity) {
  return RecordWriter(RecordType::identity)
      .put(identity.stream)
      .put(identity.stream_created)
      .put(identity.consumer)
      .put_integer(identity.consumer_created)
      .put(identity.filters)
      .record();
}

std::string position_record(const Delivery::Progress &position) {
  return RecordWriter(RecordType::position)
      .put_integer(position.delivered_sequence)
      .put_integer(position.delivered_consumer_sequence)
      .put_integer(position.not_delivered)
      .put_integer(position.stream_first_sequence)
      .put_integer(position.stream_last_sequence)
      .put_integer(position.stream_messages)
      .record();
}

std::string intent_record(const SealedBlock &block, std::int64_t consumer_created) {
  return intent_record(Intent{block.id, block.name, block.body->size(), block.body->sha256(), block.own, block.shared,
                              block.place.interval_start, block.place.key, block.last_timestamp,
                              block.last_sequence_timestamp, consumer_created});
}

std::string intent_record(const UnfinishedBlock &block) {
  return intent_record(Intent{block.id, block.name, block.bytes, block.sha256, block.own, block.shared,
                              block.interval_start, block.key, block.newest, block.last_sequence_timestamp,
                              block.consumer_created});
}

UnfinishedBlock block_of(std::string_view intent_record) {
  const std::string payload = payload_of(intent_record);
  RecordReader record(payload);
  static_cast<void>(record.type());
  return read_intent(record, 0).value_or(UnfinishedBlock());
}

UnfinishedBlock unfinished_of(const EarlierLine &line) {
  UnfinishedBlock block;
  block.stored = line.done;
  block.name = line.block.name;
  block.bytes = line.block.bytes;
  block.sha256 = line.block.sha256;
  for (const std::uint64_t sequence : line.block.own)
    block.own.append(sequence);
  for (const SharedMessage &message : line.block.shared)
    block.shared.append(message.sequence);
  block.interval_start = line.block.place.interval_start;
  block.key = line.block.place.key;
  block.newest = line.block.last_timestamp;
  block.last_sequence = line.block.last_sequence;
  block.last_sequence_timestamp = line.block.last_sequence_timestamp;
  block.consumer_created = line.consumer_created;
  return block;
}

JournalContents read_journal(const std::filesystem::path &file) {
  JournalContents contents;
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    if (std::filesystem::exists(file))
      throw StartupError("the journal " + file.string() + " can't be read: check its permissions");
    return contents;
  }
  std::ostringstream text;
  text << in.rdbuf();
  const std::string bytes = text.str();
  RecordScanner records(bytes);
  if (!records.is_journal())
    throw StartupError(file.string() + " is not a journal that this version can read: give another --state-dir");
  contents.exists = true;
  while (const auto record = records.next())
    take(*record, contents);
  forget_empty_generations(contents);
  contents.damaged_bytes = records.damaged_bytes();
  contents.damaged_records = records.damaged_records();
  contents.records_behind_damage = records.records_behind_damage();
  contents.torn_bytes = records.torn_bytes();
  return contents;
}

} // namespace jetcapture::host
