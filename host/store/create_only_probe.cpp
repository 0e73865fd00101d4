#include "store/create_only_probe.hpp"

#include "store/memory_object.hpp"
#include "store/store_calls.hpp"
#include "strings/random_digits.hpp"

namespace jetcapture::host {

namespace {

using Verdict = CreateOnlyProbe::Verdict;

StoreAnswer create(const Store &store, const std::string &name, const std::string &bytes,
                   std::chrono::nanoseconds timeout) {
  const MemoryObject object(name, bytes, JETCAPTURE_CREATE_ONLY, timeout, "text/plain");
  std::string location;
  return put_object(store, object.c_object(), location);
}

CreateOnlyProbe put_twice(const Store &store, const std::string &name, std::chrono::nanoseconds timeout) {
  const std::string first = "the first object of this name\n";
  const std::string second = "the second object of this name, which must not be there\n";
  // JETCAPTURE_EXISTS: its own put, after an answer that was lost.
  if (const StoreAnswer answer = create(store, name, first, timeout);
      !answer.ok() && answer.status != JETCAPTURE_EXISTS)
    return {.verdict = Verdict::unknown,
            .refused = answer.status != JETCAPTURE_RETRY,
            .reason = "the first put of the probe failed: " + answer.reason};
  const StoreAnswer answer = create(store, name, second, timeout);
  if (answer.ok())
    return {.verdict = Verdict::lacking,
            .reason = "the service replaces an object that is to be put only where there is none: it needs a version "
                      "that knows conditional puts"};
  if (answer.status != JETCAPTURE_EXISTS)
    return {.reason = "the second put of the probe failed: " + answer.reason};
  if (store.description().stat == nullptr)
    return {.verdict = Verdict::works};
  jetcapture_object_status status{};
  if (const StoreAnswer looked = stat_object(store, name, status); !looked.ok())
    return {.reason = "the probe can't be looked at: " + looked.reason};
  if (status.exists == 0 || status.bytes != first.size())
    return {.verdict = Verdict::lacking,
            .reason = "the store says that an object is there already, and it is not the first that was put"};
  return {.verdict = Verdict::works};
}

} // namespace

CreateOnlyProbe probe_create_only(const Store &store, std::chrono::nanoseconds timeout) {
  if ((store.description().flags & JETCAPTURE_STORE_CREATES) == 0)
    return {.verdict = Verdict::lacking,
            .reason = std::string("the store ") + store.description().about->name +
                      " can't put an object only where there is none"};
  const bool removes = store.description().remove != nullptr;
  const std::string name = std::string(probe_root) + "create-only" + (removes ? "-" + random_digits(32) : "");
  CreateOnlyProbe probe = put_twice(store, name, timeout);
  if (!removes || !remove_object(store, name).ok())
    probe.left = name;
  return probe;
}

} // namespace jetcapture::host
