// Objects for stores that look at their hash, and what the other functions of a store say of them.
#pragma once

#include "plugins/stores/support/store.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/sha.h>

namespace jetcapture::test {

inline jetcapture_text text(std::string_view view) {
  return {view.data(), view.size()};
}

// As the host gives it: with its hash, its type and some metadata.
struct Block : TestObject {
  Block(std::string given_name, std::string given) : TestObject(std::move(given_name), std::move(given)) {
    ::SHA256(reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size(), object.object.sha256);
    object.object.metadata = pairs;
    object.object.metadata_count = 2;
  }
  jetcapture_pair pairs[2] = {{text("jetcapture-messages"), text("17")}, {text("jetcapture-reason"), text("age")}};
};

// One that is put only where there is none of its name.
struct Created : Block {
  Created(std::string given_name, std::string given) : Block(std::move(given_name), std::move(given)) {
    object.object.flags = JETCAPTURE_CREATE_ONLY;
  }
};

// What no compression and no luck makes equal.
inline std::string random_bytes(std::size_t size, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size; at += 8) {
    const std::uint64_t value = random();
    std::memcpy(bytes.data() + at, &value, std::min<std::size_t>(8, size - at));
  }
  return bytes;
}

inline jetcapture_object_status stat_of(TestStore &store, std::string_view name) {
  jetcapture_object_status status{};
  status.size = sizeof status;
  REQUIRE_MESSAGE(store.description.stat(store.self, text(name), &status) == JETCAPTURE_OK, store.host.sentence());
  return status;
}

inline std::vector<std::string> listed(TestStore &store, std::string_view prefix, std::string_view after = "",
                                       std::uint64_t limit = 0) {
  TestVisitor visitor;
  REQUIRE_MESSAGE(store.list(prefix, after, limit, visitor) == JETCAPTURE_OK, store.host.sentence());
  return visitor.names;
}

inline std::string got(TestStore &store, std::string_view name, std::uint64_t offset = 0,
                       std::uint64_t count = UINT64_MAX) {
  TestVisitor visitor;
  REQUIRE_MESSAGE(store.get(name, offset, count, visitor) == JETCAPTURE_OK, store.host.sentence());
  return visitor.bytes;
}

// doctest shows long texts whole.
inline bool same(const std::string &one, const std::string &other) {
  return one == other;
}

inline bool says(const TestStore &store, std::string_view text) {
  return store.host.sentence().find(text) != std::string::npos;
}

inline std::int64_t nanoseconds_from_now(std::int64_t duration) {
  std::timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec + duration;
}

} // namespace jetcapture::test
