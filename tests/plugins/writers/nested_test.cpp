// Decimals, dates, lists and structs in the writers of text, and what a decoder with a mistake may give them.
#include "plugins/writers/support/payloads.hpp"
#include "plugins/writers/support/trees.hpp"
#include "plugins/writers/support/writer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <limits>

using namespace jetcapture::test;

namespace {

const char *const record = JETCAPTURE_PAYLOAD_RECORD;

// Columns for rows of one column each.
class Columns {
public:
  explicit Columns(const std::vector<Tree> &columns) : schema_(columns) {}
  const jetcapture_column *operator[](std::size_t number) const { return schema_.schema.columns[number]; }

private:
  const TreeSchema schema_;
};

jetcapture_value children(std::int32_t kind, const std::vector<jetcapture_value> &values) {
  return jetcapture_children(kind, values.data(), values.size());
}
jetcapture_value list(const std::vector<jetcapture_value> &values) {
  return children(JETCAPTURE_LIST, values);
}
jetcapture_value structure(const std::vector<jetcapture_value> &values) {
  return children(JETCAPTURE_STRUCT, values);
}

// A row with one column.
struct OneColumn {
  OneColumn(const jetcapture_column *column, jetcapture_value given) : value(given), pointer(column) {
    schema = {sizeof schema, 1, 77, &pointer};
    row = {sizeof row, 1, &schema, &value, nullptr};
  }
  jetcapture_value value;
  const jetcapture_column *pointer;
  jetcapture_schema schema{};
  jetcapture_record row{};
};

// The row as the writer writes it; where it is refused, the sentence.
std::string written(const std::string &name, const jetcapture_record &row, Given given = {}) {
  if (name == "csv")
    given.push_back("header=false");
  TestWriter writer(name, record, given);
  REQUIRE_MESSAGE(writer.self != nullptr, writer.host.sentence());
  TestBlock block(writer, Room::stingy);
  const jetcapture_status status = block.write(&row);
  CHECK((status == JETCAPTURE_OK || status == JETCAPTURE_BAD_DATA));
  if (status != JETCAPTURE_OK)
    return writer.host.sentence();
  std::string line = block.finished();
  REQUIRE(line.ends_with('\n'));
  line.pop_back();
  return line;
}

std::string written(const std::string &name, const jetcapture_column *column, jetcapture_value value,
                    Given given = {}) {
  return written(name, OneColumn(column, value).row, std::move(given));
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a decimal is written with the digits that it has") {
  const Columns columns({Tree("d", JETCAPTURE_DECIMAL)});
  const auto *const column = columns[0];
  const std::string digits(5000, '7');
  for (const std::string &number : {std::string("1.10"), std::string("-1E+2"), std::string("1e400"), digits}) {
    CHECK(written("ndjson", column, decimal(number)) == "{\"d\":" + number + "}");
    CHECK(written("csv", column, decimal(number)) == number);
    CHECK(written("csv", column, decimal(number), {"quote=nonnumeric", "formulas=escape"}) == number);
    CHECK(written("csv", column, decimal(number), {"quote=all"}) == '"' + number + '"');
  }
  CHECK(written("csv", column, decimal("0"), {"null=0"}) == "\"0\"");
}

TEST_CASE("a decimal that is no number of JSON is bad data") {
  const Columns columns({Tree("d", JETCAPTURE_DECIMAL)});
  const auto *const column = columns[0];
  for (const char *number : {"", "NaN", "1.", ".5", "+1", "1,5", "0x1", "1e", "01", "1\n", "\"1\""})
    for (const char *writer : {"csv", "ndjson"})
      CHECK_MESSAGE(has(written(writer, column, decimal(number)), "not a number as JSON writes it"), number);
}

TEST_CASE("a date is written as a day, and one that no year of four digits has is bad data") {
  const Columns columns({Tree("d", JETCAPTURE_DATE)});
  const auto *const column = columns[0];
  const std::initializer_list<std::pair<std::int64_t, const char *>> days = {
      {0, "1970-01-01"}, {20784, "2026-11-27"}, {-1, "1969-12-31"}, {-719162, "0001-01-01"}, {2932896, "9999-12-31"}};
  for (const auto &[day, name] : days) {
    CHECK(written("ndjson", column, date(day)) == "{\"d\":\"" + std::string(name) + "\"}");
    CHECK(written("csv", column, date(day)) == name);
  }
  for (const std::int64_t day :
       {std::int64_t{-719163}, std::int64_t{2932897}, INT64_MIN, INT64_MAX, std::int64_t{1} << 32})
    for (const char *writer : {"csv", "ndjson"})
      CHECK(has(written(writer, column, date(day)), "outside of the years 0001 to 9999"));
}

TEST_CASE("lists and structs are arrays and objects, in CSV as the text of their JSON") {
  const Columns columns(
      {Tree("p", JETCAPTURE_STRUCT,
            {Tree("x", JETCAPTURE_NUMBER), Tree("say \"y\"", JETCAPTURE_TEXT), Tree("raw", JETCAPTURE_BYTES),
             Tree("day", JETCAPTURE_DATE), Tree("l", JETCAPTURE_LIST, {Tree("item", JETCAPTURE_DECIMAL)})}),
       Tree("e", JETCAPTURE_LIST, {Tree("item", JETCAPTURE_TEXT)})});
  const auto *const point = columns[0];
  const std::vector<jetcapture_value> numbers = {decimal("1.10"), null(), decimal("1e400")};
  const std::vector<jetcapture_value> members = {number(0.5), words("a,\"b\""), blob("\xFF"), date(0), list(numbers)};
  const std::string json =
      R"({"x":0.5,"say \"y\"":"a,\"b\"","raw_base64":"/w==","day":"1970-01-01","l":[1.10,null,1e400]})";
  CHECK(written("ndjson", point, structure(members)) == "{\"p\":" + json + "}");
  std::string quoted = json;
  for (std::size_t at = 0; (at = quoted.find('"', at)) != std::string::npos; at += 2)
    quoted.insert(at, 1, '"');
  CHECK(written("csv", point, structure(members)) == '"' + quoted + '"');

  const auto *const empty = columns[1];
  CHECK(written("ndjson", empty, list({})) == R"({"e":[]})");
  CHECK(written("csv", empty, list({})) == "[]");
  CHECK(written("ndjson", empty, null()) == R"({"e":null})");
  CHECK(written("ndjson", empty, null(), {"nulls=omit"}) == "{}");
}

TEST_CASE("names that come twice in a struct stay apart") {
  const Columns columns({Tree("s", JETCAPTURE_STRUCT, {Tree("a", JETCAPTURE_INTEGER), Tree("a", JETCAPTURE_INTEGER)})});
  const auto *const column = columns[0];
  const std::vector<jetcapture_value> members = {integer(1), integer(2)};
  CHECK(written("ndjson", column, structure(members)) == R"({"s":{"a":1,"a_2":2}})");
}

TEST_CASE("columns may be nested as deeply as the header says, and not deeper") {
  for (const int depth : {JETCAPTURE_MOST_NESTING, JETCAPTURE_MOST_NESTING + 1}) {
    std::deque<std::vector<jetcapture_value>> values = {{integer(7)}};
    Tree column("item", JETCAPTURE_INTEGER);
    for (int i = 1; i < depth; i++) {
      column = Tree("item", JETCAPTURE_LIST, {column});
      values.push_back({list(values.back())});
    }
    const Columns columns({column});
    const bool fits = depth == JETCAPTURE_MOST_NESTING;
    for (const char *writer : {"csv", "ndjson"}) {
      const std::string line = written(writer, columns[0], values.back().front());
      CHECK(has(line, fits ? "[7]" : "nested deeper than 64"));
    }
  }
}

TEST_CASE("a value of a kind that the writer does not know is bad data, and the sentence names the kind") {
  const Columns columns({Tree("c", JETCAPTURE_NULL), Tree("l", JETCAPTURE_LIST, {Tree("item", JETCAPTURE_NULL)})});
  const auto *const column = columns[0];
  const auto *const nested = columns[1];
  for (const std::int32_t kind : {-1, 13, 17, INT32_MAX, INT32_MIN})
    for (const char *writer : {"csv", "ndjson"}) {
      const std::vector<jetcapture_value> values = {integer(1, kind)};
      CHECK(has(written(writer, column, values.front()), "of kind " + std::to_string(kind) + ", which"));
      CHECK(has(written(writer, nested, list(values)), "of kind " + std::to_string(kind) + ", which"));
    }
}

TEST_CASE("what a decoder with a mistake gives is bad data, and never followed") {
  const jetcapture_text nothing = {nullptr, 7};
  const Columns columns({Tree("c", JETCAPTURE_NULL), Tree("l", JETCAPTURE_LIST, {Tree("item", JETCAPTURE_TEXT)}),
                         Tree("s", JETCAPTURE_STRUCT, {Tree("a", JETCAPTURE_TEXT), Tree("b", JETCAPTURE_TEXT)})});
  const auto *const column = columns[0];
  const auto *const texts = columns[1];
  const auto *const pair = columns[2];
  const std::vector<jetcapture_value> one = {words("x")};
  jetcapture_column no_children = *texts;
  no_children.children = nullptr;
  const jetcapture_column *const absent = nullptr;
  jetcapture_column null_child = *texts;
  null_child.children = &absent;
  jetcapture_column two_children = *pair;
  two_children.kind = JETCAPTURE_LIST;
  jetcapture_column childless = *column;
  childless.kind = JETCAPTURE_STRUCT;
  jetcapture_column nameless = *column;
  nameless.name = nothing;

  for (const char *writer : {"csv", "ndjson"}) {
    for (const std::int32_t kind : {JETCAPTURE_TEXT, JETCAPTURE_BYTES, JETCAPTURE_JSON, JETCAPTURE_DECIMAL})
      CHECK(has(written(writer, column, jetcapture_text_value(kind, nothing)), "a size of 7 and no bytes"));
    const std::vector<jetcapture_value> hollow = {jetcapture_text_value(JETCAPTURE_TEXT, nothing)};
    CHECK(has(written(writer, texts, list(hollow)), "a size of 7 and no bytes"));
    CHECK(has(written(writer, column, list(one)), "column"));
    CHECK(has(written(writer, pair, list(one)), "stands in a column of kind 12"));
    CHECK(has(written(writer, texts, structure(one)), "stands in a column of kind 11"));
    CHECK(has(written(writer, pair, structure(one)), "has 1 values"));
    CHECK(has(written(writer, texts, jetcapture_children(JETCAPTURE_LIST, nullptr, 3)), "3 values and none of them"));
    CHECK(has(written(writer, texts, jetcapture_children(JETCAPTURE_LIST, one.data(), UINT64_MAX)), "values"));
    CHECK(has(written(writer, &no_children, list(one)), "none of them"));
    CHECK(has(written(writer, &null_child, list(one)), "without its column 1"));
    CHECK(has(written(writer, &two_children, list(one)), "has 2 children"));
    CHECK(has(written(writer, &childless, null()), "has 0 children"));
    CHECK(has(written(writer, &nameless, integer(1)), "a size of 7 and no bytes"));
    CHECK(has(written(writer, nullptr, integer(1)), "without its column 1"));

    OneColumn row(column, integer(1));
    row.row.values = nullptr;
    CHECK(has(written(writer, row.row), "none of them"));
    row.row.schema = nullptr;
    CHECK(has(written(writer, row.row), "without a schema"));
    OneColumn columnless(column, integer(1));
    columnless.schema.columns = nullptr;
    CHECK(has(written(writer, columnless.row), "none of them"));
  }
}

TEST_CASE("a revision that comes again with other columns is bad data, and another schema with it is the same") {
  const Schema one({"a"}, 5), same({"a"}, 5), other({"a", "b"}, 5);
  for (const char *name : {"csv", "ndjson"}) {
    TestWriter writer(name, record);
    TestBlock block(writer);
    CHECK(block.write(Row(one, {integer(1)}).payload()) == JETCAPTURE_OK);
    CHECK(block.write(Row(same, {integer(2)}).payload()) == JETCAPTURE_OK);
    CHECK(block.write(Row(other, {integer(3), integer(4)}).payload()) == JETCAPTURE_BAD_DATA);
    CHECK(has(writer.host.sentence(), "the revision 5 to two schemas"));
  }
}
