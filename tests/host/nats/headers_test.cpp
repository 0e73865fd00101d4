#include "nats/headers.hpp"

#include <utility>

#include <doctest/doctest.h>

using namespace jetcapture::host;

namespace {

std::vector<std::pair<std::string, std::string>> parse(std::string block) {
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

TEST_CASE("a status in the first line is the first header, and its description the second, and what follows is kept") {
  CHECK((parse("NATS/1.0 503\r\n\r\n") == Pairs{{"Status", "503"}}));
  CHECK((parse("NATS/1.0 503 No Responders \r\nA: 1\r\n\r\n") ==
         Pairs{{"Status", "503"}, {"Description", "No Responders"}, {"A", "1"}}));
}

TEST_CASE("a folded line goes on with the value before it, and what follows is kept") {
  CHECK((parse("NATS/1.0\r\nA: 1\r\n  2\r\n\t3 \r\nB: 4\r\n\r\n") == Pairs{{"A", "1 2 3"}, {"B", "4"}}));
  CHECK((parse("NATS/1.0\r\nA:\r\n 2\r\nB: 4\r\n\r\n") == Pairs{{"A", "2"}, {"B", "4"}}));
  CHECK((parse("NATS/1.0 503\r\n A: 1\r\nB: 4\r\n\r\n") == Pairs{{"Status", "503"}, {"A", "1"}, {"B", "4"}}));
}

TEST_CASE("a line without a colon or without a name is kept, and what follows is kept") {
  CHECK((parse("NATS/1.0\r\nA: 1\r\nno colon\r\n: value\r\nB: 2\r\n\r\n") ==
         Pairs{{"A", "1"}, {"no colon", ""}, {"", "value"}, {"B", "2"}}));
}

TEST_CASE("a header block that is cut, or has an empty line within, loses no entry") {
  for (const char *block : {"NATS/1.0\r\nA: 1\r\nB: 2", "NATS/1.0\r\nA: 1\r\nB: 2\r\n", "NATS/1.0\nA: 1\n\nB: 2\n\n"})
    CHECK_MESSAGE((parse(block) == Pairs{{"A", "1"}, {"B", "2"}}), block);
  CHECK(parse("NATS/1.0").empty());
}

TEST_CASE("a header block that nats.c took apart reads as before") {
  using namespace std::string_literals;
  CHECK((parse("NATS/1.0\0\nB\0 2\0\nE\0\r\nA: 1\0\nC\0a: b\0  \r\n\r\n"s) ==
         Pairs{{"B", "2"}, {"E", ""}, {"A", "1"}, {"C", "a: b"}}));
}

TEST_CASE("what does not begin with the version is no header block") {
  for (const char *block : {"", "HTTP/1.1\r\n\r\n"})
    CHECK_MESSAGE((parse(block) == Pairs{{"refused", ""}}), block);
}

TEST_CASE("pairs tell their block exactly where it is written in the usual way") {
  const auto tell = [](const std::string &wire) {
    std::string block = wire;
    std::vector<jetcapture_pair> pairs;
    return parse_headers(block, pairs) && pairs_tell(block, pairs);
  };
  for (const char *block : {"NATS/1.0\r\nA: 1\r\n\r\n", "NATS/1.0\r\nB: 2\r\na: 1\r\nB: 3\r\nE: \r\n\r\n",
                            "NATS/1.0\r\nA: x: y\r\n: nameless\r\n\r\n"})
    CHECK_MESSAGE(tell(block), block);
  for (const char *block :
       {"NATS/1.0\r\n\r\n", "NATS/1.0 503\r\n\r\n", "NATS/1.0 503 No\r\nA: 1\r\n\r\n", "NATS/1.0\r\nA:1\r\n\r\n",
        "NATS/1.0\r\nA:  1\r\n\r\n", "NATS/1.0\r\nA: 1 \r\n\r\n", "NATS/1.0\r\nA : 1\r\n\r\n", "NATS/1.0\r\nE:\r\n\r\n",
        "NATS/1.0\r\nA: 1\r\n 2\r\n\r\n", "NATS/1.0\r\nno colon\r\n\r\n", "NATS/1.0\nA: 1\n\n", "NATS/1.0\r\nA: 1\r\n",
        "NATS/1.0\r\nA: 1\r\n\r\nB: 2\r\n\r\n", "NATS/1.0 \r\nA: 1\r\n\r\n", "NATS/1.0\r\n\r\nA: 1\r\n\r\n"})
    CHECK_MESSAGE(!tell(block), block);
}

TEST_CASE("a block that nats.c took apart is put together again") {
  using namespace std::string_literals;
  const std::vector<std::pair<std::string, std::string>> blocks = {
      {"NATS/1.0\0\nB\0 2\0\nE\0\0\nA\0 1\0\n\r\n"s, "NATS/1.0\r\nB: 2\r\nE:\r\nA: 1\r\n\r\n"},
      {"NATS/1.0\0\nE\0 \0\nC\0a: b\0  \r\n\r\n"s, "NATS/1.0\r\nE: \r\nC:a: b   \r\n\r\n"},
      {"NATS/1.0 503 No\0\0\nA\0 1\0\n two\0\n\r\n"s, "NATS/1.0 503 No \r\nA: 1\r\n two\r\n\r\n"},
      {"NATS/1.0\0\nA\0 1\0\nno colon\r\nB: 2\r\n\r\n"s, "NATS/1.0\r\nA: 1\r\nno colon\r\nB: 2\r\n\r\n"},
      {"NATS/1.0\0\nno colon\r\n\0 no name\0\n\r\n"s, "NATS/1.0\r\nno colon\r\n: no name\r\n\r\n"},
      {"NATS/1.0\r\nA: 1\r\n\r\n"s, "NATS/1.0\r\nA: 1\r\n\r\n"}};
  for (const auto &[apart, whole] : blocks) {
    std::string block = apart;
    put_together(block);
    CHECK(block == whole);
  }
}
