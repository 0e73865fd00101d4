// What holds for every writer, whatever room the host gives it.
#include "plugins/writers/support/payloads.hpp"
#include "plugins/writers/support/writer.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;

namespace {

struct Case {
  std::string name;
  const char *payload;
  Given given;
};

const std::vector<Case> cases = {{"csv", JETCAPTURE_PAYLOAD_RECORD, {}},
                                 {"csv", JETCAPTURE_PAYLOAD_RECORD, {"quote=all", "formulas=escape", "line-end=crlf"}},
                                 {"csv", JETCAPTURE_PAYLOAD_MESSAGE, {}},
                                 {"ndjson", JETCAPTURE_PAYLOAD_RECORD, {}},
                                 {"ndjson", JETCAPTURE_PAYLOAD_MESSAGE, {}},
                                 {"raw", JETCAPTURE_PAYLOAD_MESSAGE, {}},
                                 {"raw", JETCAPTURE_PAYLOAD_MESSAGE, {"length=varint"}}};

const std::string dense(5000, '"');
const std::string large = std::string(300'000, 'x') + "\"\n\\ä";
const std::string binary(100'001, '\xFE');

// Texts of all small sizes with something to escape at the end, then large ones.
void write_much(const Case &one, TestBlock &block) {
  if (one.payload == std::string_view(JETCAPTURE_PAYLOAD_MESSAGE)) {
    for (std::size_t size = 0; size < 40; size++)
      REQUIRE(block.write(Message("a.b", std::string(size, 'x') + "\"\n", {{"N", "\"v"}}).payload()) == JETCAPTURE_OK);
    for (const std::string &data : {dense, large, binary})
      REQUIRE(block.write(Message("a.b", data).payload()) == JETCAPTURE_OK);
    return;
  }
  const Schema schema({"a", "b\"", "c", "d", "e", "f", "g"});
  for (std::size_t size = 0; size < 40; size++) {
    const std::string text = std::string(size, 'x') + "\"\n,";
    REQUIRE(block.write(Row(schema, {words(text), number(-2.2250738585072014e-308), timestamp(-1), null(), blob(text),
                                     json("[1,\n2]"), natural(UINT64_MAX)})
                            .payload()) == JETCAPTURE_OK);
  }
  REQUIRE(
      block.write(Row(schema, {words(dense), words(large), blob(binary), flag(true), integer(1), words("=x"), null()})
                      .payload()) == JETCAPTURE_OK);
}

} // namespace

TEST_CASE("a host that gives no byte more than asked for gets the same bytes") {
  for (const Case &one : cases) {
    CAPTURE(one.name);
    TestWriter writer(one.name, one.payload, one.given);
    TestBlock plenty(writer), stingy(writer, Room::stingy);
    write_much(one, plenty);
    write_much(one, stingy);
    const std::string expected = plenty.finished();
    CHECK(expected.size() > 400'000);
    CHECK((stingy.finished() == expected));
  }
}

TEST_CASE("large values ask for bounded room at once") {
  for (const Case &one : cases) {
    CAPTURE(one.name);
    TestWriter writer(one.name, one.payload, one.given);
    TestBlock block(writer, Room::stingy);
    write_much(one, block);
    CHECK(block.bytes.largest_need < 80'000);
  }
}

TEST_CASE("a refusal of the host is handed on as it is, and the block is as it was") {
  for (const Case &one : cases) {
    for (int at = 0; at < 30; at++) {
      CAPTURE(one.name);
      CAPTURE(at);
      const Schema schema({"a", "b"});
      const Row row(schema, {words("x\"y"), integer(1)});
      const Message sent("a.b", "x\"y", {{"N", "v"}});
      const bool whole = one.payload == std::string_view(JETCAPTURE_PAYLOAD_MESSAGE);
      const void *const payload = whole ? sent.payload() : row.payload();
      TestWriter writer(one.name, one.payload, one.given);
      TestBlock failing(writer, Room::stingy), smooth(writer, Room::stingy);
      failing.bytes.refuse_at = at;
      const jetcapture_status status = failing.write(payload);
      CHECK((status == JETCAPTURE_OK || status == JETCAPTURE_FATAL));
      failing.bytes.refuse_at = -1;
      if (status != JETCAPTURE_OK)
        REQUIRE(failing.write(payload) == JETCAPTURE_OK);
      REQUIRE(smooth.write(payload) == JETCAPTURE_OK);
      CHECK(failing.finished() == smooth.finished());
    }
  }
}

TEST_CASE("a block can be closed at any point without being finished") {
  for (const Case &one : cases) {
    TestWriter writer(one.name, one.payload, one.given);
    { const TestBlock empty(writer); }
    TestBlock some(writer);
    write_much(one, some);
  }
}

TEST_CASE("descriptions of the writers are whole") {
  for (const Case &one : cases) {
    const auto &description = load_stage<jetcapture_writer>("writer", one.name);
    CHECK(description.about->name == one.name);
    CHECK(std::string(description.suffix) == "." + one.name);
    CHECK((description.mark != nullptr));
    CHECK((description.rollback != nullptr));
    CHECK(description.flags == 0);
  }
}
