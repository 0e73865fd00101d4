// Sample messages as a delivery, so that they go through the same pipeline as those of a stream. Acks are confirmed at
// once.
#pragma once

#include "delivery/delivery.hpp"
#include "progress/stage_waits.hpp"
#include "tools/try/samples.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>

namespace jetcapture::host {

class SampleDelivery : public AckedDelivery {
public:
  using Look = std::function<void(const jetcapture_message &)>;

  // look: called with each message before the capture gets it. stop: set to 1, so that the capture drains, once there
  // is no other, or one waits for its stage for longer than longest_wait. waits: of the capture.
  SampleDelivery(Samples &samples, const Settings &settings, Look look, const StageWaits &waits,
                 std::chrono::nanoseconds longest_wait, std::atomic<int> &stop);

  // The message that waited too long.
  const std::optional<StageWaits::Wait> &given_up() const { return given_up_; }

  bool next(jetcapture_message &message, std::chrono::milliseconds wait) override;
  void ack(AckOrder order) override;
  std::vector<AckOutcome> take_confirmed() override;
  std::uint32_t connection() const override { return 1; }
  bool has(std::uint64_t, std::int64_t) override { return true; }
  void stop_pulling() override { ended_ = true; }
  std::uint64_t give_back_rest() override { return 0; }
  void give_back(const SequenceList &) override {}
  void keep_alive(const SequenceList &) override {}
  void terminate(std::uint64_t) override {}
  std::optional<std::uint64_t> ack_budget() const override { return std::nullopt; }
  std::chrono::nanoseconds ack_wait() const override { return std::chrono::hours(24); }
  Coverage coverage() const override { return {{}, 1}; }
  std::optional<Progress> progress(std::chrono::milliseconds) override { return std::nullopt; }
  Vitals vitals() const override { return {}; }
  std::uint64_t last_sequence_at_start() const override { return 0; }

private:
  Samples &samples_;
  const Settings &settings_;
  Look look_;
  const StageWaits &waits_;
  const std::chrono::nanoseconds longest_wait_;
  std::atomic<int> &stop_;
  std::optional<StageWaits::Wait> given_up_;
  bool ended_ = false;
  std::uint64_t count_ = 0;
  Sample sample_; // the one that the last next() gave
  std::vector<jetcapture_pair> headers_;
  std::mutex mutex_;
  std::vector<AckOutcome> confirmed_;
};

} // namespace jetcapture::host
