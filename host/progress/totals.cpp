#include "progress/totals.hpp"

namespace jetcapture::host {

Totals Totals::with(const Counters &counters) const {
  return {.messages = messages + counters.messages,
          .message_bytes = message_bytes + counters.message_bytes,
          .rows = rows + counters.rows,
          .redeliveries = redeliveries + counters.redeliveries,
          .filtered = filtered + counters.filtered,
          .bad = bad + counters.bad,
          .quarantined = quarantined + counters.quarantined,
          .terminated = terminated + counters.terminated,
          .lost = lost + counters.lost,
          .possibly_lost = possibly_lost + counters.possibly_lost,
          .acked = acked + counters.acked,
          .blocks_stored = blocks_stored + counters.blocks_stored,
          .bytes_written = bytes_written + counters.bytes_written,
          .bytes_stored = bytes_stored + counters.bytes_stored,
          .store_failures = store_failures + counters.store_failures,
          .notifications = notifications + counters.notifications,
          .notification_failures = notification_failures + counters.notification_failures};
}

} // namespace jetcapture::host
