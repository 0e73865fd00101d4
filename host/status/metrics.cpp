#include "status/metrics.hpp"

#include "status/health.hpp"
#include "status/process.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::host {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<std::pair<const char *, std::string>>;

struct Single {
  MetricType type;
  const char *name; // without "jetcapture_"
  const char *help;
  double (*value)(const Snapshot &);
};

// A query over several hosts does not know it either, then, and an alert on it does not fire.
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr auto counter = MetricType::Counter;
constexpr auto gauge = MetricType::Gauge;

template <class Number>
double number(Number value) {
  return static_cast<double>(value);
}

constexpr Single singles[] = {
    {counter, "messages_total", "Messages taken from the stream, without redeliveries.",
     [](const Snapshot &s) { return number(s.messages); }},
    {counter, "message_bytes_total", "Bytes of data of the messages taken.",
     [](const Snapshot &s) { return number(s.message_bytes); }},
    {counter, "rows_total", "Rows or other items written into blocks.",
     [](const Snapshot &s) { return number(s.rows); }},
    {counter, "messages_filtered_total", "Messages that the decoder skipped; they are acked.",
     [](const Snapshot &s) { return number(s.filtered); }},
    {counter, "redeliveries_dropped_total",
     "Redeliveries of messages that are in flight or stored, which were dropped.",
     [](const Snapshot &s) { return number(s.redeliveries); }},
    {counter, "decode_errors_total", "Messages that could not be decoded or written.",
     [](const Snapshot &s) { return number(s.bad); }},
    {counter, "quarantined_messages_total", "Messages written whole into the quarantine.",
     [](const Snapshot &s) { return number(s.quarantined); }},
    {counter, "terminated_messages_total", "Messages that were terminated (--on-decode-error term).",
     [](const Snapshot &s) { return number(s.terminated); }},
    {counter, "blocks_stored_total", "Blocks that are durable in the store.",
     [](const Snapshot &s) { return number(s.blocks_stored); }},
    {counter, "stored_bytes_total", "Bytes of stored blocks, as stored.",
     [](const Snapshot &s) { return number(s.bytes_stored); }},
    {counter, "written_bytes_total", "Bytes of stored blocks before compression.",
     [](const Snapshot &s) { return number(s.bytes_written); }},
    {counter, "store_retries_total", "Failed attempts to put a block into the store; each is retried.",
     [](const Snapshot &s) { return number(s.store_failures); }},
    {gauge, "store_failing", "1 while the last attempt to put a block into the store has failed.",
     [](const Snapshot &s) { return number(s.store.failing); }},
    {gauge, "store_refused", "1 while the store refuses a block until someone acts.",
     [](const Snapshot &s) { return number(s.store.refused > 0); }},
    {counter, "notifications_total", "Notifications that were published and confirmed (--notify-subject).",
     [](const Snapshot &s) { return number(s.notifications); }},
    {counter, "notification_failures_total", "Failed attempts to publish notifications; each is retried.",
     [](const Snapshot &s) { return number(s.notification_failures); }},
    {gauge, "notifications_waiting", "Notifications that are not published yet.",
     [](const Snapshot &s) { return number(s.notifications_waiting); }},
    {gauge, "in_flight_messages", "Messages pulled by this host whose acks are not confirmed.",
     [](const Snapshot &s) { return number(s.in_flight); }},
    {gauge, "ack_pending_limit", "max_ack_pending of the consumer; 0: no limit.",
     [](const Snapshot &s) { return number(s.facts.ack_limit); }},
    {gauge, "ack_budget_ratio", "Used part of max_ack_pending, by all hosts.",
     [](const Snapshot &s) { return s.ack_budget; }},
    {gauge, "acks_outstanding", "Acks of stored messages that the server has not confirmed yet.",
     [](const Snapshot &s) { return number(s.delivery.acks_outstanding); }},
    {counter, "acks_confirmed_total", "Acks that the server has confirmed.",
     [](const Snapshot &s) { return number(s.acked); }},
    {counter, "acks_resent_total", "Acks that were sent again because they were not confirmed.",
     [](const Snapshot &s) { return number(s.delivery.acks_resent); }},
    {counter, "keepalives_total", "In-progress acks (+WPI) sent for messages in flight.",
     [](const Snapshot &s) { return number(s.keep_alives); }},
    {gauge, "memory_bytes", "Memory used by blocks.", [](const Snapshot &s) { return number(s.memory); }},
    {gauge, "memory_limit_bytes", "Memory that blocks may use (--memory-limit).",
     [](const Snapshot &s) { return number(s.facts.memory_limit); }},
    {gauge, "spool_bytes", "Bytes of blocks in the spool, on disk.", [](const Snapshot &s) { return number(s.spool); }},
    {gauge, "spool_limit_bytes", "Bytes that the spool may use (--spool-limit); 0: what the disk has.",
     [](const Snapshot &s) { return number(s.facts.spool_limit); }},
    {gauge, "journal_bytes", "Size of the journal.", [](const Snapshot &s) { return number(s.journal); }},
    {gauge, "journal_pending_bytes", "Records of the journal that are not written yet.",
     [](const Snapshot &s) { return number(s.journal_pending); }},
    {gauge, "journal_failing", "1 while the journal can't be written: nothing is stored or acked.",
     [](const Snapshot &s) { return number(!s.journal_problem.empty()); }},
    {counter, "pulls_total", "Pull requests sent.", [](const Snapshot &s) { return number(s.delivery.pulls); }},
    {gauge, "pull_paused", "1 while pulling is paused because memory is used up.",
     [](const Snapshot &s) { return number(s.paused); }},
    {gauge, "capture_failed", "1 once the capture can't go on: the process ends, and its last status says why.",
     [](const Snapshot &s) { return number(!s.failure.empty()); }},
    {gauge, "connected", "1 while both connections to NATS are up.",
     [](const Snapshot &s) { return number(s.delivery.connected); }},
    {counter, "reconnects_total", "Reconnects to NATS.",
     [](const Snapshot &s) { return number(s.delivery.reconnects); }},
    {gauge, "consumer_lag_messages",
     "Messages in the stream that are not yet delivered to any host; NaN while that is not known.",
     [](const Snapshot &s) { return s.lag_messages ? number(*s.lag_messages) : unknown; }},
    {gauge, "consumer_lag_seconds",
     "Upper bound of how long the next message has been waiting in the stream; 0: none waits; NaN while that is "
     "not known.",
     [](const Snapshot &s) { return s.lag_messages ? s.lag_seconds : unknown; }},
    {gauge, "oldest_unstored_age_seconds",
     "Age of the oldest message that is known and not stored; 0: all that are known are stored.",
     [](const Snapshot &s) { return s.oldest_unstored; }},
    {counter, "messages_lost_total", "Messages that left the stream before they were captured, at least.",
     [](const Snapshot &s) { return number(s.lost); }},
    {counter, "messages_possibly_lost_total",
     "Further messages that may have left the stream before they were captured, at most.",
     [](const Snapshot &s) { return number(s.possibly_lost); }},
    {gauge, "unstored_elsewhere_messages",
     "Messages in flight at other hosts or of earlier runs, as far as is sure: not known to be stored.",
     [](const Snapshot &s) { return number(s.unstored_elsewhere); }},
    {gauge, "clock_behind_seconds", "How far this host's clock is behind the server's; negative: it is ahead.",
     [](const Snapshot &s) { return s.clock_behind; }},
    {gauge, "journal_uncertain_records", "Records of the journal that were damaged when it was read.",
     [](const Snapshot &s) { return number(s.uncertain_records); }},
    {gauge, "claim_last_sequence", "Last sequence of the claim that this host captures; 0: there are no claims.",
     [](const Snapshot &s) { return number(s.facts.claim_last); }},
    {gauge, "claims_done", "Claims of the capture that were done when this host began the one that it captures.",
     [](const Snapshot &s) { return number(s.facts.claims_done); }},
    {gauge, "ready", "1 while /readyz says yes.", [](const Snapshot &s) { return number(all_good(readiness(s))); }},
};

// What a host that stands by has to tell: it knows nothing of how the capture goes, and zeros would look like the best.
constexpr Single of_owner[] = {
    {gauge, "standby", "1 while another host owns the capture and this one stands by.",
     [](const Snapshot &s) { return number(s.phase == Phase::standing_by); }},
    {gauge, "owner_silent_seconds",
     "On a standby: since the owner of the capture last showed that it lives; 0 on all others.",
     [](const Snapshot &s) { return s.phase == Phase::standing_by ? s.owner.silent : 0; }},
    {gauge, "capture_starts",
     "With ordered delivery: runs of the capture that have begun, on any host; 0: not known, or shared delivery.",
     [](const Snapshot &s) { return number(s.phase == Phase::standing_by ? s.owner.starts : s.starts); }},
};

struct ProcessSingle {
  MetricType type;
  const char *name;
  const char *help;
  double (*value)(const ProcessFigures &);
};

constexpr ProcessSingle of_process[] = {
    {counter, "process_cpu_seconds_total", "User and system CPU time.",
     [](const ProcessFigures &p) { return p.cpu_seconds; }},
    {gauge, "process_resident_memory_bytes", "Resident memory.",
     [](const ProcessFigures &p) { return number(p.resident_memory); }},
    {gauge, "process_virtual_memory_bytes", "Virtual memory.",
     [](const ProcessFigures &p) { return number(p.virtual_memory); }},
    {gauge, "process_start_time_seconds", "Start of the process, seconds since 1970.",
     [](const ProcessFigures &p) { return p.start_time; }},
    {gauge, "process_open_fds", "Open file descriptors.",
     [](const ProcessFigures &p) { return number(p.open_descriptors); }},
    {gauge, "process_max_fds", "File descriptors that may be open.",
     [](const ProcessFigures &p) { return number(p.most_descriptors); }},
};

class Families {
public:
  void add(MetricType type, std::string name, const char *help) {
    MetricFamily family;
    family.name = std::move(name);
    family.help = help;
    family.type = type;
    families_.push_back(std::move(family));
  }
  ClientMetric &metric(const Labels &labels = {}) {
    ClientMetric metric;
    for (const auto &[name, value] : labels)
      metric.label.push_back({name, value});
    families_.back().metric.push_back(std::move(metric));
    return families_.back().metric.back();
  }
  void value(double value, const Labels &labels = {}) {
    ClientMetric &metric = this->metric(labels);
    (families_.back().type == counter ? metric.counter.value : metric.gauge.value) = value;
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

private:
  std::vector<MetricFamily> families_;
};

void add_store_duration(Families &families, const StoreProgress::Snapshot &store) {
  families.add(MetricType::Histogram, "jetcapture_store_duration_seconds",
               "How long successful attempts to store a block took.");
  auto &histogram = families.metric().histogram;
  for (std::size_t i = 0; i < store.took.size(); i++) {
    histogram.sample_count += store.took[i];
    const double bound =
        i < StoreProgress::bounds.size() ? StoreProgress::bounds[i] : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = store.took_seconds;
}

void add_singles(Families &families, std::span<const Single> some, const Snapshot &snapshot) {
  for (const Single &single : some) {
    families.add(single.type, std::string("jetcapture_") + single.name, single.help);
    families.value(single.value(snapshot));
  }
}

void add_facts(Families &families, const Snapshot &snapshot) {
  families.add(gauge, "jetcapture_build_info", "Always 1: the version of the host and of the ABI of plug-ins.");
  families.value(1, {{"version", snapshot.facts.version}, {"abi", snapshot.facts.abi}});
  families.add(gauge, "jetcapture_info", "Always 1: what is captured, and how.");
  families.value(1, {{"stream", snapshot.facts.stream},
                     {"consumer", snapshot.facts.consumer},
                     {"delivery", snapshot.facts.delivery},
                     {"decoder", snapshot.facts.decoder},
                     {"writer", snapshot.facts.writer},
                     {"store", snapshot.facts.store}});
  const bool stands_by = snapshot.phase == Phase::standing_by;
  families.add(gauge, "jetcapture_owner_info",
               "Always 1: with ordered delivery the host that owns the capture, and its run; else this host.");
  families.value(1, {{"host", stands_by ? snapshot.owner.machine : snapshot.facts.machine},
                     {"run", stands_by ? snapshot.owner.run : snapshot.facts.run}});
  add_singles(families, of_owner, snapshot);
}

void add_process(Families &families) {
  const ProcessFigures process = process_figures();
  for (const ProcessSingle &single : of_process) {
    families.add(single.type, single.name, single.help);
    families.value(single.value(process));
  }
}

} // namespace

std::string metrics_text(const Snapshot &snapshot) {
  Families families;
  add_facts(families, snapshot);
  if (snapshot.phase == Phase::standing_by) {
    families.add(gauge, "jetcapture_ready", "1 while /readyz says yes.");
    families.value(0);
    add_process(families);
    return families.text();
  }
  add_singles(families, singles, snapshot);
  families.add(
      gauge, "jetcapture_safe_sequence",
      "All messages up to this stream sequence that the consumer covers are stored and acked, by all hosts, or "
      "were lost.");
  families.value(number(snapshot.safe_sequence), {{"covers", covered_text(snapshot.coverage)}});
  families.add(gauge, "jetcapture_blocks", "Blocks by their state.");
  families.value(number(snapshot.open_blocks), {{"state", "open"}});
  families.value(number(snapshot.store.waiting), {{"state", "sealed"}});
  families.value(number(snapshot.store.storing), {{"state", "storing"}});
  families.value(number(snapshot.acking_blocks), {{"state", "acking"}});
  families.add(counter, "jetcapture_blocks_sealed_total", "Sealed blocks by the reason.");
  for (std::size_t i = 0; i < seal_reasons; i++)
    families.value(number(snapshot.store.sealed_by_reason[i]),
                   {{"reason", std::string(to_string(static_cast<SealReason>(i)))}});
  families.add(counter, "jetcapture_pull_refusals_total", "Pull requests that the server refused, by its reason.");
  std::map<std::string, std::uint64_t> refusals = snapshot.delivery.pull_refusals;
  refusals.try_emplace("other", 0); // so that there is something to watch before the first one
  for (const auto &[reason, count] : refusals)
    families.value(number(count), {{"reason", reason}});
  add_store_duration(families, snapshot.store);
  add_process(families);
  return families.text();
}

} // namespace jetcapture::host
