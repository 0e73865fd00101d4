#include "nats/live_consumer.hpp"

#include "nats/stream_limits.hpp"
#include "settings/error.hpp"
#include "settings/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace jetcapture::host {

LiveConsumer::LiveConsumer(const ConsumerFacts &consumer, const Settings &settings, Log &log)
    : name_("consumer " + consumer.consumer + " of stream " + consumer.stream),
      resume_("nats consumer resume " + consumer.stream + " " + consumer.consumer), wanted_(settings),
      filters_(consumer.coverage.filters), log_(log), settings_(consumer.settings), warnings_(consumer.warnings) {}

void LiveConsumer::note(const nlohmann::json &consumer) {
  const MutexLock lock(mutex_);
  if (unfit_)
    return;
  try {
    if (const std::vector<std::string> filters = coverage_of(consumer).filters; filters != filters_)
      throw StartupError("the " + name_ + " filters " + subjects_text(filters) + " now, and " +
                         subjects_text(filters_) +
                         " when the capture began; restart jetcapture to capture with the new ones");
    check_configuration(consumer, wanted_);
    adopt(settings_of(consumer));
  } catch (const StartupError &error) {
    failure_ = "the consumer was edited while it was captured: " + std::string(error.what());
    unfit_ = true;
  }
}

void LiveConsumer::note_warnings(const nlohmann::json &consumer, const nlohmann::json &stream) {
  std::vector<std::string> now = configuration_warnings(consumer, stream, wanted_);
  // adopt() logs a pause.
  std::erase_if(now, [](const std::string &warning) { return warning.find(" is paused: ") != std::string::npos; });
  const std::string limits = limits_of(stream);
  const MutexLock lock(mutex_);
  // How fast a stream fills changes all the time; that is logged only when its limits have changed.
  const std::string before = std::exchange(stream_limits_, limits);
  if (!before.empty() && before != limits)
    if (const std::string warning = discard_warning(consumer, stream, wanted_); !warning.empty())
      log_.warn(warning);
  for (const std::string &warning : now)
    if (std::find(warnings_.begin(), warnings_.end(), warning) == warnings_.end())
      log_.warn(warning);
  warnings_ = std::move(now);
}

void LiveConsumer::adopt(const ConsumerSettings &now) {
  if (now == settings_)
    return;
  if (now.paused_until != settings_.paused_until) {
    if (now.paused_until.empty())
      log_.info("the consumer is no longer paused");
    else
      log_.warn("the consumer is paused: nothing comes until then, or until it is resumed",
                {{"until", now.paused_until}, {"command", resume_}});
    settings_.paused_until = now.paused_until;
  }
  if (now != settings_)
    log_.info("the consumer was edited; its new settings apply", {{"ack_wait", format_duration(now.ack_wait)},
                                                                  {"max_ack_pending", now.max_ack_pending},
                                                                  {"max_batch", now.max_batch},
                                                                  {"max_expires", format_duration(now.max_expires)},
                                                                  {"max_bytes", now.max_bytes}});
  settings_ = now;
}

void LiveConsumer::check() const {
  if (!unfit_)
    return;
  const MutexLock lock(mutex_);
  throw DeliveryError(failure_);
}

ConsumerSettings LiveConsumer::settings() const {
  const MutexLock lock(mutex_);
  return settings_;
}

std::string LiveConsumer::trouble() const {
  const MutexLock lock(mutex_);
  return settings_.paused_until.empty()
             ? ""
             : "the " + name_ + " is paused until " + settings_.paused_until + ": `" + resume_ + "`";
}

} // namespace jetcapture::host
