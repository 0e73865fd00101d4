// What every store has to be able to do, whichever service is behind it.
#pragma once

#include "services/store_objects.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <thread>

namespace jetcapture::test {

// size: of objects, so that they go up whole or in parts.
inline void check_that_it_creates_once(TestStore &store, const std::string &name, std::size_t size) {
  Created first(name, random_bytes(size, 1)), second(name, random_bytes(size, 2));
  REQUIRE_MESSAGE(store.put(first) == JETCAPTURE_OK, store.host.sentence());
  CHECK(store.put(second) == JETCAPTURE_EXISTS);
  CHECK(says(store, "there is already an object"));
  CHECK(same(got(store, name), first.bytes));
  Block third(name, "replaced");
  CHECK(store.put(third) == JETCAPTURE_OK);
  CHECK(got(store, name) == "replaced");
}

// stores: each with connections of its own, as those of several processes.
inline void check_that_one_of_many_creates(std::array<TestStore *, 2> stores, const std::string &begin,
                                           std::size_t size, int rounds) {
  for (int round = 0; round < rounds; round++) {
    const std::string name = begin + std::to_string(round);
    std::array<jetcapture_status, 6> answers{};
    std::array<std::string, 6> bytes;
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < answers.size(); i++)
        threads.emplace_back([&, i] {
          bytes[i] = random_bytes(size, i);
          Created object(name, bytes[i]);
          // A conflict is tried again by who puts.
          do
            answers[i] = stores[i % 2]->put(object);
          while (answers[i] == JETCAPTURE_RETRY);
        });
    }
    CHECK(std::count(answers.begin(), answers.end(), JETCAPTURE_OK) == 1);
    CHECK_MESSAGE(std::count(answers.begin(), answers.end(), JETCAPTURE_EXISTS) == 5, stores[0]->host.sentence());
    const auto winner = std::find(answers.begin(), answers.end(), JETCAPTURE_OK) - answers.begin();
    if (winner < 6)
      CHECK(same(got(*stores[0], name), bytes[static_cast<std::size_t>(winner)]));
  }
}

inline void check_ranges(TestStore &store) {
  Block block("ranges/x", random_bytes(100'000));
  Block empty("ranges/empty", "");
  REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
  REQUIRE_MESSAGE(store.put(empty) == JETCAPTURE_OK, store.host.sentence());
  struct Range {
    std::uint64_t offset, count;
  };
  for (const auto &[offset, count] : {Range{0, 1}, Range{0, 100'000}, Range{0, 100'001}, Range{1, UINT64_MAX},
                                      Range{99'999, 1}, Range{99'999, 2}, Range{50'000, 1'000}, Range{100'000, 1},
                                      Range{100'001, UINT64_MAX}, Range{UINT64_MAX, UINT64_MAX}, Range{5, 0}}) {
    CAPTURE(offset);
    CAPTURE(count);
    CHECK(same(got(store, "ranges/x", offset, count),
               block.bytes.substr(std::min<std::uint64_t>(offset, block.bytes.size()), count)));
  }
  CHECK(got(store, "ranges/empty").empty());
  CHECK(got(store, "ranges/empty", 1, 1).empty());
  TestVisitor visitor;
  CHECK(store.get("ranges/none", 0, 1, visitor) == JETCAPTURE_NOT_FOUND);
}

// names: that are there below prefix, in any order.
inline void check_pages(TestStore &store, const std::string &prefix, std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  const std::vector<std::string> all = listed(store, prefix);
  CHECK((all == names));
  std::vector<std::string> paged;
  for (auto page = listed(store, prefix, "", 700); !page.empty(); page = listed(store, prefix, page.back(), 700)) {
    CHECK(page.size() <= 700);
    paged.insert(paged.end(), page.begin(), page.end());
  }
  CHECK((paged == names));
  CHECK(listed(store, prefix, names[1], 1) == std::vector<std::string>{names[2]});
  CHECK(listed(store, prefix, names[1] + "\x01", 1) == std::vector<std::string>{names[2]});
  CHECK(listed(store, prefix, names.back()).empty());
}

} // namespace jetcapture::test
