// Telling the notifier from where a block is stored.
#pragma once

#include "commit/journal.hpp"
#include "notify/outbox.hpp"

namespace jetcapture::host {

// What can't be written to the outbox can't be written to the journal either: the block is tried again. Throws
// JournalError.
template <class Tell>
void notified(Tell tell) {
  try {
    tell();
  } catch (const OutboxError &error) {
    throw JournalError(error.what());
  }
}

} // namespace jetcapture::host
