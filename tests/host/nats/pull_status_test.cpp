#include "nats/puller.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;

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
