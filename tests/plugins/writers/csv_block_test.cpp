// What holds for the rows of one CSV file: one header, whatever the schemas; the same as before after a failure.
#include "plugins/writers/support/payloads.hpp"
#include "plugins/writers/support/writer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>

using namespace jetcapture::test;

namespace {
const char *const record = JETCAPTURE_PAYLOAD_RECORD;
}

TEST_CASE("a block without rows is empty") {
  TestWriter writer("csv", record);
  TestBlock block(writer);
  CHECK(block.finished().empty());
}

TEST_CASE("the header comes once, from the first record, and can be left out") {
  const Schema schema({"id", "say \"x\"", "a,b"});
  const Row row(schema, {integer(1), integer(2), integer(3)});
  TestWriter with("csv", record), without("csv", record, {"header=false"});
  TestBlock one(with), other(without);
  for (TestBlock *block : {&one, &other})
    for (int i = 0; i < 2; i++)
      REQUIRE(block->write(row.payload()) == JETCAPTURE_OK);
  CHECK(one.finished() == "id,\"say \"\"x\"\"\",\"a,b\"\n1,2,3\n1,2,3\n");
  CHECK(other.finished() == "1,2,3\n1,2,3\n");
}

TEST_CASE("a record of another schema is written by the header's order, and what it lacks is null") {
  const Schema first({"a", "b", "c"}), second({"c", "a"}, 2);
  TestWriter writer("csv", record);
  TestBlock block(writer);
  REQUIRE(block.write(Row(first, {integer(1), integer(2), integer(3)}).payload()) == JETCAPTURE_OK);
  REQUIRE(block.write(Row(second, {integer(30), integer(10)}).payload()) == JETCAPTURE_OK);
  REQUIRE(block.write(Row(first, {integer(1), integer(2), integer(3)}).payload()) == JETCAPTURE_OK);
  CHECK(block.finished() == "a,b,c\n1,2,3\n10,,30\n1,2,3\n");
}

TEST_CASE(
    "a column that the header does not have fits as long as it is null, and asks for the next block when it is not") {
  const Schema first({"a"}), wider({"a", "new"}, 2);
  TestWriter writer("csv", record);
  TestBlock block(writer);
  REQUIRE(block.write(Row(first, {integer(1)}).payload()) == JETCAPTURE_OK);
  CHECK(block.write(Row(wider, {integer(2), null()}).payload()) == JETCAPTURE_OK);
  CHECK(block.write(Row(wider, {integer(3), integer(4)}).payload()) == JETCAPTURE_NEXT_BLOCK);
  CHECK(writer.host.sentence().find("\"new\"") != std::string::npos);
  CHECK(block.write(Row(wider, {integer(5), null()}).payload()) == JETCAPTURE_OK);
  CHECK(block.finished() == "a\n1\n2\n5\n");
  TestBlock next(writer);
  CHECK(next.write(Row(wider, {integer(3), integer(4)}).payload()) == JETCAPTURE_OK);
  CHECK(next.finished() == "a,new\n3,4\n");
}

TEST_CASE("the same schema pointer with another revision is another schema") {
  Schema one({"a", "b"}, 1), two({"b", "a"}, 2);
  jetcapture_schema place = one.schema;
  std::vector<jetcapture_value> values = {integer(1), integer(2)};
  jetcapture_record row = {sizeof row, 2, &place, values.data(), nullptr};
  TestWriter writer("csv", record);
  TestBlock block(writer);
  REQUIRE(block.write(&row) == JETCAPTURE_OK);
  place = two.schema;
  REQUIRE(block.write(&row) == JETCAPTURE_OK);
  CHECK(block.finished() == "a,b\n1,2\n2,1\n");
}

TEST_CASE("many schemas that take turns are all written right") {
  std::vector<std::unique_ptr<Schema>> schemas;
  for (std::uint64_t i = 0; i < 50; i++)
    schemas.push_back(i % 2 == 0 ? std::make_unique<Schema>(std::vector<std::string>{"a", "b"}, i)
                                 : std::make_unique<Schema>(std::vector<std::string>{"b", "a"}, i));
  TestWriter writer("csv", record);
  TestBlock block(writer);
  std::string expected = "a,b\n";
  for (std::size_t i = 0; i < 500; i++) {
    const std::size_t which = i * 7 % 50;
    REQUIRE(block.write(Row(*schemas[which], {integer(1), integer(2)}).payload()) == JETCAPTURE_OK);
    expected += which % 2 == 0 ? "1,2\n" : "2,1\n";
  }
  CHECK(block.finished() == expected);
}

TEST_CASE("a name that comes several times matches in the order of its coming") {
  const Schema first({"x", "x", "y"}), second({"y", "x", "x", "x"}, 2);
  TestWriter writer("csv", record);
  TestBlock block(writer);
  REQUIRE(block.write(Row(first, {integer(1), integer(2), integer(3)}).payload()) == JETCAPTURE_OK);
  CHECK(block.write(Row(second, {integer(3), integer(1), integer(2), null()}).payload()) == JETCAPTURE_OK);
  CHECK(block.write(Row(second, {integer(3), integer(1), integer(2), integer(9)}).payload()) == JETCAPTURE_NEXT_BLOCK);
  CHECK(block.finished() == "x,x,y\n1,2,3\n1,2,3\n");
}

TEST_CASE("chosen columns come in their order, missing ones are null, others are left out") {
  const Schema first({"a", "b"}), second({"c", "b"}, 2);
  TestWriter writer("csv", record, {"columns=b,gone,a"});
  TestBlock block(writer);
  REQUIRE(block.write(Row(first, {integer(1), integer(2)}).payload()) == JETCAPTURE_OK);
  REQUIRE(block.write(Row(second, {integer(9), integer(2)}).payload()) == JETCAPTURE_OK);
  CHECK(block.finished() == "b,gone,a\n2,,1\n2,,\n");
  TestWriter twice("csv", record, {"columns=a,b,a"});
  CHECK(twice.status == JETCAPTURE_CONFIGURATION);
}

TEST_CASE("a record without columns can't begin a file, and is a row of nulls later") {
  const Schema none(std::vector<std::string>{}), some({"a", "b"}, 2);
  TestWriter writer("csv", record);
  TestBlock block(writer);
  CHECK(block.write(Row(none, {}).payload()) == JETCAPTURE_BAD_DATA);
  REQUIRE(block.write(Row(some, {integer(1), integer(2)}).payload()) == JETCAPTURE_OK);
  CHECK(block.write(Row(none, {}).payload()) == JETCAPTURE_OK);
  CHECK(block.finished() == "a,b\n1,2\n,\n");
}

TEST_CASE("after a rollback past the header it is written again, also with other columns") {
  const Schema first({"a"}), second({"b", "c"}, 2);
  TestWriter writer("csv", record);
  TestBlock block(writer);
  block.mark();
  REQUIRE(block.write(Row(first, {integer(1)}).payload()) == JETCAPTURE_OK);
  REQUIRE(block.write(Row(first, {integer(2)}).payload()) == JETCAPTURE_OK);
  block.rollback();
  block.mark();
  REQUIRE(block.write(Row(second, {integer(3), integer(4)}).payload()) == JETCAPTURE_OK);
  CHECK(block.finished() == "b,c\n3,4\n");
}

TEST_CASE("after a rollback behind the header it is not written again") {
  const Schema schema({"a"});
  TestWriter writer("csv", record);
  TestBlock block(writer);
  block.mark();
  REQUIRE(block.write(Row(schema, {integer(1)}).payload()) == JETCAPTURE_OK);
  block.mark();
  REQUIRE(block.write(Row(schema, {integer(2)}).payload()) == JETCAPTURE_OK);
  block.rollback();
  block.mark();
  REQUIRE(block.write(Row(schema, {integer(3)}).payload()) == JETCAPTURE_OK);
  CHECK(block.finished() == "a\n1\n3\n");
}

TEST_CASE("a first row that fails leaves a block without a header") {
  const Schema bad({"a"}), good({"b"}, 2);
  TestWriter writer("csv", record);
  TestBlock block(writer);
  block.mark();
  CHECK(block.write(Row(bad, {words("\xFF")}).payload()) == JETCAPTURE_BAD_DATA);
  CHECK(block.write(Row(good, {integer(1)}).payload()) == JETCAPTURE_OK);
  CHECK(block.finished() == "b\n1\n");
}

TEST_CASE("rows of one message with different columns ask for the next block, so that the host can put them aside") {
  const Schema first({"a"}), second({"b"}, 2);
  TestWriter writer("csv", record);
  TestBlock block(writer);
  block.mark();
  REQUIRE(block.write(Row(first, {integer(1)}).payload()) == JETCAPTURE_OK);
  CHECK(block.write(Row(second, {integer(2)}).payload()) == JETCAPTURE_NEXT_BLOCK);
  block.rollback();
  CHECK(block.finished().empty());
}

TEST_CASE("blocks of one writer do not know of each other, on any thread") {
  const Schema schema({"a", "b"});
  TestWriter writer("csv", record);
  std::vector<std::string> results(4);
  {
    std::vector<std::jthread> threads;
    for (std::string &result : results)
      threads.emplace_back([&] {
        for (int repeat = 0; repeat < 50; repeat++) {
          TestBlock block(writer);
          for (int i = 0; i < 20; i++)
            block.write(Row(schema, {integer(i), words("x")}).payload());
          result = block.finished();
        }
      });
  }
  for (const std::string &result : results)
    CHECK(result == results.front());
  CHECK(results.front().starts_with("a,b\n0,x\n1,x\n"));
}
