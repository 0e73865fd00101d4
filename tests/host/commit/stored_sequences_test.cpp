#include "commit/stored_messages.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

using namespace jetcapture::host;

namespace {

SequenceList list(std::initializer_list<std::uint64_t> sequences) {
  SequenceList result;
  for (const std::uint64_t sequence : sequences)
    result.append(sequence);
  return result;
}

} // namespace

TEST_CASE("stored sequences that fill whole pages take the room of one range") {
  StoredSequences stored;
  SequenceList even;
  SequenceList odd;
  for (std::uint64_t sequence = 1; sequence <= 100'000; sequence++)
    (sequence % 2 == 0 ? even : odd).append(sequence);
  stored.add(even, 1);
  CHECK(stored.encoded_bytes() > 10'000);
  CHECK(!stored.contains(99'999, 1));
  stored.add(odd, 2);
  CHECK(stored.encoded_bytes() < 300);
  CHECK(stored.highest() == 100'000);
  for (std::uint64_t sequence = 1; sequence <= 100'000; sequence++)
    REQUIRE(stored.contains(sequence, 1));
  CHECK(!stored.contains(0, 1));
  CHECK(!stored.contains(100'001, 1));
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
  for (const std::string &part : stored.encoded())
    REQUIRE(again.merge(part));
  for (std::uint64_t sequence = 0; sequence < 5001; sequence++) {
    REQUIRE(stored.contains(sequence, 1) == plain.contains(sequence));
    REQUIRE(again.contains(sequence, 1) == plain.contains(sequence));
  }
  CHECK(again.encoded() == stored.encoded());
}

TEST_CASE("a message that is newer than what is stored around its sequence is another one") {
  StoredSequences stored;
  stored.add(list({1, 2, 3}), 300);
  CHECK(stored.contains(2, 300));
  CHECK(!stored.contains(2, 301));
}

TEST_CASE("pages of stored sequences below a sequence can be forgotten, what is above stays") {
  StoredSequences stored;
  SequenceList whole;
  for (std::uint64_t sequence = 0; sequence < 512 * 100; sequence++)
    whole.append(sequence);
  stored.add(whole, 1);
  stored.add(list({60'000, 70'000}), 1);
  stored.forget_below(512 * 50 + 7);
  CHECK(!stored.contains(512 * 50 - 1, 1));
  CHECK(stored.contains(512 * 50, 1)); // its page is not whole below
  CHECK(stored.contains(512 * 100 - 1, 1));
  CHECK(stored.contains(60'000, 1));
  stored.forget_below(65'000);
  CHECK(!stored.contains(512 * 100 - 1, 1));
  CHECK(!stored.contains(60'000, 1));
  CHECK(stored.contains(70'000, 1));
  stored.forget_below(UINT64_MAX);
  CHECK(stored.empty());
}

TEST_CASE("stored sequences are written in parts of bounded size, and are known again without one that is missing") {
  StoredSequences stored;
  SequenceList some;
  for (std::uint64_t page = 0; page < 10'000; page++) // whole and not whole by turns
    for (std::uint64_t i = 0; i < 512; i += page % 2 == 0 ? 1 : 3)
      some.append(page * 512 + i);
  stored.add(some, 1);
  const std::vector<std::string> parts = stored.encoded();
  REQUIRE(parts.size() > 2);
  StoredSequences again;
  StoredSequences without;
  for (std::size_t i = parts.size(); i > 0; i--) {
    CHECK(parts[i - 1].size() <= (1 << 16) + 8);
    REQUIRE(again.merge(parts[i - 1]));
    if (i != 2)
      REQUIRE(without.merge(parts[i - 1]));
  }
  CHECK(again.encoded() == parts);
  std::size_t known = 0;
  some.for_each([&](std::uint64_t sequence) { known += without.contains(sequence, 1) ? 1 : 0; });
  CHECK(known < some.size());
  CHECK(known > some.size() / 2);
}

TEST_CASE("beyond the most entries the lowest stored sequences are forgotten, ranges too") {
  StoredSequences stored(10);
  SequenceList some;
  for (std::uint64_t page = 0; page < 100; page += 2)
    for (std::uint64_t i = 0; i < 512; i++)
      some.append(page * 512 + i);
  stored.add(some, 1);
  CHECK(!stored.contains(0, 1));
  CHECK(stored.contains(98 * 512, 1));
  CHECK(stored.contains(80 * 512, 1));
  CHECK(!stored.contains(78 * 512, 1));
}

TEST_CASE("beyond the most pages the oldest stored sequences are forgotten") {
  StoredSequences stored(2);
  stored.add(list({1000, 2000, 3000}), 1);
  CHECK(!stored.contains(1000, 1));
  CHECK(stored.contains(2000, 1));
  CHECK(stored.contains(3000, 1));
}

TEST_CASE("what is no encoding of stored sequences changes nothing") {
  StoredSequences stored;
  stored.add(list({7}), 1);
  CHECK(!stored.merge(""));
  CHECK(!stored.merge("too short"));
  std::string backwards(8 + 24, '\0');
  backwards[0] = 1;
  backwards[8] = 2;
  backwards[16] = 1;
  CHECK(!stored.merge(backwards));
  std::string too_many = stored.encoded().front();
  too_many[7] = '\x7f';
  CHECK(!stored.merge(too_many));
  CHECK(stored.contains(7, 1));
}

TEST_CASE("the first generations go once nothing is left of them, and the others keep their numbers") {
  StoredMessages stored;
  const auto add = [&](std::uint64_t sequence, std::int64_t timestamp) {
    SequenceList list;
    list.append(sequence);
    stored.add(list, timestamp);
  };
  for (const std::int64_t after : {1000, 2000, 3000, 4000})
    stored.begin_generation(after);
  add(1, 900);
  add(5000, 2500);
  stored.forget_empty_before(UINT32_MAX);
  CHECK(stored.generations().size() == 5);
  stored.forget_below(1024);
  stored.forget_empty_before(1); // that one is in use
  CHECK(stored.generations().size() == 4);
  stored.forget_empty_before(UINT32_MAX);
  CHECK(stored.generations().size() == 3); // 2 is not empty, 3 is behind it
  CHECK(stored.generation_of(2500) == 2);
  CHECK(stored.generation_of(3500) == 3);
  CHECK(stored.generation_of(4500) == 4);
  CHECK(stored.generation_of(900) == 2);
  CHECK(stored.contains(5000, 2500));
  stored.forget_below(10'000);
  stored.forget_empty_before(UINT32_MAX);
  CHECK(stored.generations().size() == 1); // what comes now is of the last one
  CHECK(stored.generation_of(4500) == 4);
}

TEST_CASE("what a stream that lost its end gives a known sequence to is not taken for what was stored there") {
  StoredMessages stored;
  SequenceList old;
  for (std::uint64_t sequence = 50; sequence <= 60; sequence++)
    old.append(sequence);
  stored.add(old, 1000);
  CHECK(stored.contains(55, 990));
  stored.begin_generation(1000);
  SequenceList given_again;
  given_again.append(60);
  stored.add(given_again, 1010); // newer than the message that has 55 now
  CHECK_FALSE(stored.contains(55, 1005));
  CHECK(stored.contains(60, 1010));
  CHECK(stored.contains(55, 990));
  CHECK(stored.newest() == 1010);
}
