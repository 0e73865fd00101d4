// Streams captured into Parquet files by the real host, read back by DuckDB and compared with what was published.
#include "capture/host.hpp"
#include "support/readers.hpp"

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
        "('id', 'BIGINT')\n('region', 'VARCHAR')\n('total', 'DOUBLE')\n('note', 'VARCHAR')\n('lines', 'JSON')\n"
        "('_sequence', 'UBIGINT')\n('_timestamp', 'TIMESTAMP WITH TIME ZONE')\n");
  CHECK(queried(host, "select count(*), count(distinct _sequence), min(id), max(id), count(note) from FILES") ==
        "(20000, 20000, 1, 20000, 16000)\n");
  CHECK(queried(host, "select count(*) from FILES where id <> _sequence or total <> id + 0.5 "
                      "or region <> (['eu', 'us', 'ap'])[id % 3 + 1] "
                      "or note is distinct from (case when id % 5 = 0 then null else 'n' || id end) "
                      "or (lines->'$[0].sku')::bigint <> id") == "(0,)\n");
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
