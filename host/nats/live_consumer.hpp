// The consumer's settings as they are now: somebody may edit it while it is captured.
//
// Any thread. New settings apply and are logged once; an edit that makes the consumer unfit ends the capture.
#pragma once

#include "log/log.hpp"
#include "nats/consumer.hpp"
#include "nats/consumer_checks.hpp"
#include "threads/mutex.hpp"

#include <nlohmann/json_fwd.hpp>

#include <atomic>
#include <string>
#include <vector>

namespace jetcapture::host {

struct Settings;

class LiveConsumer {
public:
  // consumer: as bind_consumer() gave it.
  LiveConsumer(const ConsumerFacts &consumer, const Settings &settings, Log &log);

  // Takes over an answer of CONSUMER.INFO: every few seconds is often enough.
  void note(const nlohmann::json &consumer);
  // Logs the warnings that are new since the consumer or its stream was edited. stream: an answer of STREAM.INFO.
  void note_warnings(const nlohmann::json &consumer, const nlohmann::json &stream);

  // Throws DeliveryError: it was edited so that it can't be captured any more.
  void check() const;

  ConsumerSettings settings() const;
  // One sentence while it is paused; else empty.
  std::string trouble() const;

private:
  void adopt(const ConsumerSettings &now) NEEDS_LOCK(mutex_);

  const std::string name_;   // "consumer C of stream S"
  const std::string resume_; // the command
  const Settings &wanted_;
  const std::vector<std::string> filters_; // at the start
  Log &log_;
  mutable Mutex mutex_;
  ConsumerSettings settings_ GUARDED_BY(mutex_);
  std::vector<std::string> warnings_ GUARDED_BY(mutex_); // told
  std::string stream_limits_ GUARDED_BY(mutex_);         // as limits_of() last gave them
  std::string failure_ GUARDED_BY(mutex_);
  std::atomic<bool> unfit_{false};
};

} // namespace jetcapture::host
