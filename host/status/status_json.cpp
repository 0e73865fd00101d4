#include "status/status_json.hpp"

#include "status/health.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace jetcapture::host {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

double seconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds / 1'000'000) / 1000;
}

// Who owns the capture: with ordered delivery one host at a time.
Json owner(const Snapshot &s) {
  if (s.phase != Phase::standing_by)
    return {{"host", s.facts.machine}, {"run", s.facts.run}, {"starts", s.starts}};
  return {{"host", s.owner.machine},
          {"run", s.owner.run},
          {"starts", s.owner.starts},
          {"standing_by_since", seconds(s.owner.since)},
          {"silent_seconds", rounded(s.owner.silent)},
          {"takeover_after_seconds", rounded(std::chrono::duration<double>(s.owner.takes_over).count())},
          {"problem", s.owner.problem}};
}

Json status(const Snapshot &s) {
  const std::vector<HealthCheck> checks = readiness(s);
  Json reasons = Json::array();
  for (const HealthCheck &check : checks)
    if (!check.good)
      reasons.push_back(check.reason);
  Json json = {
      {"time", seconds(s.time)},
      {"version", s.facts.version},
      {"stream", s.facts.stream},
      {"consumer", s.facts.consumer},
      {"delivery", s.facts.delivery},
      {"claim_first_sequence", s.facts.claim_first},
      {"claim_last_sequence", s.facts.claim_last},
      {"claims_done", s.facts.claims_done},
      {"phase", to_string(s.phase)},
      {"failure", s.failure},
      {"ready", all_good(checks)},
      {"reasons", reasons},
      {"notes", notes(s)},
      {"uptime_seconds", rounded(s.uptime)},
      {"messages", s.messages},
      {"message_bytes", s.message_bytes},
      {"messages_per_second", rounded(s.messages_per_second)},
      {"bytes_per_second", rounded(s.bytes_per_second)},
      {"rows", s.rows},
      {"filtered", s.filtered},
      {"redeliveries_dropped", s.redeliveries},
      {"decode_errors", s.bad},
      {"quarantined", s.quarantined},
      {"terminated", s.terminated},
      {"lost", s.lost},
      {"possibly_lost", s.possibly_lost},
      {"possibly_lost_first", s.possibly_lost_first},
      {"possibly_lost_last", s.possibly_lost_last},
      {"acks_confirmed", s.acked},
      {"acks_outstanding", s.delivery.acks_outstanding},
      {"acks_resent", s.delivery.acks_resent},
      {"in_flight", s.in_flight},
      {"ack_pending", s.not_acked},
      {"ack_pending_limit", s.facts.ack_limit},
      {"ack_budget_ratio", rounded(s.ack_budget)},
      {"lag_messages", s.lag_messages ? Json(*s.lag_messages) : Json(nullptr)},
      {"lag_seconds", s.lag_messages ? Json(rounded(s.lag_seconds)) : Json(nullptr)},
      {"oldest_unstored_seconds", rounded(s.oldest_unstored)},
      {"unstored_elsewhere", s.unstored_elsewhere},
      {"safe_sequence", s.safe_sequence},
      {"safe_sequence_covers", covered_text(s.coverage)},
      {"clock_behind_seconds", rounded(s.clock_behind)},
      {"journal_uncertain_records", s.uncertain_records},
      {"journal_pending_bytes", s.journal_pending},
      {"journal_problem", s.journal_problem},
      {"blocks",
       {{"open", s.open_blocks},
        {"sealed", s.store.waiting},
        {"storing", s.store.storing},
        {"acking", s.acking_blocks},
        {"stored", s.blocks_stored}}},
      {"waiting",
       {{"stage", s.wait.stage},
        {"sequence", s.wait.sequence},
        {"seconds", rounded(s.waits)},
        {"reason", s.wait.reason}}},
      {"stored_bytes", s.bytes_stored},
      {"store",
       {{"failing", s.store.failing},
        {"refused", s.store.refused > 0},
        {"failures", s.store_failures},
        {"delayed", s.store.delayed},
        {"reason", s.store.reason}}},
      {"notifications",
       {{"published", s.notifications}, {"waiting", s.notifications_waiting}, {"failures", s.notification_failures}}},
      {"memory_bytes", s.memory},
      {"memory_limit_bytes", s.facts.memory_limit},
      {"spool_bytes", s.spool},
      {"spool_limit_bytes", s.facts.spool_limit},
      {"paused", s.paused},
      {"connected", s.delivery.connected},
      {"reconnects", s.delivery.reconnects},
  };
  if (s.facts.delivery == "ordered")
    json["owner"] = owner(s);
  return json;
}

} // namespace

std::string_view to_string(Phase phase) {
  switch (phase) {
  case Phase::standing_by:
    return "standing_by";
  case Phase::starting:
    return "starting";
  case Phase::capturing:
    return "capturing";
  case Phase::draining:
    return "draining";
  case Phase::ended:
    return "ended";
  }
  return "ended";
}

std::string status_json(const Snapshot &snapshot, const Ending *ending) {
  Json json = status(snapshot);
  json["final"] = ending != nullptr;
  if (ending != nullptr) {
    json["exit_status"] = ending->exit_status;
    json["failure"] = ending->failure;
    json["returned"] = ending->returned;
    json["unconfirmed"] = ending->unconfirmed;
  }
  return text_of(json);
}

std::string history_json(const std::vector<Observer::Rate> &history) {
  Json json = Json::array();
  for (const Observer::Rate &rate : history)
    json.push_back({seconds(rate.time), rounded(rate.messages_per_second)});
  return text_of(json);
}

std::string page_json(const Snapshot &snapshot, const std::vector<std::string> &warnings) {
  Json json = status(snapshot);
  json["decoder"] = snapshot.facts.decoder;
  json["writer"] = snapshot.facts.writer;
  json["store_name"] = snapshot.facts.store;
  json["max_age_seconds"] = rounded(std::chrono::duration<double>(snapshot.facts.max_age).count());
  json["last_blocks"] = Json::array();
  for (const StoreProgress::Stored &block : snapshot.store.last)
    json["last_blocks"].push_back({{"time", seconds(block.time)},
                                   {"name", block.name},
                                   {"location", block.location},
                                   {"reason", block.reason},
                                   {"messages", block.messages},
                                   {"bytes", block.bytes},
                                   {"seconds", rounded(block.seconds)}});
  json["warnings"] = Json::array();
  for (const std::string &warning : warnings)
    if (Json line = Json::parse(warning, nullptr, false); !line.is_discarded())
      json["warnings"].push_back(std::move(line));
  return text_of(json);
}

} // namespace jetcapture::host
