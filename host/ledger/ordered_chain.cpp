#include "ledger/ordered_chain.hpp"

#include "blocks/sha256.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

constexpr std::uint64_t most_left_out = 1000;

std::string damage(const ChainName &chain, std::uint64_t number, const std::string &why) {
  return "the manifest " + name_of(chain, number) + " can't be read (" + why +
         "), so it is not known what is stored: put it back from a copy or an older version of the object, or begin a "
         "capture of another name with --consumer and --start-sequence; jetcapture verify says more";
}

// Where the stream was rewound to it has a message that is of this chain, and not of a claim before.
bool is_of_chain(const ManifestHeader &start) {
  return start.rewound_to && start.rewound_to_timestamp != 0 &&
         (start.chain.host == ordered_chain || *start.rewound_to + start.claim_messages > start.claim_last);
}

} // namespace

OrderedChain::OrderedChain(const Store &store, const std::string &stream, const std::string &capture,
                           std::chrono::nanoseconds timeout, std::string host)
    : chain_(store, {stream, capture, std::move(host)}, "", timeout) {}

std::string OrderedChain::bytes_of(std::uint64_t number) const {
  std::optional<std::string> bytes = chain_.read(number);
  if (!bytes)
    throw DamagedChain(damage(chain_.name(), number, "it is gone"));
  return std::move(*bytes);
}

template <class Read>
auto OrderedChain::decoded(std::uint64_t number, Read &&read) const {
  const std::string bytes = bytes_of(number);
  try {
    return read(bytes);
  } catch (const ManifestError &error) {
    throw DamagedChain(damage(chain_.name(), number, error.what()));
  }
}

// The number of the manifest before that one. Numbers may be left out, where manifests were lost and somebody said that
// the capture goes on without them: then it is the one with that hash.
std::uint64_t OrderedChain::before(std::uint64_t number, const Sha256 &previous) const {
  if (previous == Sha256{})
    return 0;
  for (std::uint64_t other = number - 1; other > 0 && number - other < most_left_out; other--)
    if (const std::optional<std::string> bytes = chain_.read(other))
      return other + 1 == number || sha256_of(*bytes) == previous ? other : number - 1;
  return number - 1;
}

bool OrderedChain::look() {
  // Most often it is the same, or a little longer.
  const std::uint64_t number = number_ > 0 && !chain_.has_more_than(number_) ? number_ : chain_.find_last();
  const bool is_other = number != number_;
  if (is_other && number > 0)
    last_ = decoded(number, [](const std::string &bytes) { return decode_manifest_header(bytes); });
  number_ = number;
  begin_back();
  return is_other;
}

void OrderedChain::begin_back() {
  next_back_ = number_;
  floor_of_start_.reset();
  lost_behind_ = highest_left_ = UINT64_MAX;
}

std::optional<OrderedChain::Message> OrderedChain::next_back() {
  while (next_back_ > 0) {
    const Manifest manifest = decoded(next_back_, [](const std::string &bytes) { return decode_manifest(bytes); });
    next_back_ = before(next_back_, manifest.previous);
    if (floor_of_start_ && *floor_of_start_ < manifest.floor)
      lost_behind_ = std::min(lost_behind_, *floor_of_start_);
    floor_of_start_.reset();
    if (manifest.kind == ManifestHeader::Kind::start && manifest.claim_messages > 0)
      floor_of_start_ = manifest.floor;
    Message newest;
    for (const BlockLine &line : manifest.lines)
      if (line.last_sequence >= newest.sequence && line.last_sequence <= lost_behind_)
        newest = {line.last_sequence, line.last_sequence_timestamp};
    if (is_of_chain(manifest) && *manifest.rewound_to <= lost_behind_)
      newest = {*manifest.rewound_to, manifest.rewound_to_timestamp};
    lost_behind_ = std::min(lost_behind_, manifest.rewound_to.value_or(UINT64_MAX));
    highest_left_ = std::min(lost_behind_, manifest.highest_sequence);
    if (newest.sequence > 0)
      return newest;
  }
  return std::nullopt;
}

std::optional<OrderedChain::Message> OrderedChain::newest() {
  begin_back();
  std::optional<Message> newest;
  while (!newest || newest->sequence < highest_left_) {
    const std::optional<Message> message = next_back();
    if (!message)
      break;
    if (!newest || message->sequence > newest->sequence)
      newest = message;
  }
  begin_back();
  return newest;
}

} // namespace jetcapture::host
