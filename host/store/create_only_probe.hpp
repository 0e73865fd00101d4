// Finds out whether the service behind a store really puts without replacing: some answer that they can't, and some
// ignore the question and replace.
#pragma once

#include "plugins/stages.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace jetcapture::host {

struct CreateOnlyProbe {
  enum class Verdict {
    works,
    lacking, // the store does not offer it, or the service replaced an object
    unknown  // the store could not be asked
  };
  Verdict verdict = Verdict::unknown;
  bool refused = false;    // unknown, since someone has to act: the store takes no object
  std::string reason = {}; // why it is not `works`
  std::string left = {};   // the name of the probe, where it could not be removed
};

// Where probes are put. Readers of manifests and blocks leave out what is below it.
constexpr std::string_view probe_root = "_manifest/_probe/";

// Puts an object under a name of its own below probe_root, create-only, and another one under the same name, which has
// to be refused. Both are gone then. A store that can't remove has one name for all probes. timeout: of each put.
// [any-thread] [may block]
CreateOnlyProbe probe_create_only(const Store &store, std::chrono::nanoseconds timeout);

} // namespace jetcapture::host
