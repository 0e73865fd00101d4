#include "stream_capture.hpp"

#include "blocks/codec.hpp"
#include "blocks/object_name.hpp"
#include "commit/in_flight.hpp"
#include "commit/ordered_committer.hpp"
#include "commit/shared_committer.hpp"
#include "nats/jetstream_delivery.hpp"
#include "nats/ordered_consumer.hpp"
#include "nats/ordered_consumer_delivery.hpp"
#include "nats/owner_signs.hpp"
#include "nats/permission_checks.hpp"
#include "nats/request.hpp"
#include "nats/stream_publisher.hpp"
#include "settings/error.hpp"
#include "threads/fault_point.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

// A floor moves with the manifest that declares blocks done.
constexpr auto ordered_declare = 10s;
constexpr auto told_declare = 1s;
constexpr int signs_in_time = 5;

bool is_ordered(const Settings &settings) {
  return settings.delivery == DeliveryKind::ordered;
}

std::string as_text(std::vector<std::string> filters) {
  std::sort(filters.begin(), filters.end());
  std::string text;
  for (const std::string &filter : filters)
    text += (text.empty() ? "" : " ") + filter;
  return text;
}

// Messages that were stored of the journal's stream: the highest that it knows, and the highest of each block whose
// acks are still to be confirmed.
std::vector<Landmark> witnesses(const JournalContents &kept) {
  std::vector<Landmark> all = {kept.landmark};
  for (const auto &[id, block] : kept.blocks) {
    all.emplace_back();
    all.back().see(block);
  }
  std::erase_if(all, [](const Landmark &one) { return one.sequence == 0; });
  return all;
}

// When a stream was created is told otherwise by a server that restarts after the stream was edited: it is another one
// only if nothing of what was stored of it is there any more.
bool is_same_stream(const JournalContents &kept, const std::string &created, JetStream &jetstream,
                    const std::string &stream) {
  if (kept.identity.stream != stream)
    return false;
  if (kept.identity.stream_created == created)
    return true;
  try {
    const std::vector<Landmark> stored = witnesses(kept);
    return std::any_of(stored.begin(), stored.end(), [&](const Landmark &one) {
      return timestamp_of(jetstream, stream, one.sequence) == one.timestamp;
    });
  } catch (const NoAnswer &error) {
    // Without the permission the journal counts as that of another stream, so that nothing is taken for stored.
    if (error.reason == Unanswered::not_permitted)
      return false;
    throw StartupError(error.what());
  }
}

// What the journal knows as safe holds for a consumer that is created only if it is to deliver the same messages.
SafeSequence safe_sequence(const JournalContents &kept, const Settings &settings) {
  if (!settings.create_consumer || settings.capture_again)
    return {};
  if (kept.identity.stream != settings.stream || kept.identity.consumer != settings.consumer ||
      kept.identity.filters != as_text(settings.filter_subjects))
    return {};
  return {kept.identity.stream_created, kept.safe_up_to};
}

// A consumer that has delivered all that the journal knows may be acked: its time of creation changes with an edit,
// too.
JournalOrigin origin_of(const CaptureIdentity &journal, const CaptureIdentity &capture, const BoundStream &stream,
                        bool capture_again) {
  if (journal.stream != capture.stream || journal.stream_created != capture.stream_created ||
      journal.consumer != capture.consumer)
    return JournalOrigin::other;
  if (surely_same_consumer({journal.consumer_created, stream.delivered_before}, stream.consumer))
    return JournalOrigin::this_consumer;
  if (capture_again)
    return JournalOrigin::other;
  return same_consumer(journal.consumer_created, capture.consumer_created) ? JournalOrigin::this_consumer
                                                                           : JournalOrigin::earlier_consumer;
}

template <class Description>
ManifestStage stage_of(const Stage<Description> &stage) {
  return {stage.name(), stage.description().about->version};
}

CaptureIdentity identity_of(const BoundStream &stream) {
  return {.stream = stream.consumer.stream,
          .stream_created = stream.stream_created,
          .consumer = stream.consumer.consumer,
          .consumer_created = stream.consumer.consumer_created,
          .filters = as_text(stream.consumer.coverage.filters)};
}

constexpr auto between_configurations = 10min;

// But for what differs by the kind of delivery.
Capture::LedgerPlan plan_of(const Settings &settings, const BoundStream &stream, const Stages &stages) {
  Capture::LedgerPlan plan;
  plan.stage_memory = stream.state.stage_memory();
  plan.last_manifest = stream.state.path() / last_manifest_file;
  plan.facts.program = "jetcapture " JETCAPTURE_VERSION;
  plan.facts.decoder = stage_of(stages.decoders.front());
  plan.facts.writer = stage_of(stages.writer);
  const std::string_view encoding = codec_encoding(settings.compression);
  plan.facts.compression = {std::string(encoding.empty() ? "none" : encoding), ""};
  plan.facts.options = captured_by(settings);
  plan.facts.path_template = settings.path_template;
  plan.facts.interval = settings.max_age.count();
  plan.facts.path_null = settings.path_null;
  plan.facts.on_decode_error = on_decode_error(settings);
  return plan;
}

Capture::LedgerPlan shared_plan(const Settings &settings, const BoundStream &stream, const Stages &stages) {
  Capture::LedgerPlan plan = plan_of(settings, stream, stages);
  plan.facts.chain = {stream.consumer.stream, stream.consumer.consumer, stream.state.host_id()};
  plan.facts.stream_created = stream.stream_created;
  plan.facts.consumer_created = stream.consumer.consumer_created;
  plan.facts.ack_floor = stream.consumer.begins_at > 0 ? 0 : stream.consumer.ack_floor_sequence;
  plan.facts.begins_at = stream.consumer.begins_at;
  // What is below it is acked, or the journal knows it.
  const CaptureIdentity &kept = stream.kept.identity;
  const bool has_journal = kept.stream == stream.consumer.stream && kept.stream_created == stream.stream_created &&
                           kept.consumer == stream.consumer.consumer;
  plan.beginning.floor = std::max(stream.consumer.ack_floor_sequence, has_journal ? stream.kept.safe_up_to : 0);
  if (has_journal && stream.kept.damaged_records == 0)
    plan.beginning.known_above = stream.kept.ledger_floor;
  plan.beginning.again = [again = settings.capture_again, before = stream.delivered_before,
                          consumer = stream.consumer](const ManifestHeader &last) {
    return again && !surely_same_consumer({last.consumer_created, std::max(before, last.highest_sequence)}, consumer);
  };
  return plan;
}

Capture::LedgerPlan ordered_plan(const Settings &settings, const BoundStream &stream, const OrderedStart &start,
                                 const Stages &stages) {
  Capture::LedgerPlan plan = plan_of(settings, stream, stages);
  plan.facts.chain = {stream.consumer.stream, stream.consumer.consumer, std::string(ordered_chain)};
  if (start.claim) {
    plan.facts.chain.host = start.claim->host;
    plan.facts.claim_messages = start.claim->messages;
    plan.facts.claim_last = start.claim->last;
    plan.facts.claims_done_up_to = start.claim->all_done_up_to;
  }
  plan.facts.rewound_to = start.rewound_to;
  plan.facts.rewound_to_timestamp = start.rewound_to_timestamp;
  plan.beginning.only_behind = start.only_behind;
  plan.facts.stream_created = start.stream_created;
  plan.facts.floor = start.after;
  plan.facts.begins_at = start.begins_at;
  plan.facts.filters = stream.consumer.coverage.filters;
  plan.facts.owner = machine_name();
  plan.beginning.floor = start.after;
  plan.beginning.known_above = 0; // there is no other chain
  plan.beginning.again = [](const ManifestHeader &) { return false; };
  plan.beginning.note_run = [&stream](const std::string &run) { stream.state.note_run(run); };
  // A block is told once it is declared done.
  const bool tells = !settings.notify_subject.empty();
  plan.beginning.unsettled_too = tells;
  plan.pace.declare = tells ? told_declare : ordered_declare;
  return plan;
}

class SharedParts final : public DeliveryParts {
public:
  SharedParts(const Settings &settings, BoundStream &stream, Log &log)
      : identity_(identity_of(stream)),
        journal_(
            stream.state.path(), std::move(stream.kept), identity_,
            [&](const CaptureIdentity &other) { return origin_of(other, identity_, stream, settings.capture_again); },
            log),
        in_flight_(stream.state.path() / "in-flight",
                   identity_.stream + "\n" + identity_.stream_created + "\n" + identity_.consumer, log),
        delivery_(stream.pulls, stream.acks, stream.jetstream, stream.consumer, settings, log), log_(log) {}

  Delivery &delivery() override { return delivery_; }
  std::unique_ptr<CaptureCommitter> make_committer(const Surroundings &with) override {
    return std::make_unique<SharedCommitter>(SharedCommitter::Surroundings{
        delivery_, journal_, in_flight_, with.counters, with.clock, with.log, with.ledger, with.notifier});
  }
  const Journal *journal() const override { return &journal_; }
  void flush() override {
    try {
      journal_.flush();
    } catch (const JournalError &error) {
      log_.warn("the last records of the journal are lost; their blocks are acked once more",
                {{"reason", error.what()}});
    }
  }

private:
  const CaptureIdentity identity_;
  Journal journal_;
  InFlight in_flight_;
  JetStreamDelivery delivery_;
  Log &log_;
};

class OrderedParts final : public DeliveryParts {
public:
  OrderedParts(const Settings &settings, BoundStream &stream, const OrderedStart &start, Log &log)
      : start_(start), delivery_(stream.pulls, stream.acks, stream.jetstream, stream.consumer,
                                 {.after = start.after,
                                  .last = start.claim ? start.claim->last : UINT64_MAX,
                                  .stream_ends_at = start.stream_ends_at,
                                  .after_timestamp = start.after_timestamp},
                                 settings, log) {}

  Delivery &delivery() override { return delivery_; }
  std::unique_ptr<CaptureCommitter> make_committer(const Surroundings &with) override {
    return std::make_unique<OrderedCommitter>(OrderedCommitter::Surroundings{delivery_, *with.ledger, with.counters,
                                                                             with.clock, with.log, with.notifier,
                                                                             with.untold},
                                              start_.after, start_.goes_on);
  }

private:
  const OrderedStart start_;
  OrderedConsumerDelivery delivery_;
};

} // namespace

std::filesystem::path spool_folder(const Settings &settings, const StateFolder &state) {
  return settings.spool_dir.empty() ? state.path() / "spool" : std::filesystem::path(settings.spool_dir);
}

BoundStream::BoundStream(const Settings &settings, const StateFolder &state_folder, Log &log)
    : state(state_folder), acks(settings.connection, "ack", log), jetstream(acks, settings.connection),
      kept(is_ordered(settings) ? JournalContents() : read_journal(state.path() / journal_file)),
      consumer(is_ordered(settings) ? bind_ordered(jetstream, settings, warnings_)
                                    : bind_consumer(jetstream, settings, safe_sequence(kept, settings), warnings_)),
      stream_created(is_same_stream(kept, consumer.stream_created, jetstream, settings.stream)
                         ? kept.identity.stream_created
                         : consumer.stream_created),
      delivered_before(kept.landmark.sequence), pulls(settings.connection, "pull", log, Sending::at_once) {
  fault_point("before-permissions");
  const std::string answering =
      jetstream.prefix() + (is_ordered(settings) ? ".STREAM.INFO." + consumer.stream
                                                 : ".CONSUMER.INFO." + consumer.stream + "." + consumer.consumer);
  for (Connection *connection : {&acks, &pulls})
    connection->set_answering(answering, settings.connection.inbox_prefix);
  if (is_ordered(settings))
    check_ordered_permissions(pulls, acks, jetstream, consumer, settings, warnings_);
  else
    check_permissions(pulls, acks, jetstream, consumer, settings, warnings_);
  if (!settings.notify_subject.empty())
    check_notify_subject(acks, jetstream, settings, warnings_);
  for (const std::string &warning : warnings_)
    log.warn(warning);
  if (consumer.start_sequence > 0)
    log.info("the consumer is created to begin after what an earlier one stored; --capture-again captures that again",
             {{"start", consumer.start_sequence}});
}

// facts: of the ledger. With ordered delivery its chain remembers what is still to be told, and other hosts may have
// stored a part of an interval; with claims no host knows when all of one is stored.
struct StreamCapture::Notifications {
  // Throws OutboxError.
  Notifications(const Settings &settings, BoundStream &stream, const ManifestHeader &facts, Counters &counters,
                Log &log)
      : outbox(stream.state.path() / "notifications",
               is_ordered(settings) ? Outbox::Lasts::for_this_run : Outbox::Lasts::for_ever),
        publisher(stream.acks, settings), untold(facts.claim_messages == 0),
        notifier({.stream = stream.consumer.stream,
                  .consumer = stream.consumer.consumer,
                  .host = facts.chain.host,
                  .store = settings.store.name,
                  .interval = settings.max_age,
                  .with_totals = !is_ordered(settings)},
                 outbox, publisher, counters, log, {}, is_ordered(settings) ? &untold : nullptr) {}

  // Throws StartupError. Null: nobody is to be told.
  static std::unique_ptr<Notifications> wanted(const Settings &settings, BoundStream &stream,
                                               const ManifestHeader &facts, Counters &counters, Log &log) {
    if (settings.notify_subject.empty())
      return nullptr;
    try {
      return std::make_unique<Notifications>(settings, stream, facts, counters, log);
    } catch (const OutboxError &error) {
      throw StartupError(error.what());
    }
  }

  Outbox outbox;
  StreamPublisher publisher;
  UntoldBlocks untold; // with ordered delivery
  Notifier notifier;
};

StreamCapture::~StreamCapture() = default;

Notifier *StreamCapture::notifier() const {
  return notifications_ == nullptr ? nullptr : &notifications_->notifier;
}

UntoldBlocks *StreamCapture::untold() const {
  return notifications_ == nullptr || !is_ordered(settings_) ? nullptr : &notifications_->untold;
}

StreamCapture::StreamCapture(const Settings &settings, BoundStream &stream, const Stages &stages,
                             Capture::Control control, Log &log)
    : StreamCapture(settings, stream, shared_plan(settings, stream, stages),
                    std::make_unique<SharedParts>(settings, stream, log), stages, control, log) {}

StreamCapture::StreamCapture(const Settings &settings, BoundStream &stream, const OrderedStart &start,
                             const Stages &stages, Capture::Control control, Log &log)
    : StreamCapture(settings, stream, ordered_plan(settings, stream, start, stages),
                    std::make_unique<OrderedParts>(settings, stream, start, log), stages, control, log) {}

StreamCapture::StreamCapture(const Settings &settings, BoundStream &stream, Capture::LedgerPlan plan,
                             std::unique_ptr<DeliveryParts> parts, const Stages &stages, Capture::Control control,
                             Log &log)
    : stream_(stream), settings_(settings), log_(log),
      next_look_(std::chrono::steady_clock::now() + between_configurations),
      ledger_(with_configurations(std::move(plan))), spool_(spool_folder(settings, stream.state), settings.spool_limit),
      parts_(std::move(parts)), notifications_(Notifications::wanted(settings, stream, ledger_.facts, counters_, log)),
      capture_(settings,
               {stream.consumer.stream, ledger_.facts.stream_created, stream.consumer.consumer, captured_by(settings)},
               {stages.decoders, stages.writer, stages.store},
               {parts_->delivery(),
                [this](Ledger *ledger) {
                  return parts_->make_committer({ledger, notifier(), untold(), counters_, clock_, log_});
                },
                spool_, counters_, clock_, log, settings.no_ledger ? nullptr : &ledger_, notifier()},
               control) {}

Capture::LedgerPlan StreamCapture::with_configurations(Capture::LedgerPlan plan) {
  if (!settings_.no_ledger)
    plan.configurations = configurations();
  return plan;
}

CaptureEnd StreamCapture::run() {
  if (!is_ordered(settings_))
    return capture_.run();
  // Hosts that stand by hear that this one lives; where they may not, they see the chain grow.
  const OwnerSigns signs(stream_.acks, owner_subject(stream_.consumer.stream, stream_.consumer.consumer),
                         capture_.run_name(), settings_.takeover_after / signs_in_time, [this] {
                           log_.warn("there is no permission to publish the signs of life that hosts which stand by "
                                     "listen for; a manifest is written instead now and then");
                           capture_.show_life(settings_.takeover_after / signs_in_time);
                         });
  return capture_.run();
}

// What can't be asked now is asked the next time; what is not permitted is told once, and not asked again.
std::vector<ManifestConfiguration> StreamCapture::configurations() {
  std::vector<ManifestConfiguration> all;
  const auto take = [&](std::vector<ServerConfiguration> some) {
    for (ServerConfiguration &one : some)
      all.push_back({std::move(one.of), std::move(one.name), std::move(one.json)});
  };
  try {
    const ConsumerFacts &consumer = stream_.consumer;
    take(configurations_of(stream_.jetstream, consumer.stream, is_ordered(settings_) ? "" : consumer.consumer));
    if (!others_unknown_)
      take(configurations_of_consumers(stream_.jetstream, consumer.stream));
  } catch (const NoAnswer &error) {
    if (error.reason == Unanswered::not_permitted) {
      others_unknown_ = true;
      log_.info("the manifests have the configuration of the stream and of this consumer, and not that of its other "
                "consumers, which can't be asked for",
                {{"reason", error.what()}});
    }
  } catch (const std::exception &error) {
    log_.debug("the configuration of the stream can't be asked for now", {{"reason", error.what()}});
  }
  if (others_unknown_)
    all.push_back({"consumers", "", ""});
  return all;
}

void StreamCapture::look_at_configurations() {
  if (std::chrono::steady_clock::now() < next_look_)
    return;
  next_look_ = std::chrono::steady_clock::now() + between_configurations;
  capture_.configured(configurations());
}

} // namespace jetcapture::host
