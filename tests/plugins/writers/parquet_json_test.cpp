// Objects and arrays in JSON, which become structs and lists in Parquet files.
#include "plugins/writers/support/hard_numbers.hpp"
#include "plugins/writers/support/parquet_file.hpp"
#include "plugins/writers/support/trees.hpp"

#include <random>

using namespace jetcapture::test;

namespace {

const char *const record = JETCAPTURE_PAYLOAD_RECORD;

// A column x with those JSON values, as one file; "" is null.
std::string file_of(TestWriter &writer, const std::vector<std::string> &values) {
  TestBlock block(writer);
  const Schema schema({"x"});
  for (const std::string &value : values)
    REQUIRE(block.write(Row(schema, {value.empty() ? null() : json(value)}).payload()) == JETCAPTURE_OK);
  return block.finished();
}

std::string file_of(const std::vector<std::string> &values) {
  TestWriter writer("parquet", record);
  return file_of(writer, values);
}

std::string type_of(const std::vector<std::string> &values) {
  return ParquetFile(file_of(values)).types().substr(2);
}

std::string object_of(std::size_t first, std::size_t count) {
  std::string object;
  for (std::size_t i = first; i < first + count; i++)
    object += (object.empty() ? "{\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
  return object + "}";
}

// A file whose columns are settled: rows of that value fill its first row group, and more.
class SettledBlock {
public:
  explicit SettledBlock(TestWriter &writer, const std::string &value) : block_(writer) {
    for (int i = 0; i < 200; i++)
      REQUIRE(write(value) == JETCAPTURE_OK);
  }
  jetcapture_status write(const std::string &value) {
    block_.mark();
    return block_.write(Row(schema_, {json(value), words(filler_)}).payload());
  }
  std::string finished() { return block_.finished(); }

private:
  const Schema schema_{{"x", "filler"}};
  const std::string filler_ = std::string(1000, 'f');
  TestBlock block_;
};

// Documents of all kinds, of few names, so that they meet.
class RandomJson {
public:
  explicit RandomJson(unsigned seed) : random_(seed) {}
  std::string object(int levels) {
    std::string text = "{";
    for (const char *name : {"a", "b", "c", "d"})
      if (below(3) != 0)
        text += (text.size() == 1 ? "\"" : ",\"") + std::string(name) + "\":" + value(levels - 1);
    return text + "}";
  }

private:
  unsigned below(unsigned end) { return static_cast<unsigned>(random_() % end); }
  std::string value(int levels) {
    switch (below(levels > 0 ? 9 : 6)) {
    case 0:
      return "null";
    case 1:
      return below(2) == 0 ? "true" : "false";
    case 2:
      return R"("a\u00e9\n\"")";
    case 3:
      return fitting_decimals[below(static_cast<unsigned>(fitting_decimals.size()))];
    case 4:
    case 5:
      return std::to_string(below(1000));
    case 6: {
      std::string text = "[";
      for (unsigned left = below(4); left > 0; left--)
        text += (text.size() == 1 ? "" : ",") + value(levels - 1);
      return text + "]";
    }
    default:
      return object(levels);
    }
  }
  std::mt19937 random_;
};

} // namespace

TEST_CASE("objects and arrays in JSON are structs and lists with typed columns, and null stays apart from empty") {
  PARQUET_OR_SKIP();
  const ParquetFile file(
      file_of({R"({"id":1,"to":{"city":"K\u00f6ln","zip":null},"lines":[{"sku":"a","n":2},null,{"n":3,"gift":true}]})",
               "", R"({"lines":[],"id":-2,"price":0.1,"big":18446744073709551615})",
               R"({"to":{"zip":"5"},"big":1,"tags":[[1],[]]})"}));
  CHECK(file.types() == "x STRUCT(id BIGINT, \"to\" STRUCT(city VARCHAR, zip VARCHAR), lines STRUCT(sku VARCHAR, n "
                        "BIGINT, gift BOOLEAN)[], price DOUBLE, big UBIGINT, tags BIGINT[][])");
  CHECK(file.rows("x.id, x.to, x.price, x.big, x.tags") ==
        "(1, {'city': 'Köln', 'zip': None}, None, None, None)\n(None, None, None, None, None)\n"
        "(-2, None, 0.1, 18446744073709551615, None)\n(None, {'city': None, 'zip': '5'}, None, 1, [[1], []])\n");
  CHECK(file.rows("x.lines") == "([{'sku': 'a', 'n': 2, 'gift': None}, None, {'sku': None, 'n': 3, 'gift': True}],)\n"
                                "(None,)\n([],)\n(None,)\n");
  CHECK(file.by_pyarrow("table['x'].is_null().to_pylist(), table['x'].to_pylist()[2]['big']") ==
        "[False, True, False, False] 18446744073709551615\n");
}

TEST_CASE("JSON stays text with nested=json, and in columns that the decoder says are JSON") {
  PARQUET_OR_SKIP();
  const std::vector<std::string> values = {R"({"a":1.10})", R"([1E+2,{}])"};
  const std::string rows = "('{\"a\":1.10}',)\n('[1E+2,{}]',)\n";
  TestWriter writer("parquet", record, {"nested=json"});
  const ParquetFile file(file_of(writer, values));
  CHECK(file.types() == "x JSON");
  CHECK(file.rows("x") == rows);

  TestWriter other("parquet", record);
  TestBlock block(other);
  const Schema schema({"x"}, 1, JETCAPTURE_JSON);
  for (const std::string &value : values)
    REQUIRE(block.write(Row(schema, {json(value)}).payload()) == JETCAPTURE_OK);
  const ParquetFile announced(block.finished());
  CHECK(announced.types() == "x JSON");
  CHECK(announced.rows("x") == rows);
}

TEST_CASE("what is of several kinds inside of JSON is text there and only there, digit by digit") {
  PARQUET_OR_SKIP();
  const ParquetFile file(file_of({R"({"id":1,"v":{"w":1.10},"list":[1,"a",true,null,{"b":1E+2}]})",
                                  R"({"id":2,"v":1.50,"list":[]})", R"({"id":3,"v":"t\n","list":[[]]})"}));
  CHECK(file.types() == "x STRUCT(id BIGINT, v VARCHAR, list VARCHAR[])");
  CHECK(file.rows("x.id, x.v, x.list") == "(1, '{\"w\":1.10}', ['1', 'a', 'true', None, '{\"b\":1E+2}'])\n"
                                          "(2, '1.50', [])\n(3, 't\\n', ['[]'])\n");
  CHECK(type_of({R"({"a":[1]})", R"({"a":{"b":1}})"}) == "STRUCT(a JSON)");
  CHECK(type_of({R"({"a":[1]})", R"([1])"}) == "JSON");
  CHECK(type_of({R"({"a":1,"b":0.5})", R"({"a":0.5,"b":12345678901234567890123})"}) ==
        "STRUCT(a DOUBLE, b DECIMAL(38,1))");
  CHECK(type_of({R"({"a":1e400})", R"({"a":1})"}) == "STRUCT(a VARCHAR)");
}

TEST_CASE("objects that are maps rather than rows are JSON, and so is what a struct can't hold") {
  PARQUET_OR_SKIP();
  CHECK(type_of({"{\"id\":1,\"map\":" + object_of(0, 5000) + "}"}) == "STRUCT(id BIGINT, \"map\" JSON)");
  std::vector<std::string> growing;
  for (std::size_t i = 0; i < 300; i++)
    growing.push_back("{\"id\":1,\"map\":" + object_of(i, 1) + "}");
  CHECK(type_of(growing) == "STRUCT(id BIGINT, \"map\" JSON)");
  CHECK(type_of({object_of(0, 200)}).substr(0, 10) == "STRUCT(k0 ");
  CHECK(type_of({object_of(0, 201)}) == "JSON");
  std::string wide;
  for (std::size_t i = 0; i < 11; i++)
    wide += (wide.empty() ? "{\"k" : ",\"k") + std::to_string(i) + "\":" + object_of(0, 100);
  CHECK(type_of({wide + "}"}) == "JSON");

  CHECK(type_of({"{}"}) == "JSON");
  CHECK(type_of({R"({"a":{},"b":1})"}) == "STRUCT(a JSON, b BIGINT)");
  const ParquetFile twice(file_of({R"({"a":{"b":1,"b":2.0},"c":1})"}));
  CHECK(twice.types() == "x STRUCT(a JSON, c BIGINT)");
  CHECK(twice.rows("x.a") == "('{\"b\":1,\"b\":2.0}',)\n");
  const ParquetFile odd(file_of({R"({"":1,"A":2,"a":3,"half\ud800":"\ud800"})"}));
  CHECK(odd.by_pyarrow("table['x'].to_pylist()") == R"([{'_': 1, 'A': 2, 'a': 3, 'half\\ud800': '"\\ud800"'}])"
                                                    "\n");
}

TEST_CASE("JSON nests as deep as columns may, and below that it is text") {
  PARQUET_OR_SKIP();
  for (const std::size_t levels : {JETCAPTURE_MOST_NESTING - 1, 500}) {
    const std::size_t brackets = static_cast<std::size_t>(std::min<std::size_t>(levels, JETCAPTURE_MOST_NESTING - 1));
    const ParquetFile file(file_of({std::string(levels, '[') + "7" + std::string(levels, ']')}));
    const std::string inner = levels == brackets ? "7"
                                                 : "'" + std::string(levels - brackets, '[') + "7" +
                                                       std::string(levels - brackets, ']') + "'";
    CHECK(file.by_pyarrow("table['x'].to_pylist()[0]") ==
          std::string(brackets, '[') + inner + std::string(brackets, ']') + "\n");
  }
}

TEST_CASE("a row group has fixed structs, and what does not fit them begins a new file with the wider ones") {
  PARQUET_OR_SKIP();
  FakeMemory memory;
  TestWriter writer("parquet", record, {"row-group-size=65536"}, &memory);
  const std::string first = R"({"a":1,"b":{"c":[1]},"n":null})";
  SettledBlock block(writer, first);
  CHECK(block.write(R"({"new":null,"b":{"c":[],"d":null},"n":"a text"})") == JETCAPTURE_OK);
  const std::vector<std::string> refused = {
      R"({"later":1})", R"({"a":"text"})",  R"({"a":0.5})", R"({"a":{}})", R"({"b":{"c":[{}]}})",   R"({"b":{"d":1}})",
      R"([1])",         R"({"a":1,"a":1})", "null",         "5",           R"({"b":{"c":[1,0.5]}})"};
  for (const std::string &value : refused) {
    CAPTURE(value);
    CHECK(block.write(value) == JETCAPTURE_NEXT_BLOCK);
  }
  CHECK(block.write(first) == JETCAPTURE_OK);
  const ParquetFile file(block.finished());
  CHECK(file.rows("count(*), count(x.a), sum(x.b.c[1]), any_value(x.n)") == "(202, 201, 201, 'a text')\n");

  const ParquetFile next(file_of(writer, {R"({"later":[true],"a":0.5,"b":{"c":[-1]}})"}));
  CHECK(next.types() == "x STRUCT(a DOUBLE, b STRUCT(c BIGINT[]), n VARCHAR, later BOOLEAN[])");
  CHECK(memory.text == R"({"columns": [
["filler","text"],
["x","struct",["a","number"],["b","struct",["c","list",["item","integer"]]],["n","text"],["later","list",["item","flag"]]]
]}
)");
  TestWriter restarted("parquet", record, {}, &memory);
  CHECK(ParquetFile(file_of(restarted, {"", R"({"a":7})"})).types() == next.types());
  CHECK(ParquetFile(file_of(restarted, {"", ""})).types() == next.types());
  TestWriter as_text("parquet", record, {"nested=json"}, &memory);
  CHECK(ParquetFile(file_of(as_text, {R"({"a":7})"})).types() == "x VARCHAR");
  TestWriter again("parquet", record, {}, &memory);
  CHECK(ParquetFile(file_of(again, {R"({"a":7})"})).types() == "x VARCHAR");
}

TEST_CASE("a file whose first row group has only nulls takes the structs that the capture knows") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record, {"row-group-size=65536"});
  CHECK(ParquetFile(file_of(writer, {R"({"a":1})"})).types() == "x STRUCT(a BIGINT)");
  TestBlock block(writer);
  const Schema schema({"x", "filler"});
  const std::string filler(1000, 'f');
  for (int i = 0; i < 200; i++) {
    block.mark();
    REQUIRE(block.write(Row(schema, {i < 150 ? null() : json(R"({"a":5})"), words(filler)}).payload()) ==
            JETCAPTURE_OK);
  }
  CHECK(ParquetFile(block.finished()).rows("count(*), sum(x.a)") == "(200, 250)\n");
}

TEST_CASE("JSON that is no object and no array, or no JSON at all, stays as it is beside structs and alone") {
  PARQUET_OR_SKIP();
  CHECK(type_of({"5", "true"}) == "JSON");
  CHECK(type_of({R"({"a":1})", "5"}) == "JSON");
  const ParquetFile file(file_of({R"({"a":1})", "{broken"}));
  CHECK(file.by_pyarrow("table['x'].to_pylist()") == "['{\"a\":1}', '{broken']\n");
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const Schema schema({"x"});
  REQUIRE(block.write(Row(schema, {json(R"({"a":1})")}).payload()) == JETCAPTURE_OK);
  REQUIRE(block.write(Row(schema, {integer(5)}).payload()) == JETCAPTURE_OK);
  CHECK(ParquetFile(block.finished()).rows("x") == "('{\"a\":1}',)\n('5',)\n");
}

TEST_CASE("hard numbers nested in JSON come out of structs and lists digit by digit, by DuckDB and pyarrow") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const Schema schema({"digits", "x"});
  const std::vector<std::string> beyond = {"1e400", "5e-324", "123456789012345678901234567890123456789", "1e38"};
  for (const std::string &digits : fitting_decimals)
    REQUIRE(block.write(Row(schema, {words(digits), json("{\"d\":" + digits + ",\"l\":[{\"d\":" + digits + "}]}")})
                            .payload()) == JETCAPTURE_OK);
  for (const std::string &digits : beyond)
    REQUIRE(block.write(
                Row(schema, {words(digits), json("{\"t\":" + digits + ",\"m\":[" + digits + ",\"\"]}")}).payload()) ==
            JETCAPTURE_OK);
  const ParquetFile file(block.finished());
  CHECK(file.types() ==
        "digits VARCHAR, x STRUCT(d DECIMAL(38,11), l STRUCT(d DECIMAL(38,11))[], t VARCHAR, m VARCHAR[])");
  const std::string wrong = "[r for r in rows for v in r[1:] if v is not None and Decimal(v) != Decimal(r[0])]";
  CHECK(file.by_pyarrow("(lambda Decimal, rows: (len(rows), " + wrong +
                        "))(__import__('decimal').Decimal, [(r['digits'], x['d'], x['l'] and x['l'][0]['d'], x['t'], "
                        "x['m'] and x['m'][0]) for r in table.to_pylist() for x in [r['x']]])") ==
        "(" + std::to_string(fitting_decimals.size() + beyond.size()) + ", [])\n");
  CHECK(file.rows("count(*), count(*) filter (x.d is distinct from x.l[1].d), count(*) filter (x.t <> x.m[1]), "
                  "count(*) filter (x.t <> digits), min(x.d), max(x.d)") ==
        "(" + std::to_string(fitting_decimals.size() + beyond.size()) +
            ", 0, 0, 0, Decimal('-123456789012345678901234567.89000000000'), "
            "Decimal('123456789012345678901234567.00000000000'))\n");
}

TEST_CASE("any documents come out of their types with the values that they have, whatever the mixture") {
  PARQUET_OR_SKIP();
  for (unsigned seed = 0; seed < 20; seed++) {
    CAPTURE(seed);
    RandomJson random(seed);
    TestWriter writer("parquet", record);
    TestBlock block(writer);
    const Schema schema({"source", "x"});
    for (unsigned i = 0; i < 5 + seed * 5; i++) {
      const std::string source = random.object(static_cast<int>(seed % 5));
      REQUIRE(block.write(Row(schema, {words(source), json(source)}).payload()) == JETCAPTURE_OK);
    }
    const ParquetFile file(block.finished());
    CHECK(file.by_pyarrow(R"((lambda json, D: (lambda same: [r for r in table.to_pylist() if not same(
  same, json.loads(r['source'], parse_float=D, parse_int=D), r['x'])])(lambda same, s, g:
    g is None if s is None else
    (s == {} or all(same(same, s.get(k), g[k]) for k in g) and set(k for k in s if s[k] is not None) <= set(g))
      if isinstance(s, dict) and isinstance(g, dict) else
    len(s) == len(g) and all(same(same, a, b) for a, b in zip(s, g)) if isinstance(s, list) and isinstance(g, list) else
    s == (g if isinstance(s, str) else json.loads(g, parse_float=D, parse_int=D)) if isinstance(g, str) else
    D(repr(g) if isinstance(g, float) else g) == s if isinstance(s, D) else s is g)
)(__import__('json'), __import__('decimal').Decimal))") == "[]\n");
  }
}

TEST_CASE("sparse structs are written in row groups of fewer rows, so that their nulls do not fill the memory") {
  PARQUET_OR_SKIP();
  TestWriter writer("parquet", record);
  TestBlock block(writer);
  const Schema schema({"n", "x"});
  constexpr std::int64_t rows = 100'000;
  for (std::int64_t i = 0; i < rows; i++) {
    const std::string object = object_of(static_cast<std::size_t>(i % 200), 1);
    REQUIRE(block.write(Row(schema, {integer(i), json(object)}).payload()) == JETCAPTURE_OK);
  }
  const ParquetFile file(block.finished());
  CHECK(file.metadata("count(distinct row_group_id) > 1") == "(True,)\n");
  CHECK(file.rows("count(*), count(distinct n), count(x.k0), sum(x.k199), sum(x.k7)") ==
        "(100000, 100000, 500, 99500, 3500)\n");
}
