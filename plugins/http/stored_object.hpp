// What a service says of an object that it has, and a put that takes its word for it.
#pragma once

#include "http/digest.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace jetcapture::plugins {

struct StoredObject {
  std::uint64_t bytes;
  std::optional<Sha256> sha256; // as put() left it, over bytes that the service verified

  bool is(const Object &object) const;
};

// From the answer to a HEAD. header: that of the metadata with the hash. Throws Retry where the size is no number.
StoredObject stored_object(const Answer &head, std::string_view header);

// Calls put. Where replacing is forbidden (Object Lock, a retention policy, a lease, conditional writes), a put that
// was done and whose answer was lost is refused when it is made again: look() tells then what is there, and the same
// size and hash are a put that is done. Throws as put and look do; a refusal of put says what else is there, or which
// right look() lacks to tell.
void put_unless_there(const Object &object, const std::function<void()> &put,
                      const std::function<std::optional<StoredObject>()> &look);

} // namespace jetcapture::plugins
