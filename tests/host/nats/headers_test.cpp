#include "nats/headers.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;

namespace {

std::vector<std::pair<std::string, std::string>> parse(const std::string &block) {
  std::vector<jetcapture_pair> pairs;
  std::vector<std::pair<std::string, std::string>> texts;
  if (!parse_headers(block, pairs))
    return {{"refused", ""}};
  for (const jetcapture_pair &pair : pairs)
    texts.emplace_back(std::string(pair.name.data, pair.name.size), std::string(pair.value.data, pair.value.size));
  return texts;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

} // namespace

TEST_CASE("headers keep their order and repeats, and empty values stay") {
  CHECK((parse("NATS/1.0\r\nB: 2\r\nA:1\r\nB:  3 \r\nEmpty:\r\nX:a:b\r\n\r\n") ==
         Pairs{{"B", "2"}, {"A", "1"}, {"B", "3"}, {"Empty", ""}, {"X", "a:b"}}));
}

TEST_CASE("a status line has no headers of its own") {
  CHECK(parse("NATS/1.0 503\r\n\r\n").empty());
}

TEST_CASE("a header block that is cut or malformed is refused") {
  for (const char *block : {"", "NATS/1.0", "NATS/1.0\r\n", "NATS/1.0\r\nA: 1", "NATS/1.0\r\nA: 1\r\n",
                            "HTTP/1.1\r\n\r\n", "NATS/1.0\r\nno colon\r\n\r\n", "NATS/1.0\r\n: value\r\n\r\n"})
    CHECK_MESSAGE((parse(block) == Pairs{{"refused", ""}}), block);
}
