#include "status/health.hpp"

#include "log/time_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace jetcapture::host {

namespace {

// The capture thread waits for the server for five seconds at most, and otherwise comes round every few milliseconds.
constexpr double longest_round = 30;
// Before that it asks the store for blocks of an earlier run, and the store may take its time to answer.
constexpr double longest_start = 600;
constexpr double longest_call = 30;
constexpr double longest_pause = 10;
constexpr double longest_silence = 60;
constexpr double nearly = 0.95;

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string whole_seconds(double seconds) {
  return std::to_string(std::llround(seconds)) + " s";
}

// It shows itself several times within that time.
bool owner_lives(const OwnerSeen &owner) {
  return owner.silent < seconds(owner.takes_over) / 2;
}

// A host that stands by knows nothing of how the capture goes, but for whether its owner lives.
std::string standby_reason(const OwnerSeen &owner) {
  if (!owner.problem.empty())
    return "standing by: the store can't be asked who owns this capture: " + owner.problem;
  if (owner.run.empty())
    return "standing by: it is not known yet who owns this capture, or other hosts work on each claim of it";
  return "standing by since " + short_time_text(owner.since) + ": another host owns this capture, " + owner.machine +
         " (run " + owner.run + "), and " +
         (owner_lives(owner) ? "shows that it lives"
                             : "has shown no sign of life for " + whole_seconds(owner.silent) +
                                   "; this host takes over after " + whole_seconds(seconds(owner.takes_over)));
}

std::string phase_reason(const Snapshot &snapshot) {
  if (!snapshot.failure.empty())
    return "the capture can't go on, and ends: " + snapshot.failure;
  switch (snapshot.phase) {
  case Phase::standing_by:
    return standby_reason(snapshot.owner);
  case Phase::starting:
    return "the capture is starting: blocks of an earlier run are settled first";
  case Phase::draining:
    return snapshot.facts.delivery == "ordered" ? "the capture is ending: it stores what is in flight"
                                                : "the capture is ending: it stores and acks what is in flight";
  case Phase::ended:
    return "the capture has ended";
  case Phase::capturing:
    break;
  }
  return "";
}

// With ordered delivery the consumer is a name of the capture alone.
std::string what_is_asked_for(const HostFacts &facts) {
  return facts.delivery == "ordered" ? "stream " + facts.stream : "consumer " + facts.consumer;
}

std::string connection_reason(const Delivery::Vitals &delivery) {
  if (delivery.connected)
    return "";
  return "not connected to NATS: reconnecting" + (delivery.problem.empty() ? "" : "; " + delivery.problem);
}

std::string journal_reason(const Snapshot &snapshot) {
  if (snapshot.journal_problem.empty())
    return "";
  return snapshot.journal_problem + ": nothing is stored or acked until it can, and " +
         std::to_string(snapshot.journal_pending) + " bytes of records wait";
}

std::string store_reason(const Snapshot &snapshot) {
  const StoreProgress::Snapshot &store = snapshot.store;
  if (store.refused > 0)
    return "the store refuses blocks until someone acts: " + store.reason;
  if (store.failing)
    return "the store fails, and is tried again: " + store.reason;
  return "";
}

std::string wait_reason(const Snapshot &snapshot) {
  const StageWaits::Wait &wait = snapshot.wait;
  if (wait.stage.empty())
    return "";
  return "the " + wait.stage + " asks to wait, for " + whole_seconds(snapshot.waits) + " now, at message " +
         std::to_string(wait.sequence) + ": " + wait.reason;
}

// What a call may take. A store knows its time, and may take a moment longer to notice that it is over.
double most_seconds(StageCall call, const HostFacts &facts) {
  if (call == StageCall::store_put)
    return seconds(facts.store_timeout) + longest_call;
  return call == StageCall::store_stat ? longest_start : longest_call;
}

std::string call_reason(const LongCall &call) {
  const std::string where =
      call.at.call == StageCall::store_put ? " of the block that begins with message " : " at message ";
  return "the " + std::string(stage_of(call.at.call)) + " has not returned from " +
         std::string(function_of(call.at.call)) + where + std::to_string(call.at.sequence) + " for " +
         whole_seconds(seconds(call.lasts));
}

std::string stall_reason(const Snapshot &snapshot) {
  if (const LongCall *call = hanging_call(snapshot))
    return call_reason(*call);
  if (!is_alive(snapshot)) {
    const auto held_up_by = std::find_if(snapshot.calls.begin(), snapshot.calls.end(),
                                         [](const LongCall &call) { return call.at.call != StageCall::store_put; });
    return "the capture thread has made no progress for " + whole_seconds(snapshot.since_beat) +
           (held_up_by == snapshot.calls.end() ? "" : ": " + call_reason(*held_up_by));
  }
  if (snapshot.paused && snapshot.since_message > longest_pause)
    return "pulling pauses: memory and spool are used up until blocks are stored";
  if (snapshot.lag_messages > 0 && snapshot.since_message > longest_silence) {
    const std::string silence =
        "messages wait in the stream and none has come for " + whole_seconds(snapshot.since_message);
    return snapshot.ack_budget >= nearly ? silence + ": max_ack_pending is used up" : silence;
  }
  return "";
}

} // namespace

const LongCall *hanging_call(const Snapshot &snapshot) {
  const auto found = std::find_if(snapshot.calls.begin(), snapshot.calls.end(), [&](const LongCall &call) {
    return seconds(call.lasts) > most_seconds(call.at.call, snapshot.facts);
  });
  return found == snapshot.calls.end() ? nullptr : &*found;
}

bool is_alive(const Snapshot &snapshot) {
  return snapshot.phase == Phase::ended || snapshot.phase == Phase::standing_by ||
         (hanging_call(snapshot) == nullptr &&
          snapshot.since_beat < (snapshot.phase == Phase::starting ? longest_start : longest_round));
}

std::vector<HealthCheck> readiness(const Snapshot &snapshot) {
  std::vector<HealthCheck> checks;
  const auto add = [&](const char *name, std::string reason) {
    const bool good = reason.empty();
    checks.push_back({name, good, std::move(reason)});
  };
  add("capturing", phase_reason(snapshot));
  if (snapshot.phase == Phase::standing_by)
    return checks;
  add("connected", connection_reason(snapshot.delivery));
  add("consumer_bound",
      snapshot.consumer_known ? "" : "the server does not answer about the " + what_is_asked_for(snapshot.facts));
  add("consumer_usable", snapshot.delivery.trouble);
  add("journal_working", journal_reason(snapshot));
  add("stages_working", wait_reason(snapshot));
  add("store_working", store_reason(snapshot));
  add("not_stalled", stall_reason(snapshot));
  return checks;
}

std::string covered_text(const Delivery::Coverage &coverage) {
  std::string text;
  for (const std::string &filter : coverage.filters)
    text += (text.empty() ? "" : ", ") + filter;
  if (!coverage.first_sequence)
    return (text.empty() ? "all subjects" : text) + " from where the consumer began, which is not known";
  if (*coverage.first_sequence > 1)
    return (text.empty() ? "all subjects" : text) + " from sequence " + std::to_string(*coverage.first_sequence);
  return text.empty() ? "all" : text;
}

std::vector<std::string> notes(const Snapshot &snapshot) {
  std::vector<std::string> notes;
  if (snapshot.lost > 0)
    notes.push_back("at least " + std::to_string(snapshot.lost) +
                    " messages left the stream before they were captured; the log names their sequences");
  if (snapshot.possibly_lost > 0)
    notes.push_back("up to " + std::to_string(snapshot.possibly_lost) + (snapshot.lost > 0 ? " more" : "") +
                    " messages may have left the stream before they were captured, among sequences " +
                    std::to_string(snapshot.possibly_lost_first) + " to " +
                    std::to_string(snapshot.possibly_lost_last));
  if (snapshot.unstored_elsewhere > 0)
    notes.push_back(
        std::to_string(snapshot.unstored_elsewhere) +
        " messages are in flight at other hosts or of earlier runs: they are not known to be stored, and are "
        "delivered again after the consumer's ack_wait");
  if (snapshot.uncertain_records > 0)
    notes.push_back("the journal was damaged: the contents of " + std::to_string(snapshot.uncertain_records) +
                    " records are unknown");
  return notes;
}

bool all_good(const std::vector<HealthCheck> &checks) {
  return std::all_of(checks.begin(), checks.end(), [](const HealthCheck &check) { return check.good; });
}

std::string liveness_text(const Snapshot &snapshot) {
  nlohmann::ordered_json answer = {{"alive", is_alive(snapshot)}};
  if (!is_alive(snapshot))
    answer["reasons"] = {stall_reason(snapshot)};
  return answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string readiness_text(const Snapshot &snapshot) {
  const std::vector<HealthCheck> checks = readiness(snapshot);
  nlohmann::ordered_json answer = {{"ready", all_good(checks)}};
  answer["reasons"] = nlohmann::json::array();
  answer["notes"] = notes(snapshot);
  for (const HealthCheck &check : checks) {
    answer["checks"][check.name] = check.good;
    if (!check.good)
      answer["reasons"].push_back(check.reason);
  }
  return answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace jetcapture::host
