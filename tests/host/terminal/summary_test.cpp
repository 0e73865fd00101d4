#include "terminal/summary.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace std::chrono_literals;

TEST_CASE("the summary has the figures in one column, and nothing that did not happen") {
  const std::string table = summary_table({.stream = "ORDERS",
                                           .consumer = "export",
                                           .took = 2500ms,
                                           .messages = 5000,
                                           .acked = 5000,
                                           .blocks = 4,
                                           .bytes_written = 188373,
                                           .bytes_stored = 20000});
  CHECK(table == "\n"
                 "Stream ORDERS through consumer export\n"
                 "\n"
                 "  time                               2.5 s\n"
                 "  messages taken                     5,000   2,000 a second\n"
                 "  messages acked                     5,000\n"
                 "  blocks stored                          4\n"
                 "  bytes stored                      20,000   188,373 before compression\n");
}

TEST_CASE("the summary says what went wrong, and what becomes of it") {
  const std::string table = summary_table({.stream = "S",
                                           .consumer = "C",
                                           .took = 1s,
                                           .messages = 10,
                                           .acked = 3,
                                           .quarantined = 2,
                                           .redeliveries = 1,
                                           .store_failures = 9,
                                           .returned = 5,
                                           .unconfirmed = 2,
                                           .failure = "the consumer is gone"});
  for (const char *part : {"ended by a failure, the consumer is gone", "quarantined", "redeliveries dropped",
                           "failed stores", "returned", "not stored: they are delivered again", "not confirmed"})
    CHECK_MESSAGE(table.find(part) != std::string::npos, part);
}
