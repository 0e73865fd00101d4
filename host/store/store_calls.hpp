// Calls into a store, with what it answers checked: its statuses, and each pointer, size and name that it gives.
//
// A store that breaks the contract of store.h is answered for with JETCAPTURE_FATAL and a sentence that says how. Any
// thread, as store.h allows.
#pragma once

#include "plugins/stages.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace jetcapture::host {

struct StoreAnswer {
  jetcapture_status status = JETCAPTURE_OK;
  std::string reason; // never empty where the status is not JETCAPTURE_OK
  bool ok() const { return status == JETCAPTURE_OK; }
};

// The message that the object begins with, for the record of calls; 0: there is none.
struct FirstMessage {
  std::uint64_t sequence = 0;
  std::int64_t timestamp = 0;
};
// location: where the store says that the object is; "" where it does not, or not in a text.
StoreAnswer put_object(const Store &store, const jetcapture_object &object, std::string &location,
                       FirstMessage first = {});

// exists, bytes and, where hash_source says that there is one, the hash.
StoreAnswer stat_object(const Store &store, std::string_view name, jetcapture_object_status &status);

// take: is given the bytes in order, never more than count in all; returns false once it has enough, which is no error.
StoreAnswer get_object(const Store &store, std::string_view name, std::uint64_t offset, std::uint64_t count,
                       const std::function<bool(std::string_view bytes)> &take);

// take: is given names that begin with prefix, each greater than the one before and than after, at most limit of them
// (0: all); returns false once it has enough, which is no error.
StoreAnswer list_objects(const Store &store, std::string_view prefix, std::string_view after, std::uint64_t limit,
                         const std::function<bool(std::string_view name, std::uint64_t bytes)> &take);

StoreAnswer remove_object(const Store &store, std::string_view name);

} // namespace jetcapture::host
