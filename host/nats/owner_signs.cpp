#include "nats/owner_signs.hpp"

#include "nats/handles.hpp"
#include "settings/error.hpp"
#include "threads/thread.hpp"

#include <utility>

#include <pthread.h>

namespace jetcapture::host {

std::string owner_subject(const std::string &stream, const std::string &capture) {
  return "jetcapture.owner." + stream + "." + capture;
}

OwnerSigns::OwnerSigns(Connection &connection, std::string subject, std::string run, std::chrono::nanoseconds between,
                       std::function<void()> on_refused)
    : connection_(connection), subject_(std::move(subject)), run_(std::move(run)), between_(between),
      on_refused_(std::move(on_refused)),
      thread_(start_thread([this](const std::stop_token &stop) { run_thread(stop); })) {}

OwnerSigns::~OwnerSigns() = default;

void OwnerSigns::run_thread(const std::stop_token &stop) {
  pthread_setname_np(pthread_self(), "owner");
  MutexLock lock(mutex_);
  while (!stop.stop_requested()) {
    // What can't be sent now is not kept: it would tell of a life that was.
    if (connection_.connected() && natsConnection_Publish(connection_.get(), subject_.c_str(), run_.data(),
                                                          static_cast<int>(run_.size())) == NATS_OK)
      connection_.flush();
    wake_.wait_for(lock, stop, between_, [] { return false; });
    if (connection_.violations().publish_refused(subject_, since_)) {
      on_refused_();
      return;
    }
  }
}

OwnerWatch::OwnerWatch(Connection &connection, const std::string &subject)
    : connection_(connection), subject_(subject), subscription_(connection, subject) {
  if (subscription_.status() != NATS_OK)
    throw StartupError("subscribing to " + subject + " failed: " + natsStatus_GetText(subscription_.status()));
}

std::set<std::string> OwnerWatch::heard() {
  std::set<std::string> runs;
  natsMsg *raw = nullptr;
  while (natsSubscription_NextMsg(&raw, subscription_.get(), 0) == NATS_OK) {
    const MessagePtr message(raw);
    runs.emplace(natsMsg_GetData(raw), static_cast<std::size_t>(natsMsg_GetDataLength(raw)));
  }
  return runs;
}

bool OwnerWatch::refused() const {
  return connection_.violations().subscribe_refused(subject_, since_);
}

} // namespace jetcapture::host
