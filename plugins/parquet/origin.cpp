#include "parquet/origin.hpp"

#include "jetcapture/plugin.hpp"
#include "text/timestamp.hpp"

#include <algorithm>

#include <arrow/util/key_value_metadata.h>

namespace jetcapture::plugins {

namespace {

std::string time_text(std::int64_t nanoseconds) {
  char place[longest_timestamp];
  return std::string(place, format_timestamp(place, nanoseconds));
}

} // namespace

Origin::Origin(const jetcapture_block_info &info) {
  std::string key;
  for (std::uint32_t i = 0; i < info.key_count; i++)
    key += (i == 0 ? "" : "/") + std::string(view(info.key[i]));
  known_ = {{"jetcapture.stream", std::string(view(info.stream))},
            {"jetcapture.key", std::move(key)},
            {"jetcapture.interval_start", time_text(info.interval_start)},
            {"jetcapture.interval_end", time_text(info.interval_end)}};
}

void Origin::add(const jetcapture_message *message) {
  seen_.rows++;
  if (message == nullptr)
    return;
  seen_.first_sequence = std::min(seen_.first_sequence, message->stream_sequence);
  seen_.last_sequence = std::max(seen_.last_sequence, message->stream_sequence);
  seen_.first_timestamp = std::min(seen_.first_timestamp, message->timestamp);
  seen_.last_timestamp = std::max(seen_.last_timestamp, message->timestamp);
}

std::shared_ptr<const arrow::KeyValueMetadata> Origin::metadata() const {
  auto metadata = std::make_shared<arrow::KeyValueMetadata>();
  for (const auto &[name, value] : known_)
    metadata->Append(name, value);
  metadata->Append("jetcapture.rows", std::to_string(seen_.rows));
  if (seen_.first_sequence != UINT64_MAX) {
    metadata->Append("jetcapture.first_sequence", std::to_string(seen_.first_sequence));
    metadata->Append("jetcapture.last_sequence", std::to_string(seen_.last_sequence));
    metadata->Append("jetcapture.first_timestamp", time_text(seen_.first_timestamp));
    metadata->Append("jetcapture.last_timestamp", time_text(seen_.last_timestamp));
  }
  return metadata;
}

} // namespace jetcapture::plugins
