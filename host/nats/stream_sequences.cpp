#include "nats/stream_sequences.hpp"

#include "nats/ack_subject.hpp"
#include "nats/handles.hpp"
#include "nats/inbox.hpp"
#include "nats/subscription.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace jetcapture::host {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::uint64_t batch = 10'000;
constexpr std::chrono::milliseconds silence = 5s;
constexpr int most_failures = 5; // without a message in between

// A consumer on the server, as long as the object lives.
class Listing {
public:
  Listing(Connection &connection, JetStream &jetstream, const std::string &inbox_prefix, const SequenceRequest &request,
          std::uint64_t from)
      : connection_(connection), jetstream_(jetstream), stream_(request.stream), inbox_(new_inbox(inbox_prefix)),
        subscription_(connection, inbox_) {
    json config = {{"ack_policy", "none"},       {"deliver_policy", "by_start_sequence"},
                   {"opt_start_seq", from},      {"headers_only", true},
                   {"replay_policy", "instant"}, {"inactive_threshold", std::chrono::nanoseconds(1min).count()},
                   {"max_waiting", 16}};
    if (request.filter_subjects.size() == 1)
      config["filter_subject"] = request.filter_subjects.front();
    if (request.filter_subjects.size() > 1)
      config["filter_subjects"] = request.filter_subjects;
    const json made = jetstream.request("CONSUMER.CREATE." + stream_,
                                        json({{"stream_name", stream_}, {"config", std::move(config)}}).dump());
    name_ = made.at("name").get<std::string>();
    is_empty_ = made.value("num_pending", std::uint64_t{1}) == 0;
    natsSubscription_SetPendingLimits(subscription_.get(), -1, -1);
  }
  ~Listing() {
    try {
      jetstream_.request("CONSUMER.DELETE." + stream_ + "." + name_, "");
    } catch (const std::exception &) {
      // The server removes it a minute later.
    }
  }
  Listing(const Listing &) = delete;
  Listing &operator=(const Listing &) = delete;

  // The stream had no such messages when it began.
  bool is_empty() const { return is_empty_; }

  // The ack subject of the next message. nullopt: nothing came, for a reason that ends this listing.
  std::optional<AckSubject> next() {
    while (subscription_.status() == NATS_OK) {
      if (open_ == 0 && !ask())
        return std::nullopt;
      natsMsg *raw = nullptr;
      if (natsSubscription_NextMsg(&raw, subscription_.get(), silence.count()) != NATS_OK)
        return std::nullopt;
      message_.reset(raw);
      const char *reply = natsMsg_GetReply(raw);
      const std::optional<AckSubject> subject = reply == nullptr ? std::nullopt : reader_.read(reply);
      if (!subject) {
        // A status: the request has ended.
        if (std::exchange(open_, 0) == batch)
          return std::nullopt;
        continue;
      }
      open_--;
      // One that was lost on its way.
      if (subject->consumer_sequence != ++delivered_)
        return std::nullopt;
      return subject;
    }
    return std::nullopt;
  }

private:
  bool ask() {
    open_ = batch;
    const std::string body =
        json({{"batch", batch}, {"expires", std::chrono::nanoseconds(silence / 2).count()}}).dump();
    const std::string subject = jetstream_.prefix() + ".CONSUMER.MSG.NEXT." + stream_ + "." + name_;
    return natsConnection_PublishRequest(connection_.get(), subject.c_str(), inbox_.c_str(), body.data(),
                                         static_cast<int>(body.size())) == NATS_OK;
  }

  Connection &connection_;
  JetStream &jetstream_;
  const std::string stream_;
  const std::string inbox_;
  Subscription subscription_;
  std::string name_;
  bool is_empty_ = false;
  MessagePtr message_; // that the last subject is of
  AckSubjectReader reader_;
  std::uint64_t open_ = 0; // asked for and not come
  std::uint64_t delivered_ = 0;
};

} // namespace

void list_sequences(Connection &connection, JetStream &jetstream, const std::string &inbox_prefix,
                    const SequenceRequest &request, const std::function<void(std::uint64_t)> &take) {
  std::uint64_t from = request.first;
  for (int failures = 0; from <= request.last; failures++) {
    if (failures == most_failures)
      throw NoAnswer(Unanswered::lost, "the messages of the stream " + request.stream + " from sequence " +
                                           std::to_string(from) + " on don't come");
    Listing listing(connection, jetstream, inbox_prefix, request, from);
    if (listing.is_empty())
      return;
    while (const std::optional<AckSubject> subject = listing.next()) {
      failures = -1;
      if (subject->stream_sequence > request.last)
        return;
      take(subject->stream_sequence);
      from = subject->stream_sequence + 1;
      if (subject->pending == 0 || from > request.last)
        return;
    }
  }
}

} // namespace jetcapture::host
