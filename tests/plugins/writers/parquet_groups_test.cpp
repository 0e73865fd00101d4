// Row groups of the Parquet writer: bounded memory, what a message that failed has written, and what no longer fits.
#include "plugins/writers/support/parquet_file.hpp"
#include "plugins/writers/support/trees.hpp"

#include <cstdint>
#include <limits>

using namespace jetcapture::test;

namespace {

const char *const record = JETCAPTURE_PAYLOAD_RECORD;
const Given small_groups = {"row-group-size=65536"};

jetcapture_status put(TestBlock &block, const Schema &schema, std::vector<jetcapture_value> values) {
  return block.write(Row(schema, std::move(values)).payload());
}

// Messages of one row, from first on, until the writer has written a row group: the next one.
std::int64_t fill_a_group(TestBlock &block, const Schema &schema, std::int64_t first) {
  const std::string text(1000, 'x');
  const std::size_t before = block.bytes.text().size();
  std::int64_t next = first;
  while (block.bytes.text().size() == before) {
    block.mark();
    REQUIRE(put(block, schema, {integer(next++), words(text)}) == JETCAPTURE_OK);
  }
  return next;
}

} // namespace

TEST_CASE("a million rows come out as they went in, with bounded bytes inside the writer") {
  PARQUET_OR_SKIP();
#ifdef JETCAPTURE_FEWER
  constexpr std::int64_t count = 50'000;
#else
  constexpr std::int64_t count = 1'000'000;
#endif
  constexpr std::uint64_t group = 1 << 20;
  TestWriter writer("parquet", record, {"row-group-size=" + std::to_string(group)});
  TestBlock block(writer);
  const Schema schema({"id", "text", "half", "even", "moment", "doc"});
  std::uint64_t most_pending = 0;
  for (std::int64_t i = 0; i < count; i++) {
    const std::string text = "row " + std::to_string(i);
    const std::string doc = "{\"id\":" + std::to_string(i) + "}";
    block.mark();
    REQUIRE(put(block, schema,
                {integer(i), i % 7 == 0 ? null() : words(text), number(static_cast<double>(i) / 2), flag(i % 2 == 0),
                 timestamp(1'700'000'000'000'000'000 + i), json(doc)}) == JETCAPTURE_OK);
    most_pending = std::max(most_pending, writer.description.pending(block.get()));
  }
  CHECK(most_pending >= group);
  CHECK(most_pending < group + 1000);
  const ParquetFile file(block.finished());
  CHECK(file.types() ==
        "id BIGINT, text VARCHAR, half DOUBLE, even BOOLEAN, moment TIMESTAMP WITH TIME ZONE, doc STRUCT(id BIGINT)");
  const std::string all = std::to_string(count);
  CHECK(file.rows("count(*), count(distinct id), min(id), max(id), count(*) - count(text)") ==
        "(" + all + ", " + all + ", 0, " + std::to_string(count - 1) + ", " + std::to_string((count + 6) / 7) + ")\n");
  CHECK(file.rows("count(*)", "text is distinct from (case when id % 7 = 0 then null else 'row ' || id end) "
                              "or half <> id / 2 or even <> (id % 2 = 0) or doc.id <> id "
                              "or epoch_us(moment) <> 1700000000000000 + id // 1000") == "(0,)\n");
  CHECK(file.by_pyarrow("metadata.num_row_groups > 3") == "True\n");
  CHECK(file.by_pyarrow("all(a == b for a, b in zip(table['moment'].cast('int64').to_pylist(), "
                        "range(1700000000000000000, 1700000000000000000 + table.num_rows)))") == "True\n");
}

TEST_CASE("what a failed message wrote is taken back: its rows, its columns and their types") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const Schema known({"a", "t"}, 1), wider({"a", "t", "z"}, 2);
  block.mark();
  REQUIRE(put(block, known, {integer(1), words("one")}) == JETCAPTURE_OK);
  block.mark();
  REQUIRE(put(block, known, {integer(2), words("two")}) == JETCAPTURE_OK);
  REQUIRE(put(block, wider, {words("text"), words("three"), integer(3)}) == JETCAPTURE_OK);
  block.rollback();
  block.mark();
  REQUIRE(put(block, known, {integer(4), words("four")}) == JETCAPTURE_OK);
  const ParquetFile file(block.finished());
  CHECK(file.types() == "a BIGINT, t VARCHAR");
  CHECK(file.rows("*") == "(1, 'one')\n(4, 'four')\n");
}

TEST_CASE("a row group that goes out during a message that fails is not lost with it") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record, small_groups);
  TestBlock block(writer);
  const Schema schema({"id", "text"});
  // The last row came with the row group's bytes: those are taken back by the host, the rows in them are others'.
  const std::int64_t next = fill_a_group(block, schema, 0);
  block.rollback();
  CHECK(block.bytes.text().empty());
  block.mark();
  REQUIRE(put(block, schema, {integer(next - 1), words("again")}) == JETCAPTURE_OK);
  CHECK(block.bytes.text().starts_with("PAR1"));
  const std::int64_t end = fill_a_group(block, schema, next);
  const ParquetFile file(block.finished());
  CHECK(file.rows("count(*), min(id), max(id), count(distinct id), count(*) filter (text = 'again')") ==
        "(" + std::to_string(end) + ", 0, " + std::to_string(end - 1) + ", " + std::to_string(end) + ", 1)\n");
}

TEST_CASE("a refusal of the host during a row group is handed on, and nothing is lost") {
  PARQUET_OR_SKIP();
  const Schema schema({"id", "text"});
  const std::string text(1000, 'x');
  for (int at = 0; at < 4; at++) {
    TestWriter writer("parquet", record, small_groups);
    TestBlock block(writer, Room::stingy);
    block.bytes.refuse_at = at;
    std::int64_t next = 0;
    int refused = 0;
    while (next < 500) {
      block.mark();
      const jetcapture_status status = put(block, schema, {integer(next), words(text)});
      if (status == JETCAPTURE_OK) {
        next++;
        continue;
      }
      CHECK(status == JETCAPTURE_FATAL);
      refused++;
      block.rollback();
    }
    CHECK(refused == 1);
    const ParquetFile file(block.finished());
    CHECK(file.rows("count(*), count(distinct id), max(id)") == "(500, 500, 499)\n");
  }
}

TEST_CASE("after a row group, a new column or another type begins a new block, and nulls and exact values fit") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record, small_groups);
  TestBlock block(writer);
  const Schema schema({"id", "text"}, 1), wider({"id", "text", "z"}, 2), narrower({"text"}, 3);
  const std::int64_t next = fill_a_group(block, schema, 0);
  block.mark();
  CHECK(put(block, wider, {integer(1), words("x"), integer(2)}) == JETCAPTURE_NEXT_BLOCK);
  CHECK(writer.host.sentence() == "the column \"z\" is not in the schema of this file");
  CHECK(put(block, schema, {words("text"), words("x")}) == JETCAPTURE_NEXT_BLOCK);
  CHECK(writer.host.sentence() == "the column \"id\" of this file does not take its value as it is");
  CHECK(put(block, schema, {natural(UINT64_MAX), words("x")}) == JETCAPTURE_NEXT_BLOCK);
  CHECK(put(block, wider, {natural(5), words("x"), null()}) == JETCAPTURE_OK);
  CHECK(put(block, narrower, {words("alone")}) == JETCAPTURE_OK);
  const ParquetFile file(block.finished());
  CHECK(file.types() == "id BIGINT, text VARCHAR");
  CHECK(file.rows("count(*), count(id)") == "(" + std::to_string(next + 2) + ", " + std::to_string(next + 1) + ")\n");
  CHECK(file.rows("id", "text = 'alone'") == "(None,)\n");
}

TEST_CASE("after a row group without NaN in a column or below it, one that comes begins a new block") {
  PARQUET_OR_SKIP();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto number_type = JETCAPTURE_NUMBER;
  TestWriter writer("parquet", record, small_groups);
  TestBlock block(writer), next(writer);
  const TreeSchema schema({Tree("id", JETCAPTURE_INTEGER), Tree("text", JETCAPTURE_TEXT), Tree("d", number_type),
                           Tree("list", JETCAPTURE_LIST, {Tree("item", number_type)}),
                           Tree("pair", JETCAPTURE_STRUCT, {Tree("a", number_type), Tree("b", number_type)})});
  const std::string text(1000, 'x');
  const auto put_row = [&](TestBlock &to, double d, double in_list, double in_pair) {
    TreeRow row(schema);
    to.mark();
    return to.write(row.of({integer(1), words(text), number(d), row.list({number(1), number(in_list)}),
                            row.structure({number(1), number(in_pair)})}));
  };
  while (block.bytes.text().empty())
    REQUIRE(put_row(block, 1, 1, 1) == JETCAPTURE_OK);
  CHECK(put_row(block, nan, 1, 1) == JETCAPTURE_NEXT_BLOCK);
  CHECK(put_row(block, 1, nan, 1) == JETCAPTURE_NEXT_BLOCK);
  CHECK(put_row(block, 1, 1, nan) == JETCAPTURE_NEXT_BLOCK);
  CHECK(put_row(block, std::numeric_limits<double>::infinity(), 1, 1) == JETCAPTURE_OK);
  // The next block takes it, from its first row group on, and then in each.
  REQUIRE(put_row(next, 1, nan, nan) == JETCAPTURE_OK);
  while (next.bytes.text().empty())
    REQUIRE(put_row(next, 1, 1, 1) == JETCAPTURE_OK);
  CHECK(put_row(next, nan, 1, 1) == JETCAPTURE_NEXT_BLOCK);
  REQUIRE(put_row(next, 1, nan, nan) == JETCAPTURE_OK);

  const std::string has_bounds = "distinct path_in_schema, stats_min_value is not null";
  const std::string of_numbers = "path_in_schema not in ('id', 'text') order by 1";
  CHECK(ParquetFile(block.finished()).metadata(has_bounds, of_numbers) ==
        "('d', True)\n('list, list, element', True)\n('pair, a', True)\n('pair, b', True)\n");
  const ParquetFile with_nan(next.finished());
  CHECK(with_nan.metadata(has_bounds, of_numbers) ==
        "('d', True)\n('list, list, element', False)\n('pair, a', True)\n('pair, b', False)\n");
  CHECK(with_nan.rows("count(*)", "pair.b != 1.0") == "(2,)\n");
}

TEST_CASE("many open blocks share the memory: row groups end early above it") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record, {"memory=1048576"});
  std::deque<TestBlock> blocks;
  for (int i = 0; i < 20; i++)
    blocks.emplace_back(writer);
  const Schema schema({"id", "text"});
  const std::string text(1000, 'x');
  std::uint64_t most = 0;
  for (std::int64_t i = 0; i < 10'000; i++) {
    TestBlock &block = blocks[static_cast<std::size_t>(i * i % 20)];
    block.mark();
    REQUIRE(put(block, schema, {integer(i), words(text)}) == JETCAPTURE_OK);
    std::uint64_t pending = 0;
    for (TestBlock &one : blocks)
      pending += writer.description.pending(one.get());
    most = std::max(most, pending);
  }
  CHECK(most < 2 << 20);
  std::int64_t rows = 0;
  for (TestBlock &block : blocks) {
    const std::string bytes = block.finished();
    if (!bytes.empty())
      rows += std::stoll(ParquetFile(bytes).by_pyarrow("table.num_rows"));
  }
  CHECK(rows == 10'000);
}

TEST_CASE("a Parquet block can be closed at any point without being finished") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record, small_groups);
  { const TestBlock empty(writer); }
  const Schema schema({"id", "text"});
  {
    TestBlock some(writer);
    REQUIRE(put(some, schema, {integer(1), words("x")}) == JETCAPTURE_OK);
  }
  TestBlock sent(writer);
  fill_a_group(sent, schema, 0);
}
