#include "reading/wanted.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;

TEST_CASE("a subject fits a pattern as NATS matches them") {
  for (const auto &[subject, pattern] : {std::pair{"orders.eu", "orders.eu"},
                                         {"orders.eu", "orders.*"},
                                         {"orders.eu", "*.*"},
                                         {"orders.eu", ">"},
                                         {"orders.eu.new", "orders.>"},
                                         {"orders.eu.new", "orders.*.new"},
                                         {"o", "*"}})
    CHECK_MESSAGE(subject_fits(subject, pattern), subject, " ", pattern);
  for (const auto &[subject, pattern] : {std::pair{"orders.eu", "orders"},
                                         {"orders", "orders.eu"},
                                         {"orders", "orders.>"},
                                         {"orders.eu.new", "orders.*"},
                                         {"orders.eu", "*"},
                                         {"orders.eu", "order.*"},
                                         {"orders.eu", "orders.e*"},
                                         {"a.b", ">.b"}})
    CHECK_MESSAGE(!subject_fits(subject, pattern), subject, " ", pattern);
}

TEST_CASE("sequences are wanted with both ends, times without the later one") {
  WantedMessages wanted;
  CHECK(wanted.has({1, INT64_MAX, "o", "", ""}));
  wanted.first_sequence = 5;
  wanted.last_sequence = 7;
  wanted.from = 100;
  wanted.to = 200;
  const auto has = [&](std::uint64_t sequence, std::int64_t time) {
    const bool message = wanted.has({sequence, time, "o", "", ""});
    BlockLine line;
    line.first_sequence = line.last_sequence = sequence;
    line.first_timestamp = line.last_timestamp = time;
    CHECK(wanted.may_be_in(line) == message);
    return message;
  };
  CHECK(has(5, 100));
  CHECK(has(7, 199));
  CHECK_FALSE(has(4, 150));
  CHECK_FALSE(has(8, 150));
  CHECK_FALSE(has(6, 99));
  CHECK_FALSE(has(6, 200));
}
