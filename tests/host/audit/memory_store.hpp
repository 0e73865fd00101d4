// A store in memory, which fails where a test wants it to.
#pragma once

#include "host/store/called_store.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include <openssl/sha.h>

namespace jetcapture::test {

class MemoryStore {
public:
  MemoryStore() {
    store_.stat = [this](std::string_view name, jetcapture_object_status &status) { return stat(name, status); };
    store_.get = [this](std::string_view name, std::uint64_t offset, const jetcapture_visitor &visitor) {
      return get(name, offset, visitor);
    };
    store_.list = [this](std::string_view prefix, std::string_view after, const jetcapture_visitor &visitor) {
      return list(prefix, after, visitor);
    };
  }

  const host::Store &stage() const { return store_.stage(); }

  std::map<std::string, std::string> objects;
  std::uint32_t hash_source = JETCAPTURE_HASH_VERIFIED;
  std::string unreadable;       // get() and stat() of that name fail
  std::size_t names_a_call = 0; // a listing fails after so many; 0: never
  unsigned failures = 0;        // so many calls of list() fail at once
  unsigned lists = 0;           // calls
  unsigned gets = 0;
  std::function<void(std::string_view name)> on_stat = [](auto) {}; // before it is looked for
  std::function<void(std::string_view name)> on_get = [](auto) {};  // likewise

private:
  jetcapture_status stat(std::string_view name, jetcapture_object_status &status) {
    const std::lock_guard lock(mutex_);
    on_stat(name);
    if (name == unreadable)
      return JETCAPTURE_RETRY;
    const auto found = objects.find(std::string(name));
    if (found == objects.end())
      return JETCAPTURE_OK;
    status.exists = 1;
    status.bytes = found->second.size();
    status.hash_source = hash_source;
    ::SHA256(reinterpret_cast<const unsigned char *>(found->second.data()), found->second.size(), status.sha256);
    return JETCAPTURE_OK;
  }
  jetcapture_status get(std::string_view name, std::uint64_t offset, const jetcapture_visitor &visitor) {
    const std::lock_guard lock(mutex_);
    gets++;
    on_get(name);
    if (name == unreadable)
      return JETCAPTURE_RETRY;
    const auto found = objects.find(std::string(name));
    if (found == objects.end())
      return JETCAPTURE_NOT_FOUND;
    if (offset >= found->second.size())
      return JETCAPTURE_OK;
    return visitor.bytes(&visitor, {found->second.data() + offset, found->second.size() - offset});
  }
  jetcapture_status list(std::string_view prefix, std::string_view after, const jetcapture_visitor &visitor) {
    const std::lock_guard lock(mutex_);
    lists++;
    if (failures > 0) {
      failures--;
      return JETCAPTURE_RETRY;
    }
    std::size_t given = 0;
    for (auto object = objects.upper_bound(std::string(after)); object != objects.end(); ++object) {
      if (!object->first.starts_with(prefix))
        continue;
      if (names_a_call != 0 && given++ == names_a_call)
        return JETCAPTURE_RETRY;
      const jetcapture_status status =
          visitor.name(&visitor, {object->first.data(), object->first.size()}, object->second.size());
      if (status != JETCAPTURE_OK)
        return status;
    }
    return JETCAPTURE_OK;
  }

  std::mutex mutex_;
  CalledStore store_;
};

} // namespace jetcapture::test
