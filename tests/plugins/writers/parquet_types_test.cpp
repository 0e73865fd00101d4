// The types of columns over the files of a capture: what widens, what is remembered, and that readers take all files
// together.
#include "plugins/writers/support/hard_numbers.hpp"
#include "plugins/writers/support/parquet_file.hpp"
#include "plugins/writers/support/trees.hpp"

#include <optional>

using namespace jetcapture::test;

namespace {

const char *const record = JETCAPTURE_PAYLOAD_RECORD;
const char *const polars_too = "polars";

// A column x with those values, as one file.
std::string file_of(TestWriter &writer, const std::vector<jetcapture_value> &values) {
  TestBlock block(writer);
  const Schema schema({"x"});
  for (const jetcapture_value &value : values)
    REQUIRE(block.write(Row(schema, {value}).payload()) == JETCAPTURE_OK);
  return block.finished();
}

std::string type_of(const std::string &bytes) {
  return ParquetFile(bytes).types();
}

// The files, in this order, below one folder as DuckDB, pyarrow and polars read them together: how many rows, and how
// many are not null.
void check_together(const std::vector<std::string> &files, const std::string &rows, const std::string &not_null) {
  const Folder folder;
  for (std::size_t i = 0; i < files.size(); i++)
    write_file(folder / ("f" + std::to_string(i) + ".parquet"), files[i]);
  CHECK(printed_by_python("import sys, duckdb\n"
                          "print(*duckdb.sql(f\"select count(*), count(x), min(x::varchar), max(x::varchar) from "
                          "'{sys.argv[1]}/**/*.parquet'\").fetchone()[:2])\n",
                          folder / "") == rows + " " + not_null + "\n");
  CHECK(printed_by_python("import sys, pyarrow.dataset as ds\n"
                          "table = ds.dataset(sys.argv[1], format='parquet').to_table()\n"
                          "print(table.num_rows, table.num_rows - table['x'].null_count)\n",
                          folder / "") == rows + " " + not_null + "\n");
  CHECK(printed_by_python("import sys, polars\n"
                          "table = polars.scan_parquet(sys.argv[1] + '/**/*.parquet').collect()\n"
                          "print(table.height, table['x'].count())\n",
                          folder / "") == rows + " " + not_null + "\n");
}

} // namespace

TEST_CASE(
    "a column that is null in one file, integer in the next and text in the third is read as one by all readers") {
  PARQUET_OR_SKIP();
  if (skipped_without(polars_too))
    return;
  for (const bool restarts : {false, true}) {
    FakeMemory memory;
    std::optional<TestWriter> writer;
    std::vector<std::string> files;
    for (const std::vector<jetcapture_value> &values : std::vector<std::vector<jetcapture_value>>{
             {null(), null()}, {integer(5), null()}, {words("five")}, {json("[5]"), flag(true)}}) {
      if (restarts || !writer)
        writer.emplace("parquet", record, Given{}, &memory);
      files.push_back(file_of(*writer, values));
      CHECK(type_of(files.back()) == "x VARCHAR");
    }
    check_together(files, "7", "4");
    CHECK(ParquetFile(files[1]).rows("x") == "('5',)\n(None,)\n");
    CHECK(ParquetFile(files[3]).rows("x") == "('[5]',)\n('true',)\n");
  }
}

TEST_CASE("what a file had to widen stays so in later files, also after a restart, and memory says it") {
  PARQUET_OR_SKIP();
  FakeMemory memory;
  const auto types = [&](const std::vector<std::vector<jetcapture_value>> &files) {
    std::string all;
    for (const std::vector<jetcapture_value> &values : files) {
      TestWriter writer("parquet", record, {}, &memory);
      all += type_of(file_of(writer, values)).substr(2) + " ";
    }
    return all;
  };
  CHECK(types({{integer(1)}, {natural(UINT64_MAX)}, {integer(1)}, {integer(-1)}, {decimal("0.5")}, {natural(7)}}) ==
        "BIGINT UBIGINT UBIGINT DECIMAL(38,0) DECIMAL(38,1) DECIMAL(38,1) ");
  CHECK(memory.text == "{\"columns\": [\n[\"x\",\"decimal\",1]\n]}\n");
  CHECK(types({{number(0.25)}, {null()}, {decimal("1e37")}, {integer(1)}}) ==
        "DECIMAL(38,2) DECIMAL(38,2) VARCHAR VARCHAR ");
  memory.text.clear();
  CHECK(types({{integer(1)}, {number(0.5)}, {integer(2)}, {integer((std::int64_t{1} << 53) + 1)}, {number(1e300)}}) ==
        "BIGINT DOUBLE DOUBLE DECIMAL(38,0) VARCHAR ");
  memory.text.clear();
  CHECK(types({{date(1)}, {date(2)}, {timestamp(1)}}) == "DATE DATE VARCHAR ");
  const int sets = memory.sets;
  CHECK(types({{date(1)}}) == "VARCHAR ");
  CHECK(memory.sets == sets); // nothing changed
}

TEST_CASE("blocks that are open at the same time get the types that the capture's columns have when they are written") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock narrow(writer), wide(writer);
  const Schema schema({"x"});
  REQUIRE(narrow.write(Row(schema, {integer(1)}).payload()) == JETCAPTURE_OK);
  REQUIRE(wide.write(Row(schema, {words("one")}).payload()) == JETCAPTURE_OK);
  CHECK(type_of(wide.finished()) == "x VARCHAR");
  const ParquetFile file(narrow.finished());
  CHECK(file.types() == "x VARCHAR");
  CHECK(file.rows("x") == "('1',)\n");
}

TEST_CASE("a type that widens after a row group begins one new block, in which both fit") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record, {"row-group-size=65536"});
  const Schema schema({"x", "filler"});
  const std::string filler(1000, 'x');
  std::deque<TestBlock> blocks;
  blocks.emplace_back(writer);
  for (std::int64_t i = 0; i < 2000; i++) {
    const Row row(schema, {i % 10 == 9 ? decimal("0.5") : integer(i), words(filler)});
    blocks.back().mark();
    const jetcapture_status status = blocks.back().write(row.payload());
    if (status == JETCAPTURE_OK)
      continue;
    REQUIRE(status == JETCAPTURE_NEXT_BLOCK);
    blocks.emplace_back(writer);
    blocks.back().mark();
    REQUIRE(blocks.back().write(row.payload()) == JETCAPTURE_OK);
  }
  CHECK(blocks.size() == 1); // the first row group has both
  const ParquetFile file(blocks.back().finished());
  CHECK(file.rows("count(*), count(*) filter (x = 0.5)") == "(2000, 200)\n");

  TestBlock settled(writer), next(writer);
  const Schema other({"y", "filler"}, 2);
  for (std::int64_t i = 0; i < 200; i++) {
    settled.mark();
    REQUIRE(settled.write(Row(other, {integer(i), words(filler)}).payload()) == JETCAPTURE_OK);
  }
  settled.mark();
  const Row text(other, {words("text"), words(filler)});
  REQUIRE(settled.write(text.payload()) == JETCAPTURE_NEXT_BLOCK);
  REQUIRE(next.write(text.payload()) == JETCAPTURE_OK);
  for (std::int64_t i = 0; i < 200; i++) {
    next.mark();
    REQUIRE(next.write(Row(other, {integer(i), words(filler)}).payload()) == JETCAPTURE_OK);
  }
  CHECK(type_of(settled.finished()) == "y BIGINT, filler VARCHAR");
  CHECK(ParquetFile(next.finished()).rows("count(*), count(*) filter (y = '7')") == "(201, 1)\n");
}

TEST_CASE("members of a struct that a later file does not have are there, and null, so that its type stays") {
  PARQUET_OR_SKIP();
  FakeMemory memory;
  const TreeSchema wide(
      {{"s", JETCAPTURE_STRUCT, {{"a", JETCAPTURE_INTEGER}, {"b", JETCAPTURE_LIST, {{"item", JETCAPTURE_TEXT}}}}}}, 1);
  const TreeSchema narrow({{"s", JETCAPTURE_STRUCT, {{"a", JETCAPTURE_INTEGER}}}}, 2);
  {
    TestWriter writer("parquet", record, {}, &memory);
    TestBlock block(writer);
    TreeRow row(wide);
    REQUIRE(block.write(row.of({row.structure({integer(1), row.list({words("x")})})})) == JETCAPTURE_OK);
    block.finished();
  }
  CHECK(memory.text ==
        "{\"columns\": [\n[\"s\",\"struct\",[\"a\",\"integer\"],[\"b\",\"list\",[\"item\",\"text\"]]]\n]}\n");
  TestWriter writer("parquet", record, {}, &memory);
  TestBlock block(writer);
  TreeRow row(narrow);
  REQUIRE(block.write(row.of({row.structure({integer(2)})})) == JETCAPTURE_OK);
  const ParquetFile file(block.finished());
  CHECK(file.types() == "s STRUCT(a BIGINT, b VARCHAR[])");
  CHECK(file.rows("s") == "({'a': 2, 'b': None},)\n");
}

TEST_CASE("names of columns are kept whatever they are, and a memory that can't be read or written costs no file") {
  PARQUET_OR_SKIP();
  FakeMemory memory;
  const std::string name = "a\"\\\n\tä";
  {
    TestWriter writer("parquet", record, {}, &memory);
    TestBlock block(writer);
    REQUIRE(block.write(Row(Schema({name}), {words("x")}).payload()) == JETCAPTURE_OK);
    block.finished();
  }
  {
    TestWriter writer("parquet", record, {}, &memory);
    TestBlock block(writer);
    REQUIRE(block.write(Row(Schema({name}), {integer(1)}).payload()) == JETCAPTURE_OK);
    CHECK(ParquetFile(block.finished()).by_pyarrow("table.schema.types[0]") == "string\n");
    CHECK(writer.host.logged().empty());
  }
  for (const std::string damaged : {"{", "{}", "[]", "{\"columns\": [[\"x\"]]}", "{\"columns\": [[\"x\",\"later\"]]}",
                                    "{\"columns\": [[\"x\",\"list\"]]}", "{\"columns\": [[\"x\",\"decimal\",99]]}"}) {
    memory.text = damaged;
    TestWriter writer("parquet", record, {}, &memory);
    CHECK(writer.host.logged().size() == 1);
    CHECK(type_of(file_of(writer, {integer(1)})) == "x BIGINT");
  }
  memory.text.clear();
  memory.set_status = JETCAPTURE_RETRY;
  TestWriter writer("parquet", record, {}, &memory);
  CHECK(type_of(file_of(writer, {words("a")})) == "x VARCHAR");
  CHECK(type_of(file_of(writer, {integer(1)})) == "x VARCHAR");
}

TEST_CASE("whole messages have the columns that the options say, whatever an earlier run had") {
  PARQUET_OR_SKIP();
  FakeMemory memory;
  for (const std::string data : {"text", "bytes"}) {
    TestWriter writer("parquet", JETCAPTURE_PAYLOAD_MESSAGE, {"data=" + data}, &memory);
    TestBlock block(writer);
    REQUIRE(block.write(Message("a", "x").payload()) == JETCAPTURE_OK);
    CHECK(ParquetFile(block.finished()).rows("data") == (data == "text" ? "('x',)\n" : "(b'x',)\n"));
  }
  CHECK(memory.sets == 0);
}

TEST_CASE("hard numbers come out digit by digit: as decimals where all fit, else as the text that came") {
  PARQUET_OR_SKIP();
  const std::vector<std::string> beyond = {"1e400",
                                           "-1e400",
                                           "1e-400",
                                           "1e38",
                                           "123456789012345678901234567890123456789",
                                           "0.123456789012345678901234567890123456789",
                                           "1e1000000",
                                           "1e-1000000",
                                           "1e99999999999999999999",
                                           "99999999999999999999999999999999999999.9",
                                           "4.9406564584124654417656879286822137236505980e-324"};
  const auto check = [&](const std::vector<std::string> &digits, const std::string &type) {
    TestWriter writer("parquet", record);
    TestBlock block(writer);
    const Schema schema({"x", "digits"});
    for (const std::string &one : digits)
      REQUIRE(block.write(Row(schema, {decimal(one), words(one)}).payload()) == JETCAPTURE_OK);
    const Folder folder;
    write_file(folder / "x.parquet", block.finished());
    CHECK(printed_by_python("import sys, duckdb, pyarrow.parquet as pq\n"
                            "from decimal import Decimal\n"
                            "table = pq.read_table(sys.argv[1])\n"
                            "rows = [(r['x'], r['digits']) for r in table.to_pylist()]\n"
                            "rows += duckdb.sql(f\"select x, digits from '{sys.argv[1]}'\").fetchall()\n"
                            "wrong = [r for r in rows if r[0] != (r[1] if type(r[0]) is str else Decimal(r[1]))]\n"
                            "print(table.schema.field('x').type, len(rows), *wrong)\n",
                            folder / "x.parquet") == type + " " + std::to_string(2 * digits.size()) + "\n");
  };
  check(fitting_decimals, "decimal128(38, 11)");
  for (const std::string &one : beyond)
    check({one}, "string");
  // One that does not fit makes the column text, and each stays as it came.
  std::vector<std::string> all = fitting_decimals;
  all.insert(all.end(), beyond.begin(), beyond.end());
  check(all, "string");
  check({"0.30000000000000004", "123456789012345678901"}, "decimal128(38, 17)");
  check({"12345678901234567890123456789012345678"}, "decimal128(38, 0)");
  check({"0.00000000000000000000000000000000000001"}, "decimal128(38, 38)");
  check({"1e37", "0.1"}, "string"); // 38 digits before the point and one behind it
}
