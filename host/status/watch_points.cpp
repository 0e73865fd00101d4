#include "status/watch_points.hpp"

#include "status/health.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace jetcapture::host {

namespace {

constexpr double told_again_after = 600;
constexpr double much = 0.8;
constexpr double between_lags = 30;
constexpr std::size_t lags_in_a_row = 7; // three minutes
constexpr double near_ack_wait = 0.75;
constexpr double slow_put = 5;
constexpr double wrong_clock_from = 5;
constexpr double elsewhere_from = 10;
constexpr double store_window = 60;

double in_seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

} // namespace

void WatchPoints::look(const Snapshot &s) {
  const auto ratio = [](std::uint64_t used, std::uint64_t limit) {
    return limit == 0 ? 0.0 : static_cast<double>(used) / static_cast<double>(limit);
  };
  point(ack_budget, s, s.ack_budget > much, 10,
        "max_ack_pending of the consumer is nearly used up: once it is, no host gets messages; raise it, or shorten "
        "--max-age",
        "max_ack_pending of the consumer is no longer nearly used up",
        {{"used", s.ack_budget}, {"max_ack_pending", s.facts.ack_limit}, {"in_flight", s.in_flight}});
  point(ack_wait, s, s.facts.ack_wait.count() > 0 && s.longest_in_flight > near_ack_wait * in_seconds(s.facts.ack_wait),
        0,
        "messages have been in flight for nearly ack_wait of the consumer; the server is told that they are still in "
        "progress, but raise ack_wait nevertheless",
        "no message has been in flight for nearly ack_wait any more",
        {{"in_flight_seconds", s.longest_in_flight}, {"ack_wait_seconds", s.facts.ack_wait}});
  point(spool, s, ratio(s.spool, s.facts.spool_limit) > much, 0,
        "the spool is nearly full: once it is, pulling pauses; see why blocks are not stored, or raise --spool-limit",
        "the spool is no longer nearly full", {{"spool", s.spool}, {"limit", s.facts.spool_limit}});
  point(lag, s, lag_grows(s), 0,
        "the consumer falls behind: the lag has grown for minutes; add a host on this consumer, or see what is slow",
        "the lag of the consumer does not grow any more",
        {{"messages", s.lag_messages.value_or(0)}, {"seconds", s.lag_seconds}});
  const double old = 2 * in_seconds(s.facts.max_age) + 60;
  point(oldest, s, s.oldest_unstored > old, 60,
        "messages are not stored though they are older than two intervals: they would be lost with the stream",
        "no message is unstored for longer than two intervals any more",
        {{"oldest_unstored_seconds", s.oldest_unstored}, {"max_age", s.facts.max_age}});
  const double each = seconds_a_put(s);
  point(slow_store, s, each > slow_put, 0, "the store is slow: storing a block takes long",
        "the store is fast enough again",
        {{"seconds_a_block", each}, {"storing", s.store.storing}, {"waiting", s.store.waiting}});
  const bool none_stored = !puts_.empty() && s.uptime - puts_.front().at > store_window / 2 &&
                           puts_.front().puts == puts_.back().puts && !s.store.failing && s.journal_problem.empty();
  point(hanging_store, s, none_stored && s.store.storing > 0, store_window / 2,
        "the store has been working on a block for a minute and has stored none", "the store goes on",
        {{"storing", s.store.storing}, {"waiting", s.store.waiting}});
  const LongCall *const call = host::hanging_call(s);
  const CallInProgress at = call == nullptr ? CallInProgress{} : call->at;
  point(hanging_call, s, call != nullptr, 0, "a plug-in does not return from a call: the capture waits for it",
        "the plug-in has returned",
        {{"stage", stage_of(at.call)}, {"function", function_of(at.call)}, {"sequence", at.sequence}});
  point(
      wrong_clock, s, std::abs(s.clock_behind) > wrong_clock_from, 0,
      "the clock of this host differs from the NATS server's: blocks end by the server's, but times in the log and in "
      "metrics are wrong; set the clock",
      "the clock of this host agrees with the NATS server's", {{"behind_seconds", s.clock_behind}});
  point(elsewhere, s, s.unstored_elsewhere > 0, elsewhere_from,
        "messages are in flight at other hosts or of earlier runs: they are not known to be stored, and are "
        "delivered again after ack_wait",
        "no message is in flight elsewhere any more",
        {{"messages", s.unstored_elsewhere}, {"ack_wait_seconds", s.facts.ack_wait}});
}

void WatchPoints::point(Point which, const Snapshot &snapshot, bool so, double least_seconds, std::string_view sentence,
                        std::string_view over, std::initializer_list<Field> fields) {
  State &state = states_[which];
  if (!so) {
    if (state.told_at >= 0)
      log_.info(over, fields);
    state = State{};
    return;
  }
  if (state.since < 0)
    state.since = snapshot.uptime;
  if (snapshot.uptime - state.since < least_seconds)
    return;
  if (state.told_at >= 0 && snapshot.uptime - state.told_at < told_again_after)
    return;
  state.told_at = snapshot.uptime;
  log_.warn(sentence, fields);
}

bool WatchPoints::lag_grows(const Snapshot &snapshot) {
  if (snapshot.lag_messages && (lags_.empty() || snapshot.uptime - lags_.back().at >= between_lags)) {
    lags_.push_back({snapshot.uptime, *snapshot.lag_messages});
    if (lags_.size() > lags_in_a_row)
      lags_.pop_front();
  }
  return lags_.size() == lags_in_a_row &&
         std::adjacent_find(lags_.begin(), lags_.end(), [](const LagSample &earlier, const LagSample &later) {
           return later.messages <= earlier.messages;
         }) == lags_.end();
}

// On average over the last minute; 0: none was stored.
double WatchPoints::seconds_a_put(const Snapshot &snapshot) {
  std::uint64_t puts = 0;
  for (const std::uint64_t count : snapshot.store.took)
    puts += count;
  puts_.push_back({snapshot.uptime, puts, snapshot.store.took_seconds});
  while (snapshot.uptime - puts_.front().at > store_window)
    puts_.pop_front();
  const std::uint64_t made = puts - puts_.front().puts;
  return made == 0 ? 0 : (snapshot.store.took_seconds - puts_.front().seconds) / static_cast<double>(made);
}

} // namespace jetcapture::host
