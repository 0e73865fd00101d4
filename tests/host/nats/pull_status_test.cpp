#include "nats/puller.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

using namespace jetcapture::host;

TEST_CASE("a count of messages is whole however large it is, of which the NATS library tells the lower 32 bits alone") {
  constexpr std::uint64_t half = std::uint64_t{1} << 31;
  for (const std::uint64_t count :
       {std::uint64_t{0}, half - 1, half, half + 1, 2 * half - 1, 2 * half, 2 * half + 7, 100 * half + 3}) {
    CAPTURE(count);
    const auto reported = static_cast<std::int64_t>(static_cast<std::int32_t>(static_cast<std::uint32_t>(count)));
    for (const std::uint64_t away : {0, 1, 20'000}) {
      CHECK(whole_count(reported, count + away) == count);
      CHECK(whole_count(reported, count - std::min(count, away)) == count);
      CHECK(whole_count(static_cast<std::int64_t>(count), count + away) == count);
    }
  }
}

TEST_CASE("each status of a pull request is told apart, as servers from 2.9 to 2.14 write them") {
  CHECK(classify_pull_status(100, "Idle Heartbeat") == PullStatus::heartbeat);
  CHECK(classify_pull_status(404, "No Messages") == PullStatus::request_ended);
  CHECK(classify_pull_status(408, "Request Timeout") == PullStatus::request_ended);
  CHECK(classify_pull_status(408, "Interest Expired") == PullStatus::request_ended);
  CHECK(classify_pull_status(409, "Message Size Exceeds MaxBytes") == PullStatus::too_large);
  CHECK(classify_pull_status(409, "Batch Completed") == PullStatus::request_ended);
  CHECK(classify_pull_status(409, "Exceeded MaxWaiting") == PullStatus::refused);
  CHECK(classify_pull_status(409, "Leadership Change") == PullStatus::doubtful);
  CHECK(classify_pull_status(409, "Server Shutdown") == PullStatus::doubtful);
  CHECK(classify_pull_status(409, "Consumer Deleted") == PullStatus::consumer_gone);
  CHECK(classify_pull_status(409, "Consumer is push based") == PullStatus::consumer_gone);
  CHECK(classify_pull_status(503, "") == PullStatus::doubtful);
  CHECK(classify_pull_status(400, "Bad Request - heartbeat value too large") == PullStatus::refused);
  CHECK(classify_pull_status(400, "Bad Request - Priority Group missing") == PullStatus::refused);
  CHECK(classify_pull_status(409, "Exceeded MaxRequestBatch of 10") == PullStatus::refused);
  CHECK(classify_pull_status(409, "Exceeded MaxRequestExpires of 5s") == PullStatus::refused);
  CHECK(classify_pull_status(409, "Exceeded MaxRequestMaxBytes of 1048576") == PullStatus::refused);
  CHECK(classify_pull_status(409, "what no server says yet") == PullStatus::refused);
  CHECK(classify_pull_status(412, "Required Api Level") == PullStatus::refused);
  CHECK(classify_pull_status(423, "Nats-Pin-Id mismatch") == PullStatus::refused);
}
