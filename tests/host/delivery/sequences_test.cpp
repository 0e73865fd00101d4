#include "delivery/sequence_list.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace jetcapture::host;

namespace {

std::vector<std::uint64_t> all(const SequenceList &list) {
  std::vector<std::uint64_t> sequences;
  list.for_each([&](std::uint64_t sequence) { sequences.push_back(sequence); });
  return sequences;
}

} // namespace

TEST_CASE("a sequence list gives back what was appended, in order, whatever the order") {
  const std::vector<std::uint64_t> sequences = {1, 2, 3, 1000000, 5, UINT64_MAX, 0, 1ull << 63, 7};
  SequenceList list;
  for (const std::uint64_t sequence : sequences)
    list.append(sequence);
  CHECK(list.size() == sequences.size());
  CHECK(all(list) == sequences);
}

TEST_CASE("a sequence list takes one byte for each ascending sequence of one key among ten") {
  SequenceList list;
  for (std::uint64_t i = 1; i <= 100000; i++)
    list.append(i * 10);
  CHECK(list.encoded().size() <= 100000 + 8);
}

TEST_CASE("a sequence list returns to a mark") {
  SequenceList list;
  list.append(10);
  list.append(20);
  const SequenceList::Mark mark = list.mark();
  list.append(5);
  list.rollback(mark);
  list.append(30);
  CHECK(all(list) == std::vector<std::uint64_t>{10, 20, 30});
}

TEST_CASE("an encoded sequence list decodes to the same, and rubbish is refused") {
  SequenceList list;
  for (const std::uint64_t sequence : {9u, 4u, 4000000000u})
    list.append(sequence);
  const auto decoded = SequenceList::decode(list.encoded());
  REQUIRE(decoded);
  CHECK(all(*decoded) == all(list));
  CHECK(decoded->size() == 3);
  CHECK_FALSE(SequenceList::decode("\x80"));
  CHECK_FALSE(SequenceList::decode(std::string(11, '\xff')));
}
