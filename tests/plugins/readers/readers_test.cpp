#include "plugins/readers/reader.hpp"
#include "plugins/writers/support/payloads.hpp"
#include "plugins/writers/support/writer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <random>

using namespace jetcapture::test;

namespace {

const std::vector<std::string> formats = {
    "ndjson",
#ifdef JETCAPTURE_HAS_PARQUET
    "parquet",
#endif
};

struct Written {
  ReadMessage message;
  std::vector<std::pair<std::string, std::string>> headers; // where the block is what they stand for
};

// What a host gives a writer for it: the header block where the headers do not tell it.
jetcapture_status write(TestBlock &block, const Written &given) {
  Message message(given.message.subject, given.message.data, given.headers);
  message.message.stream_sequence = given.message.sequence;
  message.message.timestamp = given.message.timestamp;
  if (given.headers.empty())
    message.message.header_block = text(given.message.header_block);
  block.mark();
  return block.write(message.payload());
}

std::string written(const std::string &format, const std::deque<Written> &messages) {
  TestWriter writer(format, JETCAPTURE_PAYLOAD_MESSAGE);
  TestBlock block(writer);
  for (const Written &given : messages)
    REQUIRE_MESSAGE(write(block, given) == JETCAPTURE_OK, writer.host.sentence());
  return block.finished();
}

void comes_back(const std::deque<Written> &messages) {
  for (const std::string &format : formats) {
    CAPTURE(format);
    TestReader reader(format);
    std::vector<ReadMessage> read;
    const std::string object = written(format, messages);
    REQUIRE_MESSAGE(reader.read(object, read) == JETCAPTURE_OK, reader.host.sentence());
    REQUIRE(read.size() == messages.size());
    for (std::size_t i = 0; i < read.size(); i++)
      CHECK_MESSAGE((read[i] == messages[i].message), i);
  }
}

std::string any_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char &byte : bytes)
    byte = static_cast<char>(random());
  return bytes;
}

} // namespace

TEST_CASE("readers give back each byte of a message: subject, data, sequence, time") {
  using namespace std::string_literals;
  comes_back({
      {{1, 1'709'251'199'000'000'001, "orders.eu", "", "plain \"text\"\n\\ \xc3\xa4"}, {}},
      {{2, 0, "orders.eu", "", ""}, {}},
      {{3, -1, "orders.us", "", "\0\x01\x7f\xff"s}, {}},
      {{UINT64_MAX, 4'102'444'800'123'456'789, "o", "", any_bytes(1 << 20, 1)}, {}},
      {{4, 1'709'251'199'120'000'000, std::string(4000, 's'), "", std::string(1 << 20, '"')}, {}},
      {{5, 1'709'251'199'000'000'000, "o", "", std::string(1 << 20, '\0')}, {}},
      {{6, 1'709'251'199'000'000'000, "o", "", "\xe2\x80\xa8\x1f\xef\xbf\xbf\xf0\x9f\x8d\x95"}, {}},
  });
}

TEST_CASE("readers make the header block of headers that tell it, in their order, with repeats and odd bytes") {
  using namespace std::string_literals;
  comes_back({
      {{1, 1, "o", "NATS/1.0\r\nB: 2\r\na: 1\r\nB: 3\r\nE: \r\n\r\n", "x"},
       {{"B", "2"}, {"a", "1"}, {"B", "3"}, {"E", ""}}},
      {{2, 2, "o", "NATS/1.0\r\nA\xff: \xfe\x01\"\\\r\n: nameless\r\n\r\n", ""},
       {{"A\xff", "\xfe\x01\"\\"}, {"", "nameless"}}},
  });
}

TEST_CASE("readers give back a header block that the headers do not tell, byte by byte") {
  using namespace std::string_literals;
  std::deque<Written> messages;
  for (const std::string &block :
       {"NATS/1.0\r\n\r\n"s, "NATS/1.0 503 No Responders\r\n\r\n"s, "NATS/1.0\r\nA:1\r\n B\t: 2 \r\n  folded\r\n\r\n"s,
        "NATS/1.0\r\n\xff\0: \r\r\n\r\n"s, "NATS/1.0\nA: 1\n\n"s})
    messages.push_back({{messages.size() + 1, 1, "o", block, "x"}, {}});
  comes_back(messages);
}

TEST_CASE("readers give back many messages of all sizes, over several row groups") {
  std::mt19937 random(7);
  std::deque<Written> messages;
  for (std::uint64_t i = 1; i <= 3000; i++)
    messages.push_back({{random(), static_cast<std::int64_t>(random()), "orders." + std::to_string(i % 7), "",
                         any_bytes(random() % (i % 100 == 0 ? 300'000 : 300), static_cast<unsigned>(i))},
                        {}});
  comes_back(messages);
}

TEST_CASE("the reader of ndjson reads the lines of the quarantine, and leaves out members that it does not know") {
  TestReader reader("ndjson");
  std::vector<ReadMessage> read;
  const std::string line =
      R"({"reason":"no","subject":"o","stream":"S","sequence":7,"timestamp":"1970-01-01T00:00:01Z",)"
      R"("deliveries":2,"headers_base64":[["/w==","QQ=="]],"more":{"data":1},"data_base64":"/wA="})";
  REQUIRE_MESSAGE(reader.read(line + "\n", read) == JETCAPTURE_OK, reader.host.sentence());
  REQUIRE(read.size() == 1);
  CHECK((read[0] == ReadMessage{7, 1'000'000'000, "o", "NATS/1.0\r\n\xff: A\r\n\r\n", std::string("\xff\0", 2)}));
}

TEST_CASE("what is no whole message is refused with the line and what is missing") {
  TestReader reader("ndjson");
  std::vector<ReadMessage> read;
  const std::string good = R"({"subject":"o","sequence":7,"timestamp":"1970-01-01T00:00:01Z","data":""})";
  const auto sentence = [&](const std::string &object) {
    CHECK(reader.read(object, read) == JETCAPTURE_BAD_DATA);
    return reader.host.sentence();
  };
  CHECK(sentence(good + "\n{\"id\":1}\n") == "its line 2 can't be read: it is no whole message: it has no sequence");
  CHECK(sentence("no JSON\n").starts_with("its line 1 can't be read: it is not JSON: "));
  CHECK(sentence(good) == "its last line has no end: it is cut off");
  CHECK(sentence(R"({"subject":"o","sequence":7,"timestamp":"1970-01-01T00:00:01Z","data_base64":"?"})"
                 "\n") ==
        "its line 1 can't be read: it is no whole message: a text of it has characters that do not belong there");
}

TEST_CASE("a damaged object is bad data, or is read, and one that can't be read is tried again") {
  const std::deque<Written> some = {{{1, 1, "o", "NATS/1.0\r\nA: 1\r\n\r\n", "x"}, {{"A", "1"}}},
                                    {{2, 2, "o", "", any_bytes(1000, 3)}, {}}};
  std::mt19937 random(5);
  for (const std::string &format : formats) {
    CAPTURE(format);
    TestReader reader(format);
    std::vector<ReadMessage> read;
    const std::string object = written(format, some);
    for (int i = 0; i < 1000; i++) {
      std::string damaged = object;
      if (i % 2 == 0)
        damaged.resize(random() % damaged.size());
      else
        damaged[random() % damaged.size()] = static_cast<char>(random());
      const jetcapture_status status = reader.read(damaged, read);
      CHECK((status == JETCAPTURE_OK || status == JETCAPTURE_BAD_DATA));
    }
    reader.fails = true;
    CHECK(reader.read(object, read) == JETCAPTURE_RETRY);
  }
}

#ifdef JETCAPTURE_HAS_PARQUET
TEST_CASE("a Parquet file of records has no whole messages") {
  TestWriter writer("parquet", JETCAPTURE_PAYLOAD_RECORD);
  TestBlock block(writer);
  const Schema schema({"id"});
  const Row row(schema, {integer(1)});
  block.mark();
  REQUIRE(block.write(row.payload()) == JETCAPTURE_OK);
  TestReader reader("parquet");
  std::vector<ReadMessage> read;
  CHECK(reader.read(block.finished(), read) == JETCAPTURE_BAD_DATA);
  CHECK(reader.host.sentence() == "it has no whole messages: there is no column subject as the writer makes it");
}
#endif
