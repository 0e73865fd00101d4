#include "restore/published_headers.hpp"

#include "log/time_text.hpp"
#include "nats/headers.hpp"
#include "settings/values.hpp"
#include "strings/strings.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace jetcapture::host {

namespace {

// Of servers up to 2.14 (server/stream.go); a name that ends in a dash stands for all that begin so.
constexpr std::array<std::string_view, 9> acting = {"nats-rollup", "nats-msg-id",   "nats-expected-",
                                                    "nats-ttl",    "nats-schedule", "nats-schedule-",
                                                    "nats-batch-", "nats-incr",     "jetcapture-"};

std::string lower(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return text;
}

bool acts(std::string_view name) {
  const std::string text = lower(name);
  return std::any_of(acting.begin(), acting.end(), [&](std::string_view one) {
    return one.ends_with('-') ? std::string_view(text).starts_with(one) : text == one;
  });
}

std::string published_name(std::string_view name) {
  constexpr std::string_view of_servers = "nats-";
  if (!acts(name))
    return std::string(name);
  return std::string(was) + std::string(lower(name).starts_with(of_servers) ? name.substr(of_servers.size()) : name);
}

} // namespace

Headers published_headers(const WholeMessage &message, const Origin &origin) {
  std::string block(message.headers);
  std::vector<jetcapture_pair> pairs;
  parse_headers(block, pairs);
  Headers headers;
  for (const jetcapture_pair &pair : pairs)
    headers.emplace_back(published_name(view(pair.name)), std::string(view(pair.value)));
  headers.emplace_back(original_stream_header, origin.stream);
  headers.emplace_back(original_sequence_header, std::to_string(message.sequence));
  headers.emplace_back(original_timestamp_header, time_text(message.timestamp));
  if (!origin.chosen.empty())
    headers.emplace_back(chosen_header, origin.chosen);
  return headers;
}

std::optional<OriginalMessage> original_message(std::string block, const Origin &origin) {
  std::vector<jetcapture_pair> pairs;
  parse_headers(block, pairs);
  Origin found;
  OriginalMessage message;
  for (const jetcapture_pair &pair : pairs) {
    const std::string_view name = view(pair.name);
    if (name == original_stream_header)
      found.stream = view(pair.value);
    else if (name == chosen_header)
      found.chosen = view(pair.value);
    else if (name == original_sequence_header)
      message.sequence =
          static_cast<std::uint64_t>(std::max<std::int64_t>(parse_integer(view(pair.value)).value_or(0), 0));
    else if (name == original_timestamp_header)
      message.timestamp = time_of_text(view(pair.value)).value_or(0);
  }
  if (found.stream != origin.stream || found.chosen != origin.chosen || message.sequence == 0)
    return std::nullopt;
  return message;
}

} // namespace jetcapture::host
