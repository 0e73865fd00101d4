#include "plugins/writers/support/payloads.hpp"
#include "plugins/writers/support/writer.hpp"
#include "support/base64.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <random>

using namespace jetcapture::test;
using Json = nlohmann::ordered_json;

namespace {

const char *const record = JETCAPTURE_PAYLOAD_RECORD;
const char *const message = JETCAPTURE_PAYLOAD_MESSAGE;

std::string line_of(const char *payload_type, const void *payload, const Given &given = {}) {
  TestWriter writer("ndjson", payload_type, given);
  TestBlock block(writer);
  REQUIRE_MESSAGE(block.write(payload) == JETCAPTURE_OK, writer.host.sentence());
  std::string line = block.finished();
  REQUIRE(line.ends_with('\n'));
  line.pop_back();
  CHECK(line.find('\n') == std::string::npos);
  return line;
}

} // namespace

TEST_CASE("a record is an object in the order of its columns") {
  const Schema schema({"z", "a", "t", "f", "n"});
  CHECK(line_of(record, Row(schema, {integer(1), words("x"), timestamp(1), flag(false), null()}).payload()) ==
        R"({"z":1,"a":"x","t":"1970-01-01T00:00:00.000000001Z","f":false,"n":null})");
}

TEST_CASE("nulls are kept, or left out when asked for, wherever they stand") {
  const Schema schema({"a", "b", "c"});
  const Row row(schema, {null(), integer(1), null()});
  CHECK(line_of(record, row.payload()) == R"({"a":null,"b":1,"c":null})");
  CHECK(line_of(record, row.payload(), {"nulls=omit"}) == R"({"b":1})");
  CHECK(line_of(record, Row(schema, {null(), null(), null()}).payload(), {"nulls=omit"}) == "{}");
  CHECK(line_of(record, Row(Schema(std::vector<std::string>{}), {}).payload()) == "{}");
}

TEST_CASE("numbers are exact, and those that JSON does not have are texts") {
  const Schema schema({"a", "b", "c", "d", "e", "f"});
  CHECK(line_of(record, Row(schema, {integer(std::numeric_limits<std::int64_t>::min()),
                                     natural(std::numeric_limits<std::uint64_t>::max()), number(0.1),
                                     number(std::numeric_limits<double>::quiet_NaN()),
                                     number(std::numeric_limits<double>::infinity()),
                                     number(-std::numeric_limits<double>::infinity())})
                            .payload()) ==
        R"({"a":-9223372036854775808,"b":18446744073709551615,"c":0.1,"d":"NaN","e":"Infinity","f":"-Infinity"})");
}

TEST_CASE("bytes are base64 under a key that says so, also where they are null") {
  const Schema known({"b"}, 1, JETCAPTURE_BYTES), unknown({"b"});
  CHECK(line_of(record, Row(known, {blob("\xFF")}).payload()) == R"({"b_base64":"/w=="})");
  CHECK(line_of(record, Row(known, {null()}).payload()) == R"({"b_base64":null})");
  CHECK(line_of(record, Row(unknown, {blob("\xFF")}).payload()) == R"({"b_base64":"/w=="})");
  CHECK(line_of(record, Row(unknown, {null()}).payload()) == R"({"b":null})");
}

TEST_CASE("JSON goes in as it is, but in one line") {
  const Schema schema({"j"});
  CHECK(line_of(record, Row(schema, {json("{\"a\": [1, 2.50]}")}).payload()) == R"({"j":{"a": [1, 2.50]}})");
  CHECK(line_of(record, Row(schema, {json("{\r\n  \"a\": \"x\\ny\"\n}")}).payload()) == R"({"j":{    "a": "x\ny" }})");
  TestWriter writer("ndjson", record);
  TestBlock block(writer);
  CHECK(block.write(Row(schema, {json("")}).payload()) == JETCAPTURE_BAD_DATA);
}

TEST_CASE("a repeated name gets a number, so that no reader loses a value") {
  const Schema schema({"x", "x", "x_2", "x"});
  CHECK(line_of(record, Row(schema, {integer(1), integer(2), integer(3), integer(4)}).payload()) ==
        R"({"x":1,"x_2":2,"x_2_2":3,"x_3":4})");
  const Schema mixed({"b_base64", "b"});
  CHECK(line_of(record, Row(mixed, {integer(1), blob("f")}).payload()) == R"({"b_base64":1,"b_2_base64":"Zg=="})");
}

TEST_CASE("names are escaped as texts are") {
  const Schema schema({"say \"x\"\n", "ä"});
  const Json line = Json::parse(line_of(record, Row(schema, {integer(1), integer(2)}).payload()));
  CHECK(line["say \"x\"\n"] == 1);
  CHECK(line["ä"] == 2);
}

TEST_CASE("a text or a name that is not UTF-8 is bad data, and the block goes on") {
  TestWriter writer("ndjson", record);
  TestBlock block(writer);
  const Schema schema({"a"}), wrong({"\xFF"}, 2);
  CHECK(block.write(Row(schema, {words("0123456789\xC3")}).payload()) == JETCAPTURE_BAD_DATA);
  CHECK(writer.host.sentence().find("\"a\"") != std::string::npos);
  CHECK(block.write(Row(wrong, {integer(1)}).payload()) == JETCAPTURE_BAD_DATA);
  CHECK(block.write(Row(schema, {integer(1, 99)}).payload()) == JETCAPTURE_BAD_DATA);
  CHECK(block.write(Row(schema, {words("ä")}).payload()) == JETCAPTURE_OK);
  CHECK(block.finished() == "{\"a\":\"ä\"}\n");
}

TEST_CASE("a whole message has its parts under fixed keys") {
  const Message one("orders.eu", "hello", {{"A", "1"}, {"B", ""}, {"A", "2"}});
  CHECK(line_of(message, one.payload()) ==
        R"({"subject":"orders.eu","stream":"ORDERS","sequence":42,"timestamp":"2024-02-29T23:59:59.000000001Z",)"
        R"("headers":[["A","1"],["B",""],["A","2"]],"data":"hello"})");
}

TEST_CASE("the same message delivered again gives the same line") {
  Message one("s", "d");
  const std::string before = line_of(message, one.payload());
  one.message.deliveries = 5;
  one.message.consumer_sequence = 99;
  CHECK(line_of(message, one.payload()) == before);
}

TEST_CASE("a reply subject is there only when the message has one") {
  Message one("s", "d");
  CHECK_FALSE(Json::parse(line_of(message, one.payload())).contains("reply"));
  one.message.reply = text("_INBOX.1");
  CHECK(Json::parse(line_of(message, one.payload()))["reply"] == "_INBOX.1");
}

TEST_CASE("what is not UTF-8 stands in base64 under a key that says so") {
  const Message one("s\xFF", "\xFE", {{"A", "\xFD"}, {"B", "b"}});
  const Json line = Json::parse(line_of(message, one.payload()));
  CHECK(from_base64(line["subject_base64"]) == "s\xFF");
  CHECK(from_base64(line["data_base64"]) == "\xFE");
  CHECK(from_base64(line["headers_base64"][0][1]) == "\xFD");
  CHECK(from_base64(line["headers_base64"][1][0]) == "B");
  for (const char *const key : {"subject", "data", "headers"})
    CHECK_FALSE(line.contains(key));
}

TEST_CASE("the data of any message can be had back byte for byte") {
  std::mt19937 random(4);
  for (int i = 0; i < 3000; i++) {
    std::string data(random() % 60, ' ');
    const auto highest = i % 2 == 0 ? 0x80u : 0x100u;
    for (char &c : data)
      c = static_cast<char>(random() % highest);
    const Json line = Json::parse(line_of(message, Message("s", data).payload()));
    REQUIRE(line.contains("data") != line.contains("data_base64"));
    CHECK((line.contains("data") ? line["data"].get<std::string>() : from_base64(line["data_base64"])) == data);
  }
}
