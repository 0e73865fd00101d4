#include "plugins/writers/support/payloads.hpp"
#include "plugins/writers/support/writer.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;
using namespace std::string_literals;

namespace {

const char *const message = JETCAPTURE_PAYLOAD_MESSAGE;

std::string written(const std::vector<std::string> &data, const Given &given = {}) {
  TestWriter writer("raw", message, given);
  REQUIRE_MESSAGE(writer.status == JETCAPTURE_OK, writer.host.sentence());
  TestBlock block(writer);
  for (const std::string &one : data)
    REQUIRE(block.write(Message("s", one).payload()) == JETCAPTURE_OK);
  return block.finished();
}

jetcapture_status status_of(const std::string &data, const Given &given) {
  TestWriter writer("raw", message, given);
  TestBlock block(writer);
  return block.write(Message("s", data).payload());
}

} // namespace

TEST_CASE("raw data has a newline behind each message, or another delimiter, or nothing") {
  CHECK(written({"a", "", "b"}) == "a\n\nb\n");
  CHECK(written({"a", "b"}, {"delimiter=\\x1e"}) == "a\x1e"
                                                    "b\x1e");
  CHECK(written({"a", "b"}, {"delimiter=\\0"}) == "a\0b\0"s);
  CHECK(written({"a", "b"}, {"delimiter=--\\r\\n"}) == "a--\r\nb--\r\n");
  CHECK(written({"a", "b"}, {"delimiter="}) == "ab");
}

TEST_CASE("raw data is any bytes, as they are, also the delimiter") {
  CHECK(written({"a\nb\0\xFF"s}) == "a\nb\0\xFF\n"s);
}

TEST_CASE("raw data has its length before it when asked for") {
  CHECK(written({"abc", ""}, {"length=u32be"}) == "\0\0\0\3abc\0\0\0\0"s);
  CHECK(written({"abc"}, {"length=u32le"}) == "\3\0\0\0abc"s);
  CHECK(written({"abc"}, {"length=u64be"}) == "\0\0\0\0\0\0\0\3abc"s);
  CHECK(written({"abc"}, {"length=u64le"}) == "\3\0\0\0\0\0\0\0abc"s);
  CHECK(written({"abc"}, {"length=varint"}) == "\3abc");
  CHECK(written({std::string(300, 'x')}, {"length=varint"}) == "\xAC\x02" + std::string(300, 'x'));
}

TEST_CASE("strict refuses data in which a reader would find the delimiter too early") {
  CHECK(status_of("a\nb", {"strict=true"}) == JETCAPTURE_BAD_DATA);
  CHECK(status_of("ab", {"strict=true"}) == JETCAPTURE_OK);
  CHECK(status_of("", {"strict=true"}) == JETCAPTURE_OK);
  CHECK(status_of("xa", {"strict=true", "delimiter=aa"}) == JETCAPTURE_BAD_DATA);
  CHECK(status_of("xa", {"strict=true", "delimiter=ab"}) == JETCAPTURE_OK);
}

TEST_CASE("options of raw that don't go together are refused with a sentence") {
  for (const Given &given : std::vector<Given>{{"length=u32be", "delimiter=,"},
                                               {"length=u32be", "strict=true"},
                                               {"delimiter=", "strict=true"},
                                               {"delimiter=\\q"}}) {
    TestWriter writer("raw", message, given);
    CHECK(writer.status == JETCAPTURE_CONFIGURATION);
    CHECK_FALSE(writer.host.sentence().empty());
  }
}
