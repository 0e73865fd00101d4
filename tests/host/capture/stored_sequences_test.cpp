#include "capture/stored_sequences.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

using namespace jetcapture::host;

namespace {

SequenceList list(std::initializer_list<std::uint64_t> sequences) {
  SequenceList result;
  for (const std::uint64_t sequence : sequences)
    result.append(sequence);
  return result;
}

} // namespace

TEST_CASE("stored sequences that touch or overlap become one range") {
  StoredSequences stored;
  stored.add(list({5, 6, 7}), 70);
  stored.add(list({1, 2}), 20);
  CHECK(stored.ranges() == 2);
  stored.add(list({4, 3}), 40);
  CHECK(stored.ranges() == 1);
  stored.add(list({2, 3, 9}), 90);
  CHECK(stored.ranges() == 2);
  CHECK(stored.highest() == 9);
  CHECK(!stored.contains(8, 0));
  CHECK(!stored.contains(0, 0));
  for (const std::uint64_t sequence : {1, 2, 3, 4, 5, 6, 7, 9})
    CHECK(stored.contains(sequence, 20));
}

TEST_CASE("stored sequences are the same as a plain set of them, also when written and read") {
  std::mt19937 random(11);
  StoredSequences stored;
  std::set<std::uint64_t> plain;
  for (int i = 0; i < 2000; i++) {
    SequenceList some;
    std::uint64_t sequence = random() % 5000;
    for (std::uint64_t n = random() % 6; n > 0; n--) {
      some.append(sequence);
      plain.insert(sequence);
      sequence = random() % 2 == 0 ? sequence + 1 : random() % 5000;
    }
    stored.add(some, 1);
  }
  StoredSequences again;
  REQUIRE(again.add_encoded(stored.encoded()));
  std::size_t ranges = 0;
  for (std::uint64_t sequence = 0; sequence < 5001; sequence++) {
    REQUIRE(stored.contains(sequence, 1) == plain.contains(sequence));
    REQUIRE(again.contains(sequence, 1) == plain.contains(sequence));
    ranges += plain.contains(sequence) && !plain.contains(sequence + 1) ? 1 : 0;
  }
  CHECK(stored.ranges() == ranges);
  CHECK(again.encoded() == stored.encoded());
}

TEST_CASE("a message that is newer than what is stored around its sequence is another one") {
  StoredSequences stored;
  stored.add(list({1, 2, 3}), 300);
  CHECK(stored.contains(2, 300));
  CHECK(!stored.contains(2, 301));
}

TEST_CASE("beyond the most ranges the oldest stored sequences are forgotten") {
  StoredSequences stored(3);
  stored.add(list({2, 4, 6, 8, 10}), 1);
  CHECK(stored.ranges() == 3);
  CHECK(!stored.contains(4, 1));
  CHECK(stored.contains(6, 1));
}

TEST_CASE("what is not an encoded list of ranges adds nothing to the stored sequences") {
  StoredSequences stored;
  CHECK(!stored.add_encoded("short"));
  std::string backwards(24, '\0');
  backwards[0] = 2;
  backwards[8] = 1;
  CHECK(!stored.add_encoded(backwards));
  CHECK(stored.ranges() == 0);
}
