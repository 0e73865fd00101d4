#include "nats/headers.hpp"

#include "strings/strings.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace jetcapture::host {

namespace {

constexpr std::string_view version_line = "NATS/1.0";
constexpr std::string_view end_of_line = "\r\n";
constexpr std::string_view blanks_and_nul(" \t\r\0", 4);
// More than any server allows (max_payload is 64 MiB at most): a larger gap is not a header block.
constexpr std::ptrdiff_t largest_block = 64 << 20;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Blanks, and what ends a line.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view ends(" \t\r\0", 4);
  const std::size_t begin = text.find_first_not_of(ends);
  return begin == std::string_view::npos ? text.substr(0, 0)
                                         : text.substr(begin, text.find_last_not_of(ends) - begin + 1);
}

jetcapture_pair pair_of(std::string_view name, std::string_view value) {
  return {{name.data(), name.size()}, {value.data(), value.size()}};
}

void add_status(std::string_view status, std::vector<jetcapture_pair> &pairs) {
  if (status.empty())
    return;
  const std::size_t end = std::min(status.find(' '), status.size());
  pairs.push_back(pair_of("Status", status.substr(0, end)));
  if (const std::string_view description = trimmed(status.substr(end)); !description.empty())
    pairs.push_back(pair_of("Description", description));
}

void add_line(std::string_view line, std::vector<jetcapture_pair> &pairs) {
  constexpr std::string_view colons(":\0", 2);
  const std::size_t colon = std::min(line.find_first_of(colons), line.size());
  pairs.push_back(pair_of(trimmed(line.substr(0, colon)), trimmed(line.substr(std::min(colon + 1, line.size())))));
}

// text lies behind value in the same block, with at least the end of a line between them: there is room for the blank.
void append_folded(jetcapture_text &value, std::string_view text, std::string &block) {
  if (value.size == 0) {
    value = {text.data(), text.size()};
    return;
  }
  char *const end = block.data() + (value.data - block.data()) + value.size;
  *end = ' ';
  std::memmove(end + 1, text.data(), text.size());
  value.size += 1 + text.size();
}

// What stood at a NUL, in the line that begins at start.
char overwritten_at(std::string_view block, std::size_t start, std::size_t at) {
  const std::string_view before = block.substr(start, at - start);
  const bool is_name = start > 0 && (before.empty() || !is_blank(before.front()));
  if (is_name && before.find(':') == std::string_view::npos)
    return ':';
  const std::string_view behind = block.substr(at + 1, block.find('\n', at) - at - 1);
  if (behind.empty())
    return '\r';
  return behind.find_first_not_of(blanks_and_nul) == std::string_view::npos ? ' ' : '\n';
}

} // namespace

bool parse_headers(std::string &block, std::vector<jetcapture_pair> &pairs) {
  pairs.clear();
  if (!block.starts_with(version_line))
    return false;
  std::size_t end = std::min(block.find('\n'), block.size());
  add_status(trimmed(std::string_view(block).substr(version_line.size(), end - version_line.size())), pairs);
  bool first = true;
  for (std::size_t start = end + 1; start < block.size(); start = end + 1) {
    end = std::min(block.find('\n', start), block.size());
    const std::string_view line = std::string_view(block).substr(start, end - start);
    const std::string_view text = trimmed(line);
    if (text.empty())
      continue;
    if (is_blank(line.front()) && !first)
      append_folded(pairs.back().value, text, block);
    else
      add_line(text, pairs);
    first = false;
  }
  return true;
}

void write_block(const jetcapture_pair *pairs, std::size_t count, std::string &block) {
  block.clear();
  if (count == 0)
    return;
  block.append(version_line).append(end_of_line);
  for (std::size_t i = 0; i < count; i++)
    block.append(view(pairs[i].name)).append(": ").append(view(pairs[i].value)).append(end_of_line);
  block.append(end_of_line);
}

bool pairs_tell(std::string_view block, const std::vector<jetcapture_pair> &pairs) {
  const auto take = [&](std::string_view text) {
    const bool there = block.starts_with(text);
    block.remove_prefix(there ? text.size() : 0);
    return there;
  };
  if (pairs.empty() || !take(version_line) || !take(end_of_line))
    return false;
  for (const jetcapture_pair &pair : pairs)
    if (!take(view(pair.name)) || !take(": ") || !take(view(pair.value)) || !take(end_of_line))
      return false;
  return block == end_of_line;
}

void put_together(std::string &block) {
  std::size_t start = 0; // of the line
  for (std::size_t at = 0; at < block.size(); at++) {
    if (block[at] == '\0')
      block[at] = overwritten_at(block, start, at);
    if (block[at] == '\n')
      start = at + 1;
  }
}

const std::vector<jetcapture_pair> &HeaderReader::read(natsMsg *message) {
  pairs_.clear();
  block_.clear();
  const char *reply = natsMsg_GetReply(message);
  const char *data = natsMsg_GetData(message);
  if (reply != nullptr && data != nullptr && data - (reply + std::strlen(reply) + 1) == 0)
    return pairs_; // No room for headers: there are none.
  if (!read_block(message))
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
  const bool terminated = data[-1] == '\0'; // which nats.c puts behind the block
  const std::size_t size = static_cast<std::size_t>(gap) - (terminated ? 1 : 0);
  const bool may_be_taken_apart = natsMsg_GetDataLength(message) == 0;
  copy_.assign(start, size);
  if (may_be_taken_apart)
    put_together(copy_);
  if (!parse_headers(copy_, pairs_))
    return false;
  // Where a folded line was joined, the copy has changed, and the pairs do not tell.
  if (!pairs_tell(copy_, pairs_)) {
    block_.assign(start, size);
    if (may_be_taken_apart)
      put_together(block_);
  }
  return true;
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
