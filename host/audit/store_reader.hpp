// Reading from a store that may fail for a while: each call is made again a few times, and a listing goes on where it
// failed. What still fails then could not be told.
//
// [any-thread] Its calls may block.
#pragma once

#include "blocks/block_body.hpp"
#include "store/store_calls.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace jetcapture::host {

struct RetryLimits {
  unsigned tries = 6;                                                   // without anything new in between
  std::chrono::nanoseconds first_wait = std::chrono::milliseconds(250); // doubled each time
  std::chrono::nanoseconds longest_wait = std::chrono::seconds(5);
};

class StoreReader {
public:
  explicit StoreReader(const Store &store, RetryLimits limits = {}) : store_(store), limits_(limits) {}

  // take: is given each name once, in ascending order.
  StoreAnswer list(std::string_view prefix,
                   const std::function<void(std::string_view name, std::uint64_t bytes)> &take) const;
  // The same for names behind that one, until take gives false.
  StoreAnswer list_after(std::string_view prefix, std::string after,
                         const std::function<bool(std::string_view name, std::uint64_t bytes)> &take) const;

  // All of its bytes. JETCAPTURE_NOT_FOUND: there is none. More than most of them: JETCAPTURE_BAD_DATA.
  StoreAnswer read(std::string_view name, std::uint64_t most, std::string &bytes) const;

  StoreAnswer stat(std::string_view name, jetcapture_object_status &status) const;

  // Reads the object: its size and hash. JETCAPTURE_NOT_FOUND: there is none. take: is given its bytes in their order;
  // false ends the reading, and the hash is of what was read.
  StoreAnswer hash(
      std::string_view name, std::uint64_t &bytes, Sha256 &sha256,
      const std::function<bool(std::string_view)> &take = [](std::string_view) { return true; }) const;

  // Any other call, with the same patience. attempt: makes it; progressed: whether it brought something new before it
  // failed.
  StoreAnswer persist(const std::function<StoreAnswer(bool &progressed)> &attempt) const;

  const Store &store() const { return store_; }

private:
  const Store &store_;
  const RetryLimits limits_;
};

} // namespace jetcapture::host
