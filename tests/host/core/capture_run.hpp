// A whole capture without processes: a fake server and a fake store around it, and a test that has the say over time
// and turns.
//
// The capture runs on a thread of its own, and waits for the test whenever no message has come: between two turns it
// stands still. Compressors and uploader have their own threads as ever.
#pragma once

#include "capture/capture.hpp"
#include "commit/in_flight.hpp"
#include "commit/shared_committer.hpp"
#include "host/core/fake_delivery.hpp"
#include "host/core/fake_stages.hpp"
#include "support/folder.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace jetcapture::test {

// What stays when a host is killed: the stream, the store and the host's state folder; and time.
class World {
public:
  World();
  // As the other one is at this moment. Any thread.
  World(const World &other);
  World &operator=(const World &) = delete;

  // The messages that were acked and are not stored whole.
  std::vector<std::string> broken() const;
  // The host loses its state folder, and is another one for the ledger.
  void lose_state(std::string new_host);
  // Publishes each.
  void publish(std::initializer_list<std::string> messages);

  mutable std::mutex mutex; // of the server
  FakeClock clock;
  FakeServer server;
  FakeStore store;
  FakeStore::Kind store_kind = FakeStore::Kind::seeing;    // complete: captures keep a ledger
  std::string host = "first";                              // in the ledger
  std::string stream_created = "2026-01-01T00:00:00Z";     // as the server tells it
  int unanswered = 0;                                      // so many questions to the server from now on
  std::vector<host::ManifestConfiguration> configurations; // as the server tells them at a start
  const Folder state;

private:
  World(const World &other, std::unique_lock<std::mutex> of_other);
  void check_ack(const FakeMessage &message, bool terminated);
  bool is_stored(const FakeMessage &message) const;
  std::vector<std::string> broken_;
};

// The delivery of one run, one call at a time.
class TurnDelivery final : public host::AckedDelivery {
public:
  explicit TurnDelivery(World &world) : world_(world), inner_(world.server) {}

  // [test] Lets the capture go on, and waits until it waits for a message again, or has ended. False: it did not for
  // ten seconds.
  bool turn();
  void begin_turn();
  bool end_turn();
  bool has_ended() const;
  // [test] From now on the capture waits for nobody, and acks flow.
  void let_go();
  // [test] Acks that were ordered reach the server; see FakeDelivery::exchange().
  void exchange(std::uint64_t acks);
  // [capture thread] Nobody waits for it any more.
  void capture_ended();
  // Called at each step of the capture and of its blocks, on whichever thread.
  std::function<void(const char *step)> on_step = [](const char *) {};
  // Messages that the server sends before the capture has taken them.
  std::atomic<std::uint64_t> window = 1000;
  // Acks reach the server as they are ordered.
  std::atomic<bool> acks_flow = false;
  // progress() gives that where it is set.
  std::optional<Progress> told;

  bool next(jetcapture_message &message, std::chrono::milliseconds wait) override;
  void ack(host::AckOrder order) override;
  std::vector<host::AckOutcome> take_confirmed() override;
  std::uint32_t connection() const override;
  bool has(std::uint64_t sequence, std::int64_t timestamp) override;
  void stop_pulling() override;
  std::uint64_t give_back_rest() override;
  void give_back(const host::SequenceList &sequences) override;
  void keep_alive(const host::SequenceList &sequences) override;
  void terminate(std::uint64_t sequence) override;
  std::optional<std::uint64_t> ack_budget() const override;
  std::chrono::nanoseconds ack_wait() const override;
  Coverage coverage() const override { return {.first_sequence = 1}; }
  std::optional<Progress> progress(std::chrono::milliseconds timeout) override;
  Vitals vitals() const override;
  std::uint64_t last_sequence_at_start() const override { return inner_.last_sequence_at_start(); }

private:
  void wait_for_turn();

  World &world_;
  FakeDelivery inner_; // below the world's mutex
  bool idle_ = false;  // the capture thread's: it has looked at its clocks since the last message

  mutable std::mutex mutex_; // of what follows
  std::condition_variable changed_;
  bool captures_turn_ = true;
  bool free_ = false;
  bool ended_ = false;
};

class CaptureRun {
public:
  using Step = std::function<void(const char *)>;

  static host::Settings settings();
  // Runs until the capture waits for a message. name: of stream and consumer.
  explicit CaptureRun(World &world, host::Settings given = settings(), Step on_step = {},
                      const std::string &name = "S");
  ~CaptureRun(); // as by two signals
  CaptureRun(const CaptureRun &) = delete;
  CaptureRun &operator=(const CaptureRun &) = delete;

  // So much time passes, and the capture takes what has come, looks at its clocks, and waits again.
  void turn(std::chrono::nanoseconds time = std::chrono::milliseconds(20));
  // All that is sealed is stored, and its acks are ordered.
  void wait_for_stores() const;
  // What was ordered is acked and confirmed.
  void confirm();
  // What the server says of the consumer now.
  void hear(const host::Delivery::Progress &progress) { capture_.hear(progress); }
  // How it says that the stream and its consumers are configured now.
  void configured(const std::vector<host::ManifestConfiguration> &all) { capture_.configured(all); }
  // Blocks sealed so far for that reason.
  std::uint64_t sealed(host::SealReason reason) const;
  // Signals, without waiting for what comes of it.
  void signal(int count) { stop_ = count; }
  // Waits for the end, which has been caused.
  host::CaptureEnd wait_for_end();
  // One signal, and all that follows.
  host::CaptureEnd end();

  TurnDelivery delivery;
  host::Counters counters;
  host::Log log;

private:
  static host::Capture::LedgerPlan ledger_plan(const World &world, const std::string &name);

  const host::Settings settings_;
  std::atomic<int> stop_ = 0;
  std::atomic<bool> cancelled_ = false;
  World &world_;

public:
  host::Spool spool;

private:
  const host::Capture::LedgerPlan ledger_;
  host::Journal journal_;
  host::InFlight in_flight_;
  std::deque<host::Decoder> decoders_;
  const host::Writer writer_;
  const host::Store store_;
  host::Capture capture_;
  host::CaptureEnd end_;
  std::thread thread_;
};

} // namespace jetcapture::test
