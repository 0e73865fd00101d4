// What a Parquet file holds, as DuckDB reads it, which shares no code with the library that wrote it.
#include "plugins/writers/support/parquet_file.hpp"

#include <limits>
#include <map>

using namespace jetcapture::test;

namespace {

const char *const record = JETCAPTURE_PAYLOAD_RECORD;

void put(TestBlock &block, const Schema &schema, std::vector<jetcapture_value> values) {
  REQUIRE(block.write(Row(schema, std::move(values)).payload()) == JETCAPTURE_OK);
}

} // namespace

TEST_CASE("each kind of value has its Parquet type, and nulls stay nulls") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const Schema schema({"f", "i", "u", "n", "t", "b", "s", "j", "d", "p"});
  put(block, schema,
      {flag(true), integer(-5), natural(UINT64_MAX), number(0.1), words("ä"), blob(std::string_view("\xFF\x00", 2)),
       timestamp(1'709'251'199'000'000'001), json("{\"a\": [1, 2.50]}"), date(19'782), decimal("-12.50")});
  put(block, schema, {null(), null(), null(), null(), null(), null(), null(), null(), null(), null()});
  put(block, schema,
      {flag(false), integer(7), natural(0), number(-2.5), words(""), blob(""), timestamp(-1), json("null"), date(-1),
       decimal("1e3")});
  const ParquetFile file(block.finished());
  CHECK(file.types() ==
        "f BOOLEAN, i BIGINT, u UBIGINT, n DOUBLE, t VARCHAR, b BLOB, s TIMESTAMP WITH TIME ZONE, j JSON, "
        "d DATE, p DECIMAL(38,2)");
  CHECK(file.rows("f, i, u, n, t, b, j::varchar, d::varchar, p") ==
        "(True, -5, 18446744073709551615, 0.1, 'ä', b'\\xff\\x00', '{\"a\": [1, 2.50]}', '2024-02-29', "
        "Decimal('-12.50'))\n"
        "(None, None, None, None, None, None, None, None, None)\n"
        "(False, 7, 0, -2.5, '', b'', 'null', '1969-12-31', Decimal('1000.00'))\n");
  CHECK(file.by_pyarrow("table['s'].cast('int64').to_pylist(), table['s'].type") ==
        "[1709251199000000001, None, -1] timestamp[ns, tz=UTC]\n");
}

TEST_CASE("the ends of every range are exact") {
  PARQUET_OR_SKIP();
  using Integers = std::numeric_limits<std::int64_t>;
  using Doubles = std::numeric_limits<double>;
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const Schema schema({"i", "n", "s"});
  put(block, schema, {integer(Integers::min()), number(Doubles::denorm_min()), timestamp(Integers::min())});
  put(block, schema, {integer(Integers::max()), number(-Doubles::max()), timestamp(Integers::max())});
  put(block, schema, {integer(0), number(Doubles::infinity()), timestamp(0)});
  put(block, schema, {integer(0), number(Doubles::quiet_NaN()), timestamp(0)});
  put(block, schema, {integer(0), number(-0.0), timestamp(0)});
  const ParquetFile file(block.finished());
  CHECK(file.rows("i, n") == "(-9223372036854775808, 5e-324)\n(9223372036854775807, -1.7976931348623157e+308)\n"
                             "(0, inf)\n(0, nan)\n(0, -0.0)\n");
  CHECK(file.by_pyarrow("table['s'].cast('int64').to_pylist()[:2]") == "[-9223372036854775808, 9223372036854775807]\n");
}

TEST_CASE("timestamps in microseconds go down to the one before, also before 1970") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record, {"timestamps=us"});
  TestBlock block(writer);
  const Schema schema({"s"});
  put(block, schema, {timestamp(1'999)});
  put(block, schema, {timestamp(-1)});
  put(block, schema, {timestamp(-1'000)});
  const ParquetFile file(block.finished());
  CHECK(file.types() == "s TIMESTAMP WITH TIME ZONE");
  CHECK(file.rows("epoch_us(s)") == "(1,)\n(-1,)\n(-1,)\n");
}

TEST_CASE("a column whose values are of several kinds gets the first type of the ladder that holds them all exactly") {
  PARQUET_OR_SKIP();
  struct Case {
    std::vector<jetcapture_value> values;
    std::string type;
    std::string rows;
  };
  const std::int64_t inexact = (std::int64_t{1} << 53) + 1;
  const std::vector<Case> cases = {
      {{integer(1), natural(2)}, "BIGINT", "(1,)\n(2,)\n"},
      {{integer(1), natural(UINT64_MAX)}, "UBIGINT", "(1,)\n(18446744073709551615,)\n"},
      {{integer(-1), natural(UINT64_MAX)}, "DECIMAL(38,0)", "(Decimal('-1'),)\n(Decimal('18446744073709551615'),)\n"},
      {{integer(1), null(), number(0.5)}, "DOUBLE", "(1.0,)\n(None,)\n(0.5,)\n"},
      {{integer(inexact), number(0.5)}, "DECIMAL(38,1)", "(Decimal('9007199254740993.0'),)\n(Decimal('0.5'),)\n"},
      {{natural(UINT64_MAX), number(0.5)},
       "DECIMAL(38,1)",
       "(Decimal('18446744073709551615.0'),)\n(Decimal('0.5'),)\n"},
      {{decimal("12.50"), integer(-3), number(0.125)},
       "DECIMAL(38,3)",
       "(Decimal('12.500'),)\n(Decimal('-3.000'),)\n(Decimal('0.125'),)\n"},
      {{decimal("1e400"), integer(1)}, "VARCHAR", "('1e400',)\n('1',)\n"},
      {{decimal("1.5"), number(1e300)}, "VARCHAR", "('1.5',)\n('1e+300',)\n"},
      {{decimal("1.5"), number(std::numeric_limits<double>::infinity())}, "VARCHAR", "('1.5',)\n('Infinity',)\n"},
      {{words("a\"b"), integer(1)}, "VARCHAR", "('a\"b',)\n('1',)\n"},
      {{flag(true), timestamp(0), date(-1)}, "VARCHAR", "('true',)\n('1970-01-01T00:00:00Z',)\n('1969-12-31',)\n"},
      {{blob("\xFF"), json("[1]")}, "VARCHAR", "('/w==',)\n('[1]',)\n"}};
  for (const Case &one : cases) {
    TestWriter writer("parquet", record);
    TestBlock block(writer);
    const Schema schema({"x"});
    for (const jetcapture_value &value : one.values)
      put(block, schema, {value});
    const ParquetFile file(block.finished());
    CHECK(file.types() == "x " + one.type);
    CHECK(file.rows(one.type == "JSON" ? "x::varchar" : "x") == one.rows);
  }
}

TEST_CASE("a column that has only nulls keeps the type that the decoder announced") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  put(block, Schema({"x"}, 1, JETCAPTURE_NUMBER), {null()});
  const ParquetFile file(block.finished());
  CHECK(file.types() == "x DOUBLE");
  CHECK(file.rows("x") == "(None,)\n");
}

TEST_CASE("a column that has only nulls, of a kind that nobody knows, is text") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  put(block, Schema({"x", "y"}), {null(), integer(1)});
  const ParquetFile file(block.finished());
  CHECK(file.types() == "x VARCHAR, y BIGINT");
  CHECK(file.rows("x, y") == "(None, 1)\n");
  CHECK(file.by_pyarrow("table['x'].to_pylist()") == "[None]\n");
}

TEST_CASE("columns are matched by name over schemas, and later ones are null in earlier rows") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const Schema first({"a", "b"}, 1), second({"b", "c", "a"}, 2);
  put(block, first, {integer(1), words("one")});
  put(block, second, {words("two"), flag(true), integer(2)});
  put(block, first, {integer(3), null()});
  const ParquetFile file(block.finished());
  CHECK(file.types() == "a BIGINT, b VARCHAR, c BOOLEAN");
  CHECK(file.rows("*") == "(1, 'one', None)\n(2, 'two', True)\n(3, None, None)\n");
}

TEST_CASE("a repeated or empty name gets one of its own, so that no reader loses a value") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  put(block, Schema({"x", "x", "", "x_2"}), {integer(1), integer(2), integer(3), integer(4)});
  const ParquetFile file(block.finished());
  CHECK(file.types() == "x BIGINT, x_2 BIGINT, _ BIGINT, x_2_2 BIGINT");
  CHECK(file.rows("*") == "(1, 2, 3, 4)\n");
}

TEST_CASE("what Parquet can't hold is bad data, and leaves no trace in the file") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  put(block, Schema({"a"}, 1), {integer(1)});
  const Schema other({"a", "z"}, 2);
  CHECK(block.write(Row(other, {integer(2), words("\xFF")}).payload()) == JETCAPTURE_BAD_DATA);
  CHECK(writer.host.sentence() ==
        "column \"z\": its text is not UTF-8, which Parquet's texts are; the decoder has to give it as bytes; of whole "
        "messages ndjson takes it, and data=bytes where it is their data");
  CHECK(block.write(Row(other, {integer(2), json("")}).payload()) == JETCAPTURE_BAD_DATA);
  CHECK(block.write(Row(other, {integer(2), json("\"\xFF\"")}).payload()) == JETCAPTURE_BAD_DATA);
  CHECK(block.write(Row(Schema({"\xFF"}, 3), {integer(2)}).payload()) == JETCAPTURE_BAD_DATA);
  CHECK(block.write(Row(Schema(std::vector<std::string>{}, 4), {}).payload()) == JETCAPTURE_BAD_DATA);
  put(block, Schema({"a"}, 5), {integer(3)});
  const ParquetFile file(block.finished());
  CHECK(file.types() == "a BIGINT");
  CHECK(file.rows("a") == "(1,)\n(3,)\n");
}

TEST_CASE("whole messages keep subject, sequence, timestamp, headers and data") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", JETCAPTURE_PAYLOAD_MESSAGE);
  TestBlock block(writer);
  REQUIRE(block.write(Message("orders.eu", std::string_view("\xFF\x00\x01", 3), {{"B", "2"}, {"A", "1"}, {"B", "3"}})
                          .payload()) == JETCAPTURE_OK);
  REQUIRE(block.write(Message("orders.us", "{}", {{"N", "\xFF"}}).payload()) == JETCAPTURE_OK);
  REQUIRE(block.write(Message("orders.us", "").payload()) == JETCAPTURE_OK);
  const ParquetFile file(block.finished());
  CHECK(file.types() == "subject VARCHAR, stream VARCHAR, sequence UBIGINT, timestamp TIMESTAMP WITH TIME ZONE, "
                        "reply VARCHAR, headers JSON, data BLOB, header_block BLOB");
  CHECK(file.rows("subject, stream, sequence, reply, headers::varchar, data") ==
        "('orders.eu', 'ORDERS', 42, None, '[[\"B\",\"2\"],[\"A\",\"1\"],[\"B\",\"3\"]]', b'\\xff\\x00\\x01')\n"
        "('orders.us', 'ORDERS', 42, None, '{\"base64\":[[\"Tg==\",\"/w==\"]]}', b'{}')\n"
        "('orders.us', 'ORDERS', 42, None, None, b'')\n");
}

TEST_CASE("a message whose subject is not UTF-8 is refused with the writer that takes it") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", JETCAPTURE_PAYLOAD_MESSAGE);
  TestBlock block(writer);
  CHECK(block.write(Message("a.\xFF", "1").payload()) == JETCAPTURE_BAD_DATA);
  CHECK(writer.host.sentence() ==
        "column \"subject\": its text is not UTF-8, which Parquet's texts are; the decoder has to give it as bytes; of "
        "whole messages ndjson takes it, and data=bytes where it is their data");
}

TEST_CASE("the data of whole messages can be text, and what is not UTF-8 is refused then") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", JETCAPTURE_PAYLOAD_MESSAGE, {"data=text"});
  TestBlock block(writer);
  REQUIRE(block.write(Message("a", "{\"b\":1}").payload()) == JETCAPTURE_OK);
  CHECK(block.write(Message("a", "\xFF").payload()) == JETCAPTURE_BAD_DATA);
  CHECK(writer.host.sentence().starts_with("column \"data\": its text is not UTF-8"));
  const ParquetFile file(block.finished());
  CHECK(file.rows("data, data->>'b'") == "('{\"b\":1}', '1')\n");
}

TEST_CASE("the footer tells where the rows come from") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", JETCAPTURE_PAYLOAD_MESSAGE);
  TestBlock block(writer);
  Message second("a", "2");
  second.message.stream_sequence = 50;
  second.message.timestamp += 1'000'000'000;
  REQUIRE(block.write(Message("a", "1").payload()) == JETCAPTURE_OK);
  block.mark();
  REQUIRE(block.write(second.payload()) == JETCAPTURE_OK);
  block.rollback();
  second.message.stream_sequence = 45;
  REQUIRE(block.write(second.payload()) == JETCAPTURE_OK);
  const ParquetFile file(block.finished());
  CHECK(file.by_pyarrow("sorted(k.decode()[11:] + ' ' + v.decode() for k, v in metadata.metadata.items() "
                        "if k.startswith(b'jetcapture.'))") ==
        "['first_sequence 42', 'first_timestamp 2024-02-29T23:59:59.000000001Z', "
        "'interval_end 1970-01-01T00:00:00Z', 'interval_start 1970-01-01T00:00:00Z', 'key ', 'last_sequence 45', "
        "'last_timestamp 2024-03-01T00:00:00.000000001Z', 'rows 2', 'stream ']\n");
  // As parquet-java reads it: name, version, build.
  CHECK(file.by_pyarrow("__import__('re').fullmatch(r'(.*?)\\s+version\\s*(?:([^(]*?)\\s*(?:\\(\\s*build\\s*([^)]*?)"
                        "\\s*\\))?)?', metadata.created_by).groups()[:2]") == "('jetcapture', '1.0.0')\n");
}

TEST_CASE("pages are compressed as the option says, with dictionaries and statistics") {
  PARQUET_OR_SKIP();
  std::map<std::string, std::size_t> sizes;
  for (const std::string compression : {"zstd", "snappy", "gzip", "none"}) {
    TestWriter writer("parquet", record, {"compression=" + compression});
    TestBlock block(writer);
    const Schema schema({"text", "few"});
    std::vector<std::string> texts;
    for (int i = 0; i < 2000; i++)
      texts.push_back("words of a text that compresses, number " + std::to_string(i));
    for (int i = 0; i < 2000; i++)
      put(block, schema, {words(texts[static_cast<std::size_t>(i)]), words(i % 2 == 0 ? "even" : "odd")});
    const std::string bytes = block.finished();
    sizes[compression] = bytes.size();
    const ParquetFile file(bytes);
    std::string upper = compression == "none" ? "uncompressed" : compression;
    for (char &c : upper)
      c = static_cast<char>(c - 'a' + 'A');
    CHECK(file.metadata("distinct compression") == "('" + upper + "',)\n");
    CHECK(file.metadata("stats_min_value, stats_max_value, stats_null_count, encodings like '%DICTIONARY%'",
                        "path_in_schema = 'few'") == "('even', 'odd', 0, True)\n");
    CHECK(file.rows("count(*), count(distinct text)") == "(2000, 2000)\n");
  }
  CHECK(sizes["zstd"] < sizes["none"] / 2);
  CHECK(sizes["snappy"] < sizes["none"]);
  CHECK(sizes["gzip"] < sizes["none"] / 2);
}

TEST_CASE("a level that the compression does not have, and sizes that are too small, are refused with a sentence") {
  PARQUET_OR_SKIP();
  const auto refused = [](const Given &given, const std::string &sentence) {
    const TestWriter writer("parquet", record, given);
    CHECK(writer.status == JETCAPTURE_CONFIGURATION);
    CHECK(writer.host.sentence() == sentence);
  };
  refused({"compression-level=20"}, "the option compression-level is 20, but zstd has the levels 1 to 19");
  refused({"compression=gzip", "compression-level=0"},
          "the option compression-level is 0, but gzip has the levels 1 to 9");
  refused({"compression=snappy", "compression-level=1"},
          "the option compression-level is given, but compression snappy has no levels; leave it out");
  refused({"row-group-size=1000"}, "the option row-group-size is less than 64KiB; give more");
  refused({"memory=1000"}, "the option memory is less than 64KiB; give more");
  CHECK(TestWriter("parquet", record, {"compression-level=19"}).status == JETCAPTURE_OK);
}

TEST_CASE("a block without rows gives no bytes") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  CHECK(block.finished().empty());
}

TEST_CASE("a column with NaN has no least and greatest value, which readers would take at their word") {
  PARQUET_OR_SKIP();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const Schema schema({"d", "e", "i"});
  put(block, schema, {number(1), number(2), integer(3)});
  put(block, schema, {number(nan), number(2), integer(3)});
  put(block, schema, {number(1), null(), integer(3)});
  const ParquetFile file(block.finished());
  CHECK(file.rows("count(*)", "d != 1.0") == "(1,)\n");
  CHECK(file.metadata("path_in_schema, stats_min_value, stats_max_value, stats_null_count") ==
        "('d', None, None, None)\n('e', '2.0', '2.0', 1)\n('i', '3', '3', 0)\n");
}
