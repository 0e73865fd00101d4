#include "ordered/claims.hpp"

#include "settings/settings.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

// Claims without any message tell nothing of the stream; so many are passed over in the search for those that do.
constexpr std::uint64_t most_without_messages = 100;
// One alone may have messages of after the loss, and nothing of before it.
constexpr std::uint64_t enough_agreements = 2;

} // namespace

Claims::Claims(Surroundings surroundings, const Settings &settings, std::string captured_by)
    : with_(std::move(surroundings)), settings_(settings), captured_by_(std::move(captured_by)),
      size_(settings.parallel_backlog),
      first_(OrderedChain(with_.store, settings.stream, settings.consumer, settings.store_timeout)) {}

std::string Claims::host_of(std::uint64_t number) const {
  return number == number_of_first_ ? std::string(ordered_chain) : claim_chain(number);
}

Claims::Watched &Claims::at(std::uint64_t number) {
  if (number == number_of_first_)
    return first_;
  const auto known = others_.find(number);
  if (known != others_.end())
    return known->second;
  OrderedChain chain(with_.store, settings_.stream, settings_.consumer, settings_.store_timeout, host_of(number));
  return others_.emplace(number, Watched(std::move(chain))).first->second;
}

Claims::Watched &Claims::see(Watched &one) {
  const bool grew = one.chain.look();
  if (grew || !one.last_sign || heard_.contains(one.chain.last().run))
    one.last_sign = with_.now();
  return one;
}

bool Claims::is_done(std::uint64_t number) {
  const OrderedChain &chain = at(number).chain;
  return !chain.is_new() && chain.last().floor >= last_of(number);
}

bool Claims::is_done_for_once(std::uint64_t number) {
  const std::uint64_t behind = number == number_of_first_ ? 0 : number * size_;
  return behind >= *target_ || at(number).chain.last().floor >= *target_ || worked_.contains(host_of(number));
}

// Nobody works on it.
bool Claims::may_take(const Watched &one) const {
  const OrderedChain &chain = one.chain;
  return chain.is_new() || chain.last().ends || chain.last().run == with_.last_run() ||
         with_.now() - *one.last_sign >= settings_.takeover_after;
}

std::optional<OrderedStart> Claims::look() {
  heard_ = with_.heard();
  const StreamNow stream = with_.stream();
  if (!target_)
    target_ = stream.last_sequence;
  everything_is_done_ = false;
  see(first_);
  if (first_.chain.is_new() || first_.chain.last().claim_messages == 0)
    return first_claim(stream);
  check_claims(first_.chain.last(), settings_);
  number_of_first_ = first_.chain.last().claim_last / size_ - 1;
  highest_ = last_claim(with_.store, settings_.stream, settings_.consumer, std::max(highest_, number_of_first_));
  std::uint64_t lowest = std::max(number_of_first_, see(at(highest_)).chain.last().claims_done_up_to / size_);
  std::optional<std::uint64_t> number = candidate(lowest, stream);
  if (!number && !everything_is_done_)
    return stand_by();
  // Where the stream has lost its end, it goes back claim after claim to where both agree.
  const Agreement agreed = find_agreement(stream);
  if (!number && agreed.lowest_other && !worked_.contains(host_of(*agreed.lowest_other)))
    number = agreed.lowest_other;
  // One that was begun once more, though others behind it say that it was done.
  if (const auto open = agreed.lowest_open; open && *open < lowest && may_take(at(*open)))
    number = lowest = *open;
  if (!number)
    return stand_by();
  everything_is_done_ = false;
  if (agreed.lowest_stale) {
    lowest = std::min(lowest, agreed.looked_down_to);
    number = lowest;
    while (*number < *agreed.lowest_stale && is_done(*number))
      see(at(++*number));
    if (*number < *agreed.lowest_stale && !may_take(at(*number)))
      return stand_by();
  }
  others_.erase(others_.begin(), others_.lower_bound(lowest));
  return start_of(*number, lowest, stream);
}

std::optional<OrderedStart> Claims::first_claim(const StreamNow &stream) {
  if (!may_take(first_))
    return stand_by();
  OrderedChain &chain = first_.chain;
  const bool is_new = chain.is_new();
  OrderedStart start =
      find_start(chain, stream, settings_, captured_by_, is_new && with_.has_other_chains(), with_.log);
  // What was stored behind the floor is known to this chain alone.
  const std::uint64_t begun = is_new ? start.after : std::max(start.after, chain.last().highest_sequence);
  start.claim = {.host = std::string(ordered_chain), .messages = size_, .last = (begun / size_ + 1) * size_};
  start.only_behind = chain.number();
  stands_by_ = false;
  return start;
}

// The lowest claim from that one on that nobody works on, and that has something to do.
std::optional<std::uint64_t> Claims::candidate(std::uint64_t lowest, const StreamNow &stream) {
  bool all_done = true;
  for (std::uint64_t number = lowest; number <= highest_; number++) {
    const Watched &one = see(at(number));
    if (is_done(number) || (settings_.once && is_done_for_once(number)))
      continue;
    if (may_take(one))
      return number;
    all_done = false;
  }
  const std::uint64_t behind = (highest_ + 1) * size_;
  everything_is_done_ = settings_.once && all_done && behind >= *target_;
  const bool is_to_begin = settings_.once ? behind < *target_ : all_done || behind < stream.last_sequence;
  return is_to_begin ? std::optional(highest_ + 1) : std::nullopt;
}

// From the highest claim down to those with messages that the stream has as they were captured.
Claims::Agreement Claims::find_agreement(const StreamNow &stream) {
  Agreement found;
  std::uint64_t without_messages = 0;
  std::uint64_t agreements = 0;
  for (std::uint64_t number = highest_;; number--) {
    OrderedChain &chain = see(at(number)).chain;
    found.looked_down_to = number;
    chain.begin_back();
    const bool has_messages = chain.next_back().has_value();
    const bool agrees = agreed_start(chain, part_of(stream, number), settings_).after >= chain.last().floor;
    if (!agrees)
      found.lowest_other = number;
    if (!is_done(number) && !(settings_.once && is_done_for_once(number)))
      found.lowest_open = number;
    if (!agrees && is_done(number))
      found.lowest_stale = number;
    without_messages += has_messages ? 0 : 1;
    agreements += agrees && has_messages ? 1 : 0;
    if (agreements == enough_agreements || number == number_of_first_ || without_messages > most_without_messages)
      return found;
  }
}

StreamNow Claims::part_of(const StreamNow &stream, std::uint64_t number) const {
  StreamNow part = stream;
  part.behind = number == number_of_first_ ? 0 : number * size_;
  return part;
}

OrderedStart Claims::start_of(std::uint64_t number, std::uint64_t lowest, const StreamNow &stream) {
  const StreamNow part = part_of(stream, number);
  OrderedChain &chain = at(number).chain;
  check_options(at(highest_).chain.last(), part.filters, settings_, captured_by_, with_.log);
  OrderedStart start = {.after = part.behind, .goes_on = true, .stream_created = first_.chain.last().stream_created};
  if (!chain.is_new())
    start = find_start(chain, part, settings_, captured_by_, false, with_.log);
  Claim claim = {
      .host = host_of(number), .messages = size_, .last = last_of(number), .done = lowest - number_of_first_};
  std::uint64_t all_done = lowest; // those before it
  for (std::uint64_t other = lowest; other <= highest_; other++) {
    claim.done += is_done(other) ? 1 : 0;
    all_done += other < number && other == all_done && is_done(other) ? 1 : 0;
  }
  claim.all_done_up_to = all_done == number_of_first_ ? 0 : all_done * size_;
  if (!chain.is_new() && !chain.last().ends && chain.last().run != with_.last_run() && !is_done(number))
    with_.log.warn("the owner of a claim shows no sign of life: taking over",
                   {{"owner", chain.last().run},
                    {"claim", host_of(number)},
                    {"for", std::chrono::nanoseconds(with_.now() - *at(number).last_sign)}});
  start.claim = std::move(claim);
  start.only_behind = chain.number();
  stands_by_ = false;
  return start;
}

std::optional<OrderedStart> Claims::stand_by() {
  if (!everything_is_done_ && !std::exchange(stands_by_, true))
    with_.log.info("other hosts work on each claim that is to be captured: standing by until there is one to take",
                   {{"takeover_after", settings_.takeover_after}});
  return std::nullopt;
}

} // namespace jetcapture::host
