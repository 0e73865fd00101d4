// Where the rows of a file come from, as key-value metadata of its footer: what a manifest would say, as far as a
// writer knows it.
#pragma once

#include "jetcapture/payload.h"
#include "jetcapture/writer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace arrow {
class KeyValueMetadata;
}

namespace jetcapture::plugins {

class Origin {
public:
  explicit Origin(const jetcapture_block_info &info);

  // The message of one more row; nullptr where the decoder does not say it.
  void add(const jetcapture_message *message);
  void mark() { marked_ = seen_; }
  void rollback() { seen_ = marked_; }

  // jetcapture.stream, .key (its parts joined by /), .interval_start, .interval_end, .rows, .first_sequence,
  // .last_sequence, .first_timestamp, .last_timestamp; what is not known is left out.
  std::shared_ptr<const arrow::KeyValueMetadata> metadata() const;

private:
  struct Seen {
    std::uint64_t rows = 0;
    std::uint64_t first_sequence = UINT64_MAX;
    std::uint64_t last_sequence = 0;
    std::int64_t first_timestamp = INT64_MAX;
    std::int64_t last_timestamp = INT64_MIN;
  };
  std::vector<std::pair<std::string, std::string>> known_;
  Seen seen_;
  Seen marked_;
};

} // namespace jetcapture::plugins
