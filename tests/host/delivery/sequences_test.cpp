#include "delivery/sequence_list.hpp"
#include "delivery/sequence_set.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>
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

TEST_CASE("a sequence set agrees with std::set over random inserts and erasures") {
  std::mt19937_64 random(4711);
  SequenceSet set;
  std::set<std::uint64_t> expected;
  for (int i = 0; i < 20000; i++) {
    const std::uint64_t sequence = random() % 4000 + (i % 2 == 0 ? 0 : 1ull << 40);
    if (random() % 3 == 0)
      CHECK(set.erase(sequence) == (expected.erase(sequence) == 1));
    else
      CHECK(set.insert(sequence) == expected.insert(sequence).second);
    CHECK(set.contains(sequence) == expected.contains(sequence));
  }
  CHECK(set.size() == expected.size());
  std::set<std::uint64_t> visited;
  set.for_each([&](std::uint64_t sequence) { visited.insert(sequence); });
  CHECK(visited == expected);
}
