#include "http/stored_object.hpp"

#include "http/encoding.hpp"

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

void StoredObject::fill(jetcapture_object_status &status) const {
  status.exists = 1;
  status.bytes = bytes;
  const std::optional<Sha256> &hash = verified_sha256 ? verified_sha256 : sha256;
  status.hash_source = verified_sha256 ? JETCAPTURE_HASH_VERIFIED
                       : sha256        ? JETCAPTURE_HASH_CLAIMED
                                       : JETCAPTURE_HASH_NONE;
  if (hash)
    std::copy(hash->begin(), hash->end(), status.sha256);
}

Range range_of(std::uint64_t bytes, std::uint64_t offset, std::uint64_t count) {
  const std::uint64_t begin = std::min(offset, bytes);
  return {begin, begin + std::min(count, bytes - begin)};
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

void create_unless_there(const std::string &key, const std::function<void()> &put,
                         const std::function<bool(const Refusal &)> &is_taken,
                         const std::function<std::optional<StoredObject>()> &look) {
  try {
    put();
  } catch (const Refusal &refusal) {
    if (is_taken(refusal) || (may_refuse_to_replace(refusal) && found_after(refusal, look)))
      throw Exists("there is already an object " + key + ", which is not replaced");
    if (refusal.status() == 501)
      throw with_more(refusal, "perhaps it has no puts that replace nothing (If-None-Match), which are needed here");
    throw;
  }
}

} // namespace jetcapture::plugins
