#include "restore/record_hash.hpp"

#include "blocks/sha256.hpp"

#include <algorithm>
#include <cstring>

#include <highwayhash/highwayhash_target.h>
#include <highwayhash/instruction_sets.h>

namespace jetcapture::host {

RecordHash::RecordHash(std::string_view name) {
  const Sha256 hash = sha256_of(name);
  static_assert(sizeof key_ == sizeof hash);
  std::memcpy(key_.data(), hash.data(), sizeof key_);
}

std::string RecordHash::of(std::initializer_list<std::string_view> parts) const {
  alignas(32) highwayhash::HHKey key = {};
  std::copy(key_.begin(), key_.end(), key);
  std::array<highwayhash::StringView, most_parts> fragments{};
  std::transform(parts.begin(), parts.end(), fragments.begin(), [](std::string_view part) {
    return highwayhash::StringView{part.data(), part.size()};
  });
  highwayhash::HHResult64 result = 0;
  highwayhash::InstructionSets::Run<highwayhash::HighwayHashCat>(key, fragments.data(), parts.size(), &result);
  std::string bytes(sizeof result, '\0');
  std::memcpy(bytes.data(), &result, sizeof result);
  return bytes;
}

} // namespace jetcapture::host
