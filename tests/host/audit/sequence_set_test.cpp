#include "audit/sequence_set.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

using namespace jetcapture::host;

TEST_CASE("a set of sequences holds what was put in, once, however dense it is") {
  std::mt19937_64 random(3);
  SequenceSet set;
  std::set<std::uint64_t> same;
  for (int i = 0; i < 200'000; i++) {
    // Two dense pages, one that becomes dense, and far ones with one sequence.
    const std::uint64_t sequence = i % 100 == 0 ? random()
                                   : i % 3 == 0 ? 200'000 + random() % 8000
                                                : random() % 130'000;
    CHECK(set.insert(sequence) == same.insert(sequence).second);
  }
  CHECK(set.size() == same.size());
  for (int i = 0; i < 50'000; i++) {
    const std::uint64_t sequence = random() % 300'000;
    CHECK(set.contains(sequence) == same.contains(sequence));
  }
  std::vector<std::uint64_t> some;
  set.for_each(60'000, 202'000, [&](std::uint64_t sequence) { some.push_back(sequence); });
  CHECK(some == std::vector<std::uint64_t>(same.lower_bound(60'000), same.upper_bound(202'000)));
}
