// What a service says of an object that it has, and a put that takes its word for it.
#pragma once

#include "http/digest.hpp"
#include "http/message.hpp"
#include "http/refusal.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace jetcapture::plugins {

struct StoredObject {
  std::uint64_t bytes;
  std::optional<Sha256> sha256; // as put() left it in the metadata
  // Of the whole, as the service took it from the bytes that it received.
  std::optional<Sha256> verified_sha256 = std::nullopt;

  bool is(const Object &object) const;
  // For stat().
  void fill(jetcapture_object_status &status) const;
};

// From the answer to a HEAD. header: that of the metadata with the hash. Throws Retry where the size is no number.
StoredObject stored_object(const Answer &head, std::string_view header);

// The bytes of an object of that size that get() is to give: from begin to before end, none where they are the same.
struct Range {
  std::uint64_t begin;
  std::uint64_t end;
};
Range range_of(std::uint64_t bytes, std::uint64_t offset, std::uint64_t count);

// Calls put. Where replacing is forbidden (Object Lock, a retention policy, a lease, conditional writes), a put that
// was done and whose answer was lost is refused when it is made again: look() tells then what is there, and the same
// size and hash are a put that is done. Throws as put and look do; a refusal of put says what else is there, or which
// right look() lacks to tell.
void put_unless_there(const Object &object, const std::function<void()> &put,
                      const std::function<std::optional<StoredObject>()> &look);

// Calls put, which asks the service to put the object only where there is none. is_taken: its refusal says that there
// is one. Other refusals may be due to one, too (Object Lock, a policy, a lease): then look() tells. Throws Exists, and
// as put does.
void create_unless_there(const std::string &key, const std::function<void()> &put,
                         const std::function<bool(const Refusal &)> &is_taken,
                         const std::function<std::optional<StoredObject>()> &look);

} // namespace jetcapture::plugins
