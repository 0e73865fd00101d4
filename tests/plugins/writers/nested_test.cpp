// Decimals, dates, lists and structs in the writers of text, and what a decoder with a mistake may give them.
#include "plugins/writers/support/payloads.hpp"
#include "plugins/writers/support/writer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <limits>

using namespace jetcapture::test;

namespace {

const char *const record = JETCAPTURE_PAYLOAD_RECORD;

// A column with its children, which live as long as this.
class Tree {
public:
  const jetcapture_column *add(std::int32_t kind, std::string_view name,
                               std::initializer_list<const jetcapture_column *> children = {}) {
    auto &kept = children_.emplace_back(children);
    columns_.push_back(
        {sizeof(jetcapture_column), kind, text(name), kept.data(), static_cast<std::uint32_t>(kept.size()), 0});
    return &columns_.back();
  }

private:
  std::deque<std::vector<const jetcapture_column *>> children_;
  std::deque<jetcapture_column> columns_;
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
  Tree tree;
  const auto *const column = tree.add(JETCAPTURE_DECIMAL, "d");
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
  Tree tree;
  const auto *const column = tree.add(JETCAPTURE_DECIMAL, "d");
  for (const char *number : {"", "NaN", "1.", ".5", "+1", "1,5", "0x1", "1e", "01", "1\n", "\"1\""})
    for (const char *writer : {"csv", "ndjson"})
      CHECK_MESSAGE(has(written(writer, column, decimal(number)), "not a number as JSON writes it"), number);
}

TEST_CASE("a date is written as a day, and one that no year of four digits has is bad data") {
  Tree tree;
  const auto *const column = tree.add(JETCAPTURE_DATE, "d");
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
  Tree tree;
  const auto *const point = tree.add(JETCAPTURE_STRUCT, "p",
                                     {tree.add(JETCAPTURE_NUMBER, "x"), tree.add(JETCAPTURE_TEXT, "say \"y\""),
                                      tree.add(JETCAPTURE_BYTES, "raw"), tree.add(JETCAPTURE_DATE, "day"),
                                      tree.add(JETCAPTURE_LIST, "l", {tree.add(JETCAPTURE_DECIMAL, "item")})});
  const std::vector<jetcapture_value> numbers = {decimal("1.10"), null(), decimal("1e400")};
  const std::vector<jetcapture_value> members = {number(0.5), words("a,\"b\""), blob("\xFF"), date(0), list(numbers)};
  const std::string json =
      R"({"x":0.5,"say \"y\"":"a,\"b\"","raw_base64":"/w==","day":"1970-01-01","l":[1.10,null,1e400]})";
  CHECK(written("ndjson", point, structure(members)) == "{\"p\":" + json + "}");
  std::string quoted = json;
  for (std::size_t at = 0; (at = quoted.find('"', at)) != std::string::npos; at += 2)
    quoted.insert(at, 1, '"');
  CHECK(written("csv", point, structure(members)) == '"' + quoted + '"');

  const auto *const empty = tree.add(JETCAPTURE_LIST, "e", {tree.add(JETCAPTURE_TEXT, "item")});
  CHECK(written("ndjson", empty, list({})) == R"({"e":[]})");
  CHECK(written("csv", empty, list({})) == "[]");
  CHECK(written("ndjson", empty, null()) == R"({"e":null})");
  CHECK(written("ndjson", empty, null(), {"nulls=omit"}) == "{}");
}

TEST_CASE("names that come twice in a struct stay apart") {
  Tree tree;
  const auto *const column =
      tree.add(JETCAPTURE_STRUCT, "s", {tree.add(JETCAPTURE_INTEGER, "a"), tree.add(JETCAPTURE_INTEGER, "a")});
  const std::vector<jetcapture_value> members = {integer(1), integer(2)};
  CHECK(written("ndjson", column, structure(members)) == R"({"s":{"a":1,"a_2":2}})");
}

TEST_CASE("columns may be nested as deeply as the header says, and not deeper") {
  for (const int depth : {JETCAPTURE_MOST_NESTING, JETCAPTURE_MOST_NESTING + 1}) {
    Tree tree;
    std::deque<std::vector<jetcapture_value>> values = {{integer(7)}};
    const jetcapture_column *column = tree.add(JETCAPTURE_INTEGER, "item");
    for (int i = 1; i < depth; i++) {
      column = tree.add(JETCAPTURE_LIST, "item", {column});
      values.push_back({list(values.back())});
    }
    const bool fits = depth == JETCAPTURE_MOST_NESTING;
    for (const char *writer : {"csv", "ndjson"}) {
      const std::string line = written(writer, column, values.back().front());
      CHECK(has(line, fits ? "[7]" : "nested deeper than 64"));
    }
  }
}

TEST_CASE("a value of a kind that the writer does not know is bad data, and the sentence names the kind") {
  Tree tree;
  const auto *const column = tree.add(JETCAPTURE_NULL, "c");
  const auto *const nested = tree.add(JETCAPTURE_LIST, "l", {tree.add(JETCAPTURE_NULL, "item")});
  for (const std::int32_t kind : {-1, 13, 17, INT32_MAX, INT32_MIN})
    for (const char *writer : {"csv", "ndjson"}) {
      const std::vector<jetcapture_value> values = {integer(1, kind)};
      CHECK(has(written(writer, column, values.front()), "of kind " + std::to_string(kind) + ", which"));
      CHECK(has(written(writer, nested, list(values)), "of kind " + std::to_string(kind) + ", which"));
    }
}

TEST_CASE("what a decoder with a mistake gives is bad data, and never followed") {
  Tree tree;
  const jetcapture_text nothing = {nullptr, 7};
  const auto *const column = tree.add(JETCAPTURE_NULL, "c");
  const auto *const texts = tree.add(JETCAPTURE_LIST, "l", {tree.add(JETCAPTURE_TEXT, "item")});
  const auto *const pair =
      tree.add(JETCAPTURE_STRUCT, "s", {tree.add(JETCAPTURE_TEXT, "a"), tree.add(JETCAPTURE_TEXT, "b")});
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
