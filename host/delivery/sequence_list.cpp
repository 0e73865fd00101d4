#include "delivery/sequence_list.hpp"

namespace jetcapture::host {

namespace {
constexpr unsigned longest_varint = 10;
}

void SequenceList::append(std::uint64_t sequence) {
  const std::uint64_t difference = sequence - last_;
  // Zigzag: small differences of either sign become small numbers.
  std::uint64_t rest = (difference << 1) ^ (difference >> 63 != 0 ? ~std::uint64_t{0} : 0);
  char bytes[longest_varint];
  std::size_t count = 0;
  while (rest >= 0x80) {
    bytes[count++] = static_cast<char>(rest | 0x80);
    rest >>= 7;
  }
  bytes[count++] = static_cast<char>(rest);
  deltas_.append(bytes, count);
  last_ = sequence;
  size_++;
}

void SequenceList::rollback(const Mark &mark) {
  deltas_.resize(mark.bytes);
  size_ = mark.size;
  last_ = mark.last;
}

std::uint64_t SequenceList::take(std::string_view &rest, std::uint64_t &sequence) {
  std::uint64_t coded = 0;
  unsigned shift = 0;
  std::size_t used = 0;
  while (used < rest.size()) {
    const auto byte = static_cast<unsigned char>(rest[used++]);
    coded |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    shift += 7;
    if ((byte & 0x80) == 0 || shift >= 64)
      break;
  }
  rest.remove_prefix(used);
  sequence += (coded >> 1) ^ (~(coded & 1) + 1);
  return sequence;
}

std::optional<SequenceList> SequenceList::decode(std::string_view encoded) {
  SequenceList list;
  std::string_view rest = encoded;
  std::uint64_t sequence = 0;
  while (!rest.empty())
    list.append(take(rest, sequence));
  if (list.deltas_ != encoded)
    return std::nullopt;
  return list;
}

} // namespace jetcapture::host
