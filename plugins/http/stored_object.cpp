#include "http/stored_object.hpp"

#include "http/encoding.hpp"
#include "http/refusal.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace jetcapture::plugins {

namespace {

// Services say it with these; with some of them they say other things too. 400: MinIO and versitygw.
bool may_refuse_to_replace(const Refusal &refusal) {
  return refusal.status() == 400 || refusal.status() == 403 || refusal.status() == 409 || refusal.status() == 412;
}

// Nothing but that may be meant, so that it is worth to say why what is there could not be looked at.
bool refuses_to_replace(const Refusal &refusal) {
  return refusal.status() == 409 || refusal.status() == 412;
}

Refusal with_more(const Refusal &refusal, const std::string &more) {
  return {refusal.what() + ("; " + more), refusal.status(), refusal.code()};
}

// What is there after such a refusal; nothing, too, where it may not be looked at.
std::optional<StoredObject> found_after(const Refusal &refusal,
                                        const std::function<std::optional<StoredObject>()> &look) {
  try {
    return look();
  } catch (const Refusal &not_seen) {
    if (refuses_to_replace(refusal))
      throw with_more(refusal, "whether the block is there already can't be seen: " + std::string(not_seen.what()));
    return std::nullopt;
  }
}

} // namespace

bool StoredObject::is(const Object &object) const {
  return bytes == object.bytes() && sha256 && std::memcmp(sha256->data(), object.raw().sha256, sha256->size()) == 0;
}

StoredObject stored_object(const Answer &head, std::string_view header) {
  StoredObject object{size_in(head.header("content-length")), std::nullopt};
  const auto digest = from_hex(head.header(header));
  if (digest && digest->size() == Sha256().size()) {
    object.sha256.emplace();
    std::copy(digest->begin(), digest->end(), object.sha256->begin());
  }
  return object;
}

void put_unless_there(const Object &object, const std::function<void()> &put,
                      const std::function<std::optional<StoredObject>()> &look) {
  try {
    put();
  } catch (const Refusal &refusal) {
    if (!may_refuse_to_replace(refusal))
      throw;
    const std::optional<StoredObject> there = found_after(refusal, look);
    if (!there)
      throw;
    if (!there->is(object))
      throw with_more(refusal, "there is already an object of " + std::to_string(there->bytes) + " bytes with " +
                                   (there->sha256 ? "another" : "no") +
                                   " SHA-256 under that name, which is not replaced: move it away, or write below "
                                   "another prefix");
  }
}

} // namespace jetcapture::plugins
