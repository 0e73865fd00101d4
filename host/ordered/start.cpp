#include "ordered/start.hpp"

#include "log/time_text.hpp"
#include "settings/error.hpp"
#include "settings/flags.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace jetcapture::host {

namespace {

using Message = OrderedChain::Message;

std::string capture_name(const Settings &settings) {
  return "the capture " + settings.consumer + " of stream " + settings.stream;
}

OrderedStart new_capture(const StreamNow &stream, const Settings &settings, bool has_other_chains) {
  if (has_other_chains && settings.start_sequence == 0 && settings.start_time.empty())
    throw StartupError("hosts with shared delivery have captured stream " + settings.stream + " as " +
                       settings.consumer +
                       ": give --start-sequence with the ack floor of that consumer and 1, so that nothing is stored "
                       "twice; or another name with --consumer");
  const std::uint64_t after = stream.begin();
  return {.after = after, .goes_on = false, .begins_at = after + 1, .stream_created = stream.created};
}

// What the stream has now of a message that was captured.
enum class Found {
  same,
  none, // it left the stream
  other // the stream has lost its end, and gave the sequence to another message, or to none yet
};

// The stream gives sequences and times in one order: where a message up to the sequence is newer than the one that was
// captured with it, the sequences were given once more.
Found find(const StreamNow &stream, const Message &captured) {
  if (captured.sequence > stream.last_sequence)
    return Found::other;
  const std::optional<Message> newest = stream.newest_up_to(captured.sequence);
  if (newest && newest->sequence == captured.sequence)
    return newest->timestamp == captured.timestamp ? Found::same : Found::other;
  return newest && newest->timestamp > captured.timestamp ? Found::other : Found::none;
}

// What the stream and a chain have in common.
struct Agreement {
  // Up to where they are the same, by the messages that both know. nullopt: they share none. What has left the stream
  // at its beginning is taken for the same where its creation is.
  std::optional<std::uint64_t> up_to = {};
  std::optional<Message> lost = {}; // the lowest message that was met, and that the stream has lost
};

Agreement last_agreement(OrderedChain &chain, const StreamNow &stream, bool same_creation) {
  Agreement agreement;
  while (const std::optional<Message> message = chain.next_back()) {
    const bool has_left = message->sequence < stream.first_sequence;
    const Found found = has_left ? Found::none : find(stream, *message);
    if (has_left ? same_creation : found == Found::same)
      agreement.up_to = message->sequence;
    if (has_left || found == Found::same)
      return agreement;
    if (found == Found::other && (!agreement.lost || message->sequence < agreement.lost->sequence))
      agreement.lost = message;
  }
  return agreement;
}

// The last sequence before a message that was lost up to which the stream has nothing newer than it: what came after
// the loss is newer than all that came before it.
std::uint64_t last_before_loss(const StreamNow &stream, const Message &lost, std::uint64_t agreed) {
  std::uint64_t same = std::max({agreed, stream.first_sequence - std::min<std::uint64_t>(stream.first_sequence, 1),
                                 std::min(stream.behind, stream.last_sequence)});
  std::uint64_t other = std::min(lost.sequence, stream.last_sequence + 1);
  while (same + 1 < other) {
    const std::uint64_t middle = same + (other - same) / 2;
    const std::optional<Message> newest = stream.newest_up_to(middle);
    (newest && newest->timestamp > lost.timestamp ? other : same) = middle;
  }
  return std::min(same, other - 1);
}

[[noreturn]] void refuse_other_stream(const Settings &settings, const ManifestHeader &last, const StreamNow &stream) {
  throw StartupError("the stream " + settings.stream + " was recreated (created " + stream.created + ", and " +
                     last.stream_created + " when it was captured as " + settings.consumer +
                     "): give the new one a capture of its own, with another --consumer name");
}

// Whether some run may have passed over what another one stores, or the reverse. A run with "stop" passes over nothing.
bool treats_bad_messages_otherwise(const std::string &one, const std::string &other) {
  constexpr std::string_view stop = "stop";
  return !one.empty() && one != stop && other != stop && one != other;
}

// Of the options that decide what the objects of the capture hold and are called, one that was another until now; "":
// none was.
std::string other_option(const ManifestHeader &last, const std::vector<std::string> &filters, const Settings &settings,
                         const std::string &captured_by) {
  if (last.options != captured_by)
    return "other options of decoder, writer or compression";
  if (last.path_template != settings.path_template)
    return "the path template " + last.path_template;
  if (!last.path_null.empty() && last.path_null != settings.path_null)
    return "--path-null " + last.path_null;
  if (last.interval != settings.max_age.count())
    return "another --max-age";
  if (last.filters != filters)
    return "other --filter-subject";
  if (treats_bad_messages_otherwise(last.on_decode_error, on_decode_error(settings)))
    return "--on-decode-error " + last.on_decode_error;
  return "";
}

} // namespace

std::string on_decode_error(const Settings &settings) {
  return value_text(*find_flag("on-decode-error"), settings);
}

// Two hosts that cut the stream at different places would capture the same messages.
void check_claims(const ManifestHeader &last, const Settings &settings) {
  if (last.claim_messages != 0 && last.claim_messages != settings.parallel_backlog)
    throw StartupError(capture_name(settings) + " is made with --parallel-backlog " +
                       std::to_string(last.claim_messages) +
                       ": give that, or begin a capture of another name with --consumer");
}

void check_options(const ManifestHeader &last, const std::vector<std::string> &filters, const Settings &settings,
                   const std::string &captured_by, Log &log) {
  check_claims(last, settings);
  const std::string other = other_option(last, filters, settings, captured_by);
  if (other.empty())
    return;
  if (!settings.from_here)
    throw StartupError(capture_name(settings) + " was made with " + other +
                       " until now: --from-here goes on with the new ones behind sequence " +
                       std::to_string(last.floor) + "; what is stored stays as it is");
  log.warn("the capture goes on with other options from here", {{"floor", last.floor}, {"until_now", other}});
}

OrderedStart agreed_start(OrderedChain &chain, const StreamNow &stream, const Settings &settings) {
  const ManifestHeader &last = chain.last();
  OrderedStart start = {
      .after = last.floor, .goes_on = true, .begins_at = last.begins_at, .stream_created = last.stream_created};
  // A server that restarts after the stream was edited tells another time of its creation: messages tell more.
  const bool same_creation = last.stream_created == stream.created;
  const bool reaches_floor = last.floor <= std::max(stream.last_sequence, stream.behind);
  const std::optional<Message> newest = chain.newest();
  if (!newest && !same_creation && stream.behind == 0 && last.floor > 0)
    refuse_other_stream(settings, last, stream);
  // Where all that was captured has left the stream, it goes on behind it.
  const Found found = newest && newest->sequence >= stream.first_sequence ? find(stream, *newest) : Found::same;
  if (found != Found::same) {
    const Agreement agreed = last_agreement(chain, stream, same_creation);
    if (!agreed.up_to && !same_creation && stream.behind == 0)
      refuse_other_stream(settings, last, stream);
    if (found == Found::none && reaches_floor && (agreed.up_to || same_creation))
      return start; // alone, or with a few before it
    start.after = std::min(last.floor, agreed.up_to.value_or(0));
    if (found == Found::other)
      start.rewound_to = last_before_loss(stream, agreed.lost.value_or(*newest), agreed.up_to.value_or(0));
  }
  // A capture that was told to begin behind the end of the stream has read nothing that could be lost.
  if (!reaches_floor && (newest || last.floor + 1 != last.begins_at)) {
    start.after = std::min(start.after, stream.last_sequence);
    start.rewound_to = start.rewound_to.value_or(stream.last_sequence);
  }
  if (start.rewound_to) {
    start.only_behind = chain.number();
    const std::optional<Message> newest_left = stream.newest_up_to(*start.rewound_to);
    if (newest_left && newest_left->sequence == *start.rewound_to)
      start.rewound_to_timestamp = newest_left->timestamp;
  }
  start.after = std::max(start.after, stream.behind);
  return start;
}

OrderedStart find_start(OrderedChain &chain, const StreamNow &stream, const Settings &settings,
                        const std::string &captured_by, bool has_other_chains, Log &log) {
  if (chain.is_new())
    return new_capture(stream, settings, has_other_chains);
  const ManifestHeader last = chain.last();
  check_options(last, stream.filters, settings, captured_by, log);
  if (settings.start_sequence > 0 || !settings.start_time.empty())
    log.warn("--start-sequence and --start-time are of a new capture: this one goes on where it was",
             {{"floor", last.floor}});
  const OrderedStart start = agreed_start(chain, stream, settings);
  if (start.rewound_to)
    log.error("the stream has lost its last messages, as after a power failure: what it has there now is captured too",
              {{"captured_up_to", std::max(last.highest_sequence, last.floor)},
               {"stream_ends_at", stream.last_sequence},
               {"goes_on_behind", start.after}});
  return start;
}

} // namespace jetcapture::host
