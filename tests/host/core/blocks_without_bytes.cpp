#include "host/core/blocks_without_bytes.hpp"

#include "blocks/destination_key.hpp"
#include "blocks/memory_meter.hpp"
#include "blocks/spool.hpp"
#include "support/folder.hpp"

#include <algorithm>

#include <fcntl.h>

namespace jetcapture::test {

using namespace host;

std::shared_ptr<BlockBody> no_bytes() {
  static Folder folder;
  static MemoryMeter meter{1 << 20};
  static Spool spool{folder.path(), 0};
  static const auto body = std::make_shared<BlockBody>(meter, spool);
  return body;
}

Log &no_log() {
  static Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  return log;
}

std::string encoded_key(const std::string &key) {
  std::string text;
  const jetcapture_text part = {key.data(), key.size()};
  encode_key(&part, 1, text);
  return text;
}

void add_message(SealedBlock &block, const jetcapture_message &message, Era era, std::size_t several) {
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

} // namespace jetcapture::test
