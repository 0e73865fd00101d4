#include "nats/headers.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace jetcapture::host {

namespace {

constexpr std::string_view version_line = "NATS/1.0";
// More than any server allows (max_payload is 64 MiB at most): a larger gap is not a header block.
constexpr std::ptrdiff_t largest_block = 64 << 20;

bool has_headers(natsMsg *message) {
  const char **keys = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(message, &keys, &count) != NATS_OK)
    return false;
  std::free(static_cast<void *>(keys));
  return count > 0;
}

} // namespace

bool parse_headers(std::string_view block, std::vector<jetcapture_pair> &pairs) {
  pairs.clear();
  if (!block.starts_with(version_line))
    return false;
  std::size_t line = block.find("\r\n");
  while (line != std::string_view::npos) {
    const std::size_t start = line + 2;
    const std::size_t end = block.find("\r\n", start);
    if (end == std::string_view::npos)
      return false;
    if (end == start)
      return true;
    const std::string_view text = block.substr(start, end - start);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return false;
    std::string_view value = text.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t'))
      value.remove_suffix(1);
    pairs.push_back({{text.data(), colon}, {value.data(), value.size()}});
    line = end;
  }
  return false;
}

const std::vector<jetcapture_pair> &HeaderReader::read(natsMsg *message) {
  pairs_.clear();
  const char *reply = natsMsg_GetReply(message);
  const char *data = natsMsg_GetData(message);
  if (reply != nullptr && data != nullptr && data - (reply + std::strlen(reply) + 1) == 0)
    return pairs_; // No room for headers: there are none, in whichever layout.
  if (layout_ == Layout::as_expected) {
    if (!read_block(message))
      read_by_api(message);
    return pairs_;
  }
  if (layout_ == Layout::unknown) {
    // The first message with headers tells whether they lie where they are expected. The block is read first: the API takes it apart.
    const bool found = read_block(message);
    if (!has_headers(message)) {
      pairs_.clear();
      return pairs_;
    }
    layout_ = found && agrees_with_api(message) ? Layout::as_expected : Layout::other;
    if (layout_ == Layout::as_expected)
      return pairs_;
  }
  read_by_api(message);
  return pairs_;
}

bool HeaderReader::read_block(natsMsg *message) {
  const char *reply = natsMsg_GetReply(message);
  const char *data = natsMsg_GetData(message);
  if (reply == nullptr || data == nullptr)
    return false;
  const char *start = reply + std::strlen(reply) + 1;
  const std::ptrdiff_t gap = data - start;
  if (gap <= static_cast<std::ptrdiff_t>(version_line.size()) || gap > largest_block ||
      std::memcmp(start, version_line.data(), version_line.size()) != 0)
    return false;
  copy_.assign(start, static_cast<std::size_t>(gap));
  return parse_headers(copy_, pairs_);
}

// By names alone: nats.c 3.4.1 misreads what follows an empty value.
bool HeaderReader::agrees_with_api(natsMsg *message) const {
  const char **keys = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(message, &keys, &count) != NATS_OK)
    return false;
  bool agrees = true;
  for (int i = 0; i < count; i++)
    agrees = agrees && std::any_of(pairs_.begin(), pairs_.end(), [&](const jetcapture_pair &pair) {
               return std::string_view(pair.name.data, pair.name.size) == keys[i];
             });
  std::free(static_cast<void *>(keys));
  return agrees;
}

void HeaderReader::read_by_api(natsMsg *message) {
  pairs_.clear();
  const char **keys = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(message, &keys, &count) != NATS_OK)
    return;
  for (int i = 0; i < count; i++) {
    const char **values = nullptr;
    int value_count = 0;
    if (natsMsgHeader_Values(message, keys[i], &values, &value_count) != NATS_OK)
      continue;
    // The texts live as long as the message; only the arrays are ours to free.
    for (int j = 0; j < value_count; j++)
      pairs_.push_back({jetcapture_text_of(keys[i]), jetcapture_text_of(values[j])});
    std::free(static_cast<void *>(values));
  }
  std::free(static_cast<void *>(keys));
}

} // namespace jetcapture::host
