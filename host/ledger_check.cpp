#include "ledger_check.hpp"

#include "ledger/ledger.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"
#include "store/create_only_probe.hpp"

namespace jetcapture::host {

void check_ledger(const Settings &settings, const Store &store, Log &log) {
  if (settings.no_ledger)
    return;
  if (!Ledger::can_keep(store)) {
    log.warn("the store can't list and read objects: no manifests are written, and the backup can't be verified",
             {{"store", store.name()}});
    return;
  }
  const CreateOnlyProbe probe = probe_create_only(store, settings.store_timeout);
  if (probe.refused)
    throw StartupError("the store takes no object: " + probe.reason);
  switch (probe.verdict) {
  case CreateOnlyProbe::Verdict::works:
    log.info("the store puts without replacing: the manifests in it decide what was stored", {{"store", store.name()}});
    break;
  case CreateOnlyProbe::Verdict::lacking:
    if (settings.delivery == DeliveryKind::ordered)
      throw StartupError("the store replaces objects that are to be put only where there is none, so that two hosts "
                         "could own the capture (" +
                         probe.reason + "): use a service that has conditional writes, or --delivery shared");
    log.warn("the store replaces: manifests are written, and the journal in the state directory decides what was "
             "stored, so keep that directory",
             {{"store", store.name()}, {"reason", probe.reason}});
    break;
  case CreateOnlyProbe::Verdict::unknown:
    log.warn("it could not be tried whether the store puts without replacing; the first manifest of a run tries it",
             {{"store", store.name()}, {"reason", probe.reason}});
    break;
  }
  if (!probe.left.empty() && probe.verdict != CreateOnlyProbe::Verdict::unknown)
    log.warn("what the store was tried with can't be removed; those who read the store leave it out",
             {{"name", probe.left}});
}

} // namespace jetcapture::host
