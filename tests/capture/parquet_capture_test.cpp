// Streams captured into Parquet files by the real host, read back by DuckDB and compared with what was published.
#include "capture/host.hpp"
#include "plugins/writers/support/hard_numbers.hpp"
#include "support/readers.hpp"

#include <cstdio>

#include <doctest/doctest.h>

using namespace jetcapture::test;

namespace {

bool missing() {
  if (skipped_without("duckdb"))
    return true;
  if (std::filesystem::exists(std::string(JETCAPTURE_PLUGINS) + "/parquet.so"))
    return false;
  std::printf("skipped: it needs the writer parquet, which was not built\n");
  return true;
}

// The tuples that the query gives, one a line; it says FILES for all Parquet files of the host.
std::string queried(const Host &host, const std::string &query) {
  return printed_by_python("import sys, duckdb\n"
                           "files = \"read_parquet('\" + sys.argv[1] + \"/**/*.parquet', union_by_name = true)\"\n"
                           "query = '''" +
                               query +
                               "'''.replace('FILES', files)\n"
                               "print(*duckdb.sql(query).fetchall(), sep='\\n')\n",
                           host.root());
}

// How many rows all Parquet files of the host have together, and how many x that are not null, as each reader says it
// without any option.
std::string read_together(const Host &host) {
  return printed_by_python("import sys, duckdb, polars, pyarrow.dataset as ds\n"
                           "root = sys.argv[1]\n"
                           "print(*duckdb.sql(f\"select count(*), count(x), count(distinct x) from "
                           "'{root}/**/*.parquet'\").fetchone()[:2])\n"
                           "table = ds.dataset(root, format='parquet').to_table()\n"
                           "print(table.num_rows, table.num_rows - table['x'].null_count)\n"
                           "table = polars.scan_parquet(root + '/**/*.parquet').collect()\n"
                           "print(table.height, table['x'].count())\n",
                           host.root());
}

Message order(std::size_t i) {
  const char *regions[] = {"eu", "us", "ap"};
  const std::string region = regions[i % 3];
  const std::string id = std::to_string(i);
  return {"orders." + region, R"({"id":)" + id + R"(,"region":")" + region + R"(","total":)" + id + R"(.5,"note":)" +
                                  (i % 5 == 0 ? "null" : "\"n" + id + "\"") + R"(,"lines":[{"sku":)" + id + "}]}"};
}

} // namespace

TEST_CASE("JSON objects become typed Parquet files by region, each message once, and the stream is acked") {
  if (missing())
    return;
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(20'000, order);
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once", "--decoder-opt", "key=field:/region", "--decoder-opt",
                    "meta=sequence,timestamp", "--writer-opt", "row-group-size=256KiB"},
                   {"json", "parquet", "file"}) == 0);
  for (const std::string &file : host.files())
    CHECK(file.ends_with(".parquet"));
  CHECK(host.files().size() >= 3);
  CHECK(queried(host, "select column_name, column_type from (describe select * from FILES)") ==
        "('id', 'BIGINT')\n('region', 'VARCHAR')\n('total', 'DOUBLE')\n('note', 'VARCHAR')\n('lines', 'STRUCT(sku "
        "BIGINT)[]')\n"
        "('_sequence', 'UBIGINT')\n('_timestamp', 'TIMESTAMP WITH TIME ZONE')\n");
  CHECK(queried(host, "select count(*), count(distinct _sequence), min(id), max(id), count(note) from FILES") ==
        "(20000, 20000, 1, 20000, 16000)\n");
  CHECK(queried(host, "select count(*) from FILES where id <> _sequence or total <> id + 0.5 "
                      "or region <> (['eu', 'us', 'ap'])[id % 3 + 1] "
                      "or note is distinct from (case when id % 5 = 0 then null else 'n' || id end) "
                      "or lines[1].sku <> id") == "(0,)\n");
  const auto info = client.consumer("S", "C");
  CHECK(info["num_pending"] == 0);
  CHECK(info["num_ack_pending"] == 0);
}

TEST_CASE("a field that changes its type and fields that come later begin new Parquet files, and nothing is lost") {
  if (missing())
    return;
  constexpr int count = 6000;
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  const std::string filler(300, 'x');
  client.publish(count, [&](std::size_t i) {
    const std::string id = std::to_string(i);
    const std::string value = i < 2000 ? id : i < 4000 ? "\"" + id + "\"" : R"({"v":)" + id + "}";
    const std::string later = i % 1000 < 500 ? "" : R"(,"later)" + std::to_string(i / 2000) + "\":" + id;
    return Message{"s.a", R"({"id":)" + id + R"(,"filler":")" + filler + R"(","value":)" + value + later + "}"};
  });
  Host host(server);
  REQUIRE(host.run(
              {"--create-consumer", "--once", "--decoder-opt", "meta=sequence", "--writer-opt", "row-group-size=65536"},
              {"json", "parquet", "file"}) == 0);
  CHECK(host.files().size() > 1);
  CHECK(host.lines_with("reason=writer").size() > 0);
  CHECK(queried(host, "select count(*), count(distinct _sequence), max(_sequence), count(value), count(later0) + "
                      "count(later1) + count(later2) from FILES") == "(6000, 6000, 6000, 6000, 3000)\n");
  CHECK(queried(host, "select count(*) from FILES where id <> _sequence or "
                      "regexp_replace(value::varchar, '[^0-9]', '', 'g')::bigint <> id") == "(0,)\n");
  CHECK(client.consumer("S", "C")["num_ack_pending"] == 0);
}

TEST_CASE("whole messages become Parquet files, and what has text that is none goes to the quarantine, whole") {
  if (missing())
    return;
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(100, order);
  client.publish_exactly("orders.eu", "NATS/1.0\r\nA: 1\r\n\r\n", "\xff");
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once", "--writer-opt", "data=text", "--writer-opt", "compression=snappy"},
                   {"message", "parquet", "file"}) == 0);
  CHECK(queried(host, "select count(*), count(distinct sequence), max(sequence) from FILES") == "(100, 100, 100)\n");
  std::size_t quarantined = 0;
  for (const std::string &file : host.files())
    if (file.starts_with("_quarantine/")) {
      quarantined++;
      CHECK(file.ends_with(".quarantine"));
      CHECK(read_file(host.root() + "/" + file).find("\"/w==\"") != std::string::npos);
    }
  CHECK(quarantined == 1);
  CHECK(client.consumer("S", "C")["num_ack_pending"] == 0);
}

TEST_CASE("the host's compression together with the writer parquet is refused before the first pull") {
  if (missing())
    return;
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  Host host(server);
  CHECK(host.run({"--create-consumer", "--compression", "zstd"}, {"json", "parquet", "file"}) == 2);
  CHECK(host.lines_with("the writer parquet compresses its output itself: leave out --compression").size() == 1);
}

TEST_CASE("a column that is null, then integers, then text, is read as one over files, also after each restart") {
  if (missing() || skipped_without("polars") || skipped_without("pyarrow"))
    return;
  for (const bool restarts : {true, false}) {
    Server server;
    Client client(server.url());
    client.make_stream("S", {"s.>"});
    Host host(server);
    const std::vector<std::string> values = {"null", "5", R"("five")", R"({"v":5})", "0.5"};
    for (std::size_t run = 0; run < values.size(); run++) {
      client.publish(100, [&](std::size_t i) {
        return Message{"s.a", R"({"id":)" + std::to_string(i) + R"(,"x":)" + (i % 2 == 0 ? "null" : values[run]) + "}"};
      });
      if (restarts || run + 1 == values.size())
        REQUIRE(host.run({"--create-consumer", "--once", "--max-messages", "100"}, {"json", "parquet", "file"}) == 0);
    }
    CHECK(host.files().size() == values.size());
    CHECK(read_together(host) == "500 200\n500 200\n500 200\n");
    CHECK(queried(host, "select x, count(*) from FILES where x is not null group by x order by x") ==
          "('0.5', 50)\n('5', 50)\n('five', 50)\n('{\"v\":5}', 50)\n");
    CHECK(client.consumer("S", "C")["num_ack_pending"] == 0);
  }
}

TEST_CASE("nested JSON in files of many keys is read as one set by DuckDB, pyarrow and polars, and grows by columns") {
  if (missing() || skipped_without("polars") || skipped_without("pyarrow"))
    return;
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  Host host(server);
  const auto publish = [&](const std::string &more) {
    client.publish(200, [&](std::size_t i) {
      const std::string id = std::to_string(i);
      return Message{"s.k" + std::to_string(i % 4), R"({"id":)" + id + R"(,"x":{"n":)" + id +
                                                        R"(,"price":1.10,"lines":[{"sku":"s)" + id + R"("}])" + more +
                                                        "}}"};
    });
    REQUIRE(host.run({"--create-consumer", "--once"}, {"json", "parquet", "file"}) == 0);
  };
  publish("");
  publish("");
  CHECK(host.files().size() == 8);
  CHECK(read_together(host) == "400 400\n400 400\n400 400\n");
  publish(R"(,"later":{"deep":[true]})");
  CHECK(queried(host, "select column_type from (describe select x from FILES)") ==
        "('STRUCT(n BIGINT, price DOUBLE, lines STRUCT(sku VARCHAR)[], later STRUCT(deep BOOLEAN[]))',)\n");
  CHECK(
      queried(
          host,
          "select count(*), count(x.later.deep), sum(x.n), round(sum(x.price), 6), count(*) filter (x.lines[1].sku <> "
          "'s' || id) from FILES") == "(600, 200, 60300, 660.0, 0)\n");
  CHECK(
      printed_by_python("import sys, glob, polars, pyarrow as pa, pyarrow.dataset as ds, pyarrow.parquet as pq\n"
                        "root = sys.argv[1]\n"
                        "files = glob.glob(root + '/**/*.parquet', recursive=True)\n"
                        "schema = pa.unify_schemas([pq.read_schema(f) for f in files], promote_options='permissive')\n"
                        "table = ds.dataset(root, format='parquet', schema=schema).to_table()\n"
                        "print(table.num_rows, sum(x['later'] is not None for x in table['x'].to_pylist()))\n"
                        "newest = polars.read_parquet_schema(max(files, key=lambda f: "
                        "pq.read_schema(f).field('x').type.num_fields))\n"
                        "table = polars.scan_parquet(root + '/**/*.parquet', schema=newest,\n"
                        "    cast_options=polars.ScanCastOptions(missing_struct_fields='insert')).collect()\n"
                        "print(table.height, table['x'].struct.field('later').count())\n",
                        host.root()) == "600 200\n600 200\n");
}

#ifdef JETCAPTURE_PROTOS
TEST_CASE("nested protobuf messages are lists and structs that DuckDB unnests") {
  if (missing())
    return;
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  // A shop.Order with the id i, a customer (5) and i % 3 lines (6), as it is on the wire.
  client.publish(1000, [](std::size_t i) {
    const std::string id = {'\x08', static_cast<char>((i & 0x7F) | 0x80), static_cast<char>(i >> 7)};
    std::string data = id + std::string("\x2a\x07\x0a\x03"
                                        "Ada"
                                        "\x18\x24",
                                        9);
    for (std::size_t line = 0; line < i % 3; line++)
      data += std::string("\x32\x05\x0a\x01", 4) + static_cast<char>('a' + line) + "\x10\x02";
    return Message{"orders.new", data};
  });
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once", "--decoder-opt", "descriptors=" JETCAPTURE_PROTOS "/orders.pb",
                    "--decoder-opt", "message=shop.Order", "--decoder-opt", "nested=structs", "--decoder-opt",
                    "fields=/id,/customer,/lines", "--writer-opt", "row-group-size=65536"},
                   {"protobuf", "parquet", "file"}) == 0);
  CHECK(queried(host, "select column_name, column_type from (describe select * from FILES)") ==
        "('id', 'BIGINT')\n('customer', 'STRUCT(\"name\" VARCHAR, region VARCHAR, age BIGINT)')\n"
        "('lines', 'STRUCT(sku VARCHAR, quantity UBIGINT)[]')\n");
  CHECK(queried(host, "select count(*), count(distinct id), min(customer.age), max(customer.name) from FILES "
                      "where len(lines) = id % 3") == "(1000, 1000, 36, 'Ada')\n");
  CHECK(queried(host, "select line.sku, count(*), sum(line.quantity) from (select unnest(lines) as line from FILES) "
                      "group by 1 order by 1") == "('a', 667, 1334)\n('b', 333, 666)\n");
  CHECK(client.consumer("S", "C")["num_ack_pending"] == 0);
}
#endif

TEST_CASE("hard numbers in JSON come out of Parquet files digit by digit, in decimal columns and in text") {
  if (missing() || skipped_without("pyarrow"))
    return;
  const std::vector<std::string> beyond = {"1e400",
                                           "-1e400",
                                           "1e-400",
                                           "5e-324",
                                           "1.7976931348623157e308",
                                           "123456789012345678901234567890123456789",
                                           "0.1e-50",
                                           "0.30000000000000004440892098500626161694526672363281",
                                           "1e38",
                                           "99999999999999999999999999999999999999.9"};
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(fitting_decimals.size() + beyond.size(), [&](std::size_t i) {
    const bool fits = i <= fitting_decimals.size();
    const std::string &digits = fits ? fitting_decimals[i - 1] : beyond[i - 1 - fitting_decimals.size()];
    return Message{fits ? "s.fits" : "s.beyond", R"({"digits":")" + digits + R"(",")" + (fits ? "d" : "t") + R"(":)" +
                                                     digits + R"(,"mixed":)" + digits + "}"};
  });
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once", "--decoder-opt", "key=none"}, {"json", "parquet", "file"}) == 0);
  const std::string compared = printed_by_python(
      "import sys, glob, duckdb, pyarrow.parquet as pq\n"
      "from decimal import Decimal\n"
      "files = glob.glob(sys.argv[1] + '/**/*.parquet', recursive=True)\n"
      "rows = [(r['digits'], r['d'], r['t'], r['mixed']) for f in files for r in pq.read_table(f).to_pylist()]\n"
      "rows += duckdb.sql(f\"select digits, d, t, mixed from '{sys.argv[1]}/**/*.parquet'\").fetchall()\n"
      "wrong = [r for r in rows for v in r[1:] if v is not None and Decimal(v) != Decimal(r[0])]\n"
      "schema = pq.read_schema(files[0])\n"
      "print(len(files), len(rows), schema.field('d').type, schema.field('t').type, schema.field('mixed').type, "
      "*wrong)\n",
      host.root());
  CHECK(compared ==
        "1 " + std::to_string(2 * (fitting_decimals.size() + beyond.size())) + " decimal128(38, 11) string string\n");
}
