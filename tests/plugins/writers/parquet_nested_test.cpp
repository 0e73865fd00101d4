// Lists and structs in Parquet files: as readers see them, and what a decoder may get wrong.
#include "plugins/writers/support/parquet_file.hpp"
#include "plugins/writers/support/trees.hpp"

using namespace jetcapture::test;

namespace {

const char *const record = JETCAPTURE_PAYLOAD_RECORD;

const Tree lines("lines", JETCAPTURE_LIST,
                 {{"item", JETCAPTURE_STRUCT, {{"sku", JETCAPTURE_TEXT}, {"quantity", JETCAPTURE_UNSIGNED}}}});
const Tree customer("customer", JETCAPTURE_STRUCT,
                    {{"name", JETCAPTURE_TEXT}, {"tags", JETCAPTURE_LIST, {{"item", JETCAPTURE_TEXT}}}});

// As deep as that many levels: lists in lists, the last of integers.
Tree deep(int levels) {
  Tree tree("item", JETCAPTURE_INTEGER);
  for (int level = 1; level < levels; level++)
    tree = Tree(level == levels - 1 ? "x" : "item", JETCAPTURE_LIST, {tree});
  return tree;
}

} // namespace

TEST_CASE("lists and structs are Parquet's own, and nulls at each level stay apart from what is empty") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const TreeSchema schema({{"id", JETCAPTURE_INTEGER}, lines, customer});
  TreeRow row(schema);
  REQUIRE(block.write(row.of({integer(1),
                              row.list({row.structure({words("a"), natural(2)}), null(),
                                        row.structure({null(), natural(UINT64_MAX)})}),
                              row.structure({words("Ada"), row.list({words("x"), null()})})})) == JETCAPTURE_OK);
  REQUIRE(block.write(row.of({integer(2), row.list({}), row.structure({null(), row.list({})})})) == JETCAPTURE_OK);
  REQUIRE(block.write(row.of({integer(3), null(), null()})) == JETCAPTURE_OK);
  REQUIRE(block.write(row.of({integer(4), row.list({row.structure({words("z"), null()})}),
                              row.structure({words("Bob"), null()})})) == JETCAPTURE_OK);
  const ParquetFile file(block.finished());
  CHECK(file.types() == "id BIGINT, lines STRUCT(sku VARCHAR, quantity UBIGINT)[], "
                        "customer STRUCT(\"name\" VARCHAR, tags VARCHAR[])");
  CHECK(file.rows("*") == "(1, [{'sku': 'a', 'quantity': 2}, None, {'sku': None, 'quantity': 18446744073709551615}], "
                          "{'name': 'Ada', 'tags': ['x', None]})\n"
                          "(2, [], {'name': None, 'tags': []})\n"
                          "(3, None, None)\n"
                          "(4, [{'sku': 'z', 'quantity': None}], {'name': 'Bob', 'tags': None})\n");
  CHECK(file.by_pyarrow("table['lines'].to_pylist()[0], table['customer'].to_pylist()[2:]") ==
        "[{'sku': 'a', 'quantity': 2}, None, {'sku': None, 'quantity': 18446744073709551615}] "
        "[None, {'name': 'Bob', 'tags': None}]\n");
  CHECK(file.rows("id, unnest(lines).sku", "customer.name is not null") ==
        "(1, 'a')\n(1, None)\n(1, None)\n(4, 'z')\n");
}

TEST_CASE("each kind of value may be inside of a list and a struct, also decimals, dates and JSON") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const TreeSchema schema({{"prices", JETCAPTURE_LIST, {{"item", JETCAPTURE_DECIMAL}}},
                           {"s",
                            JETCAPTURE_STRUCT,
                            {{"d", JETCAPTURE_DATE},
                             {"j", JETCAPTURE_JSON},
                             {"b", JETCAPTURE_BYTES},
                             {"t", JETCAPTURE_TIMESTAMP},
                             {"f", JETCAPTURE_FLAG},
                             {"n", JETCAPTURE_NUMBER},
                             {"unknown", JETCAPTURE_NULL}}}});
  TreeRow row(schema);
  REQUIRE(block.write(row.of({row.list({decimal("1.5"), decimal("-0.125")}),
                              row.structure({date(0), json("[1]"), blob("\xFF"), timestamp(1'000'000'000), flag(true),
                                             number(0.5), integer(1)})})) == JETCAPTURE_OK);
  REQUIRE(block.write(row.of({row.list({}), row.structure({null(), null(), null(), null(), null(), null(),
                                                           words("x")})})) == JETCAPTURE_OK);
  const ParquetFile file(block.finished());
  CHECK(file.types() == "prices DECIMAL(38,3)[], s STRUCT(d DATE, j JSON, b BLOB, t TIMESTAMP WITH TIME ZONE, "
                        "f BOOLEAN, n DOUBLE, \"unknown\" VARCHAR)");
  CHECK(file.rows("prices, s.d::varchar, s.j::varchar, s.b, epoch(s.t), s.f, s.n, s.unknown") ==
        "([Decimal('1.500'), Decimal('-0.125')], '1970-01-01', '[1]', b'\\xff', 1.0, True, 0.5, '1')\n"
        "([], None, None, None, None, None, None, 'x')\n");
}

TEST_CASE("lists nest as deep as the ABI allows, and one level more is bad data") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const TreeSchema deepest({deep(JETCAPTURE_MOST_NESTING)}, 1), too_deep({deep(JETCAPTURE_MOST_NESTING + 1)}, 2);
  TreeRow row(deepest);
  jetcapture_value value = integer(7);
  for (int level = 1; level < JETCAPTURE_MOST_NESTING; level++)
    value = row.list({value});
  REQUIRE(block.write(row.of({value})) == JETCAPTURE_OK);
  CHECK(block.write(TreeRow(too_deep).of({null()})) == JETCAPTURE_BAD_DATA);
  CHECK(writer.host.sentence() == "column \"item\": it is nested in more than 64 levels");
  const ParquetFile file(block.finished());
  const std::string brackets(JETCAPTURE_MOST_NESTING - 1, '[');
  CHECK(file.by_pyarrow("table['x'].to_pylist()[0]") ==
        brackets + "7" + std::string(JETCAPTURE_MOST_NESTING - 1, ']') + "\n");
}

TEST_CASE("members of structs are matched by name over schemas, and those that come later are null before") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const TreeSchema first({{"s", JETCAPTURE_STRUCT, {{"a", JETCAPTURE_INTEGER}, {"b", JETCAPTURE_TEXT}}}}, 1);
  const TreeSchema second({{"s", JETCAPTURE_STRUCT, {{"c", JETCAPTURE_FLAG}, {"a", JETCAPTURE_INTEGER}}}}, 2);
  TreeRow one(first), other(second);
  REQUIRE(block.write(one.of({one.structure({integer(1), words("x")})})) == JETCAPTURE_OK);
  REQUIRE(block.write(other.of({other.structure({flag(true), integer(2)})})) == JETCAPTURE_OK);
  block.mark();
  const TreeSchema failed({{"s", JETCAPTURE_STRUCT, {{"z", JETCAPTURE_TEXT}, {"a", JETCAPTURE_TEXT}}}}, 3);
  TreeRow third(failed);
  REQUIRE(block.write(third.of({third.structure({words("z"), words("y")})})) == JETCAPTURE_OK);
  block.rollback();
  const ParquetFile file(block.finished());
  CHECK(file.types() == "s STRUCT(a BIGINT, b VARCHAR, c BOOLEAN)");
  CHECK(file.rows("s") == "({'a': 1, 'b': 'x', 'c': None},)\n({'a': 2, 'b': None, 'c': True},)\n");
}

TEST_CASE("a column that is a struct here and a text there is text, with the struct as JSON") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const TreeSchema nested(
      {{"x", JETCAPTURE_STRUCT, {{"a", JETCAPTURE_LIST, {{"item", JETCAPTURE_TEXT}}}, {"d", JETCAPTURE_DATE}}}}, 1);
  const TreeSchema plain({{"x", JETCAPTURE_TEXT}}, 2);
  TreeRow one(nested), other(plain);
  REQUIRE(block.write(one.of({one.structure({one.list({words("q\""), null()}), date(0)})})) == JETCAPTURE_OK);
  REQUIRE(block.write(other.of({words("text")})) == JETCAPTURE_OK);
  REQUIRE(block.write(one.of({one.structure({one.list({}), null()})})) == JETCAPTURE_OK);
  REQUIRE(block.write(one.of({null()})) == JETCAPTURE_OK);
  const ParquetFile file(block.finished());
  CHECK(file.types() == "x VARCHAR");
  CHECK(file.rows("x") == "('{\"a\":[\"q\\\\\"\",null],\"d\":\"1970-01-01\"}',)\n('text',)\n"
                          "('{\"a\":[],\"d\":null}',)\n(None,)\n");
}

TEST_CASE("what a failed message wrote into lists and structs is taken back") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record, {"row-group-size=65536"});
  TestBlock block(writer);
  const TreeSchema schema({{"id", JETCAPTURE_INTEGER}, lines});
  const std::string sku(200, 's');
  std::int64_t written = 0;
  for (std::int64_t i = 0; i < 2000; i++) {
    TreeRow row(schema);
    block.mark();
    REQUIRE(block.write(row.of({integer(i), row.list({row.structure({words(sku), natural(1)}),
                                                      row.structure({words("t"), natural(2)})})})) == JETCAPTURE_OK);
    if (i % 3 == 0)
      block.rollback();
    else
      written++;
  }
  const ParquetFile file(block.finished());
  CHECK(file.by_pyarrow("metadata.num_row_groups > 3") == "True\n");
  CHECK(file.rows("count(*), sum(len(lines)), sum(lines[1].quantity + lines[2].quantity), min(lines[2].sku), "
                  "count(*) filter (id % 3 = 0)") == "(" + std::to_string(written) + ", " +
                                                         std::to_string(2 * written) + ", " +
                                                         std::to_string(3 * written) + ", 't', 0)\n");
}

TEST_CASE("the rows that wait count the elements of lists, so that row groups of them stay bounded") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record, {"row-group-size=65536"});
  TestBlock block(writer);
  const TreeSchema schema({{"x", JETCAPTURE_LIST, {{"item", JETCAPTURE_INTEGER}}}});
  std::uint64_t most = 0;
  for (std::int64_t i = 0; i < 1000; i++) {
    TreeRow row(schema);
    block.mark();
    REQUIRE(block.write(row.of({row.list(std::vector<jetcapture_value>(100, integer(i)))})) == JETCAPTURE_OK);
    most = std::max(most, writer.description.pending(block.get()));
  }
  CHECK(most >= 65536);
  CHECK(most < 65536 + 2000);
  CHECK(ParquetFile(block.finished()).rows("count(*), sum(len(x))") == "(1000, 100000)\n");
}

TEST_CASE("a list or a struct that breaks its column's type is bad data, with a sentence, and leaves no trace") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const TreeSchema schema({{"id", JETCAPTURE_INTEGER}, lines, {"any", JETCAPTURE_NULL}});
  TreeRow row(schema);
  REQUIRE(block.write(row.of({integer(1), null(), null()})) == JETCAPTURE_OK);
  const auto refused = [&](std::vector<jetcapture_value> values, const std::string &sentence) {
    CHECK(block.write(row.of(std::move(values))) == JETCAPTURE_BAD_DATA);
    CHECK(writer.host.sentence() == sentence);
  };
  refused({integer(2), jetcapture_children(JETCAPTURE_LIST, nullptr, 3), null()},
          "column \"lines\": its value has 3 children and no pointer to them");
  refused({integer(2), row.list({integer(5)}), null()},
          "column \"item\": its value is of kind 2, and the column of kind 12");
  refused({integer(2), row.list({row.structure({words("a")})}), null()},
          "column \"item\": its struct has 1 values for 2 members");
  refused({integer(2), row.list({row.structure({words("a"), integer(1)})}), null()},
          "column \"quantity\": its value is of kind 2, and the column of kind 3");
  refused({integer(2), row.list({row.structure({words("\xFF"), null()})}), null()},
          "column \"sku\": its text is not UTF-8, which Parquet's texts are; the decoder has to give it as bytes; of "
          "whole messages ndjson takes it, and data=bytes where it is their data");
  refused({integer(2), null(), row.list({})}, "column \"any\": its value is of kind 11, and the column of kind 0");
  refused({integer(2), null(), decimal("1.")}, "column \"any\": its decimal is not a number as JSON writes it");
  refused({integer(2), null(), date(2'932'897)}, "column \"any\": its date is not in the years 0001 to 9999");
  refused({integer(2), null(), {99, 0, {}}}, "column \"any\": its value is of kind 99, which is not known here");
  refused({integer(2), null(), jetcapture_text_value(JETCAPTURE_TEXT, {nullptr, 4})},
          "column \"any\": its value has 4 bytes and no pointer to them");
  const auto refused_schema = [&](const Tree &tree, const std::string &sentence) {
    static std::uint64_t revision = 10;
    const TreeSchema wrong({tree}, revision++);
    CHECK(block.write(TreeRow(wrong).of({null()})) == JETCAPTURE_BAD_DATA);
    CHECK(writer.host.sentence() == sentence);
  };
  refused_schema(
      {"x", JETCAPTURE_LIST},
      "column \"x\": a list has one child, a struct one or more, and every other column none; this one has 0");
  refused_schema(
      {"x", JETCAPTURE_TEXT, {{"y", JETCAPTURE_TEXT}}},
      "column \"x\": a list has one child, a struct one or more, and every other column none; this one has 1");
  refused_schema({"x", 13}, "column \"x\": its kind is 13, which is not known here");
  REQUIRE(block.write(row.of({integer(3), row.list({row.structure({words("a"), natural(1)})}), null()})) ==
          JETCAPTURE_OK);
  const ParquetFile file(block.finished());
  CHECK(file.types() == "id BIGINT, lines STRUCT(sku VARCHAR, quantity UBIGINT)[], any VARCHAR");
  CHECK(file.rows("id, lines") == "(1, None)\n(3, [{'sku': 'a', 'quantity': 1}])\n");
}
