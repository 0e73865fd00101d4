// What --check says of the ledger: whether the manifests in the store decide what was stored, or the journal does.
#pragma once

#include "log/log.hpp"
#include "plugins/stages.hpp"

namespace jetcapture::host {

struct Settings;

// Tries in the store whether it puts without replacing, and leaves nothing there. Throws StartupError: it takes no
// object, or it replaces, which ordered delivery can't be with.
void check_ledger(const Settings &settings, const Store &store, Log &log);

} // namespace jetcapture::host
