// HighwayHash-64 as nats-server's file store uses it: the key is the SHA-256 of a name, and the eight bytes are those
// of the number, the low one first (server/filestore.go).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace jetcapture::host {

class RecordHash {
public:
  // name: of the stream for its configuration, "STREAM-N" for the records of its block N.
  explicit RecordHash(std::string_view name);

  static constexpr std::size_t most_parts = 4;
  // Of the parts, so many at most, one behind the other.
  std::string of(std::initializer_list<std::string_view> parts) const;

private:
  std::array<std::uint64_t, 4> key_;
};

} // namespace jetcapture::host
