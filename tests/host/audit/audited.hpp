// A backup in a store in memory, and what reading it brings to light.
#pragma once

#include "audit/store_check.hpp"
#include "host/audit/memory_store.hpp"
#include "support/backup.hpp"
#include "support/sequences.hpp"

#include <string>
#include <vector>

namespace jetcapture::test {

struct AuditedStore {
  MemoryStore store;
  host::StoreReader reader{store.stage(), {.tries = 3, .first_wait = std::chrono::nanoseconds(0), .longest_wait = {}}};

  BackupChain chain(const std::string &host = "3f9a") {
    return {{"ORDERS", "backup", host},
            [this](const std::string &name, const std::string &bytes) { store.objects[name] = bytes; }};
  }
  host::StoreCheck check(host::StoreCheckOptions options = {}) const {
    options.threads = 2;
    return host::check_store(reader, options);
  }
};

// The one finding of that kind; without a kind where there is none, or more than one.
inline host::AuditFinding only(const host::Findings &findings, std::string_view kind) {
  for (const host::AuditFinding &finding : findings.kept())
    if (finding.kind == kind && findings.count(kind) == 1)
      return finding;
  return {host::Verdict::good, "", std::to_string(findings.count(kind)) + " of them", "", {}};
}

} // namespace jetcapture::test
