#include "status/progress_of.hpp"

#include <chrono>

namespace jetcapture::host {

Progress progress_of(const Snapshot &snapshot) {
  Progress progress = {.connected = snapshot.delivery.connected,
                       .draining = snapshot.phase == Phase::draining,
                       .paused = snapshot.paused,
                       .messages = snapshot.messages,
                       .message_bytes = snapshot.message_bytes,
                       .in_flight = snapshot.in_flight,
                       .open_blocks = snapshot.open_blocks,
                       .storing_blocks = snapshot.store.waiting + snapshot.store.storing,
                       .stored_blocks = snapshot.blocks_stored};
  progress.lag = snapshot.lag_messages;
  progress.behind =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(snapshot.lag_seconds));
  progress.journal_trouble = snapshot.journal_problem;
  if (snapshot.store.failing || snapshot.store.refused > 0)
    progress.store_trouble = snapshot.store.reason.empty() ? "it gave no reason" : snapshot.store.reason;
  return progress;
}

} // namespace jetcapture::host
