// What a CSV file looks like: fields, quotes, nulls.
#include "plugins/writers/support/payloads.hpp"
#include "plugins/writers/support/writer.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <limits>
#include <random>

#include <unistd.h>

using namespace jetcapture::test;

namespace {

const char *const record = JETCAPTURE_PAYLOAD_RECORD;
const char *const message = JETCAPTURE_PAYLOAD_MESSAGE;

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; i++)
    all.push_back("c" + std::to_string(i));
  return all;
}

// The one row of these values, without its header and line end.
std::string row(const std::vector<jetcapture_value> &values, const Given &given = {}) {
  Given options = given;
  options.push_back("header=false");
  TestWriter writer("csv", record, options);
  REQUIRE_MESSAGE(writer.status == JETCAPTURE_OK, writer.host.sentence());
  TestBlock block(writer);
  const Schema schema(names(values.size()));
  REQUIRE(block.write(Row(schema, values).payload()) == JETCAPTURE_OK);
  std::string line = block.finished();
  REQUIRE(line.ends_with('\n'));
  line.pop_back();
  return line;
}

std::string refused(const Given &given, const char *payload = record) {
  TestWriter writer("csv", payload, given);
  CHECK(writer.status == JETCAPTURE_CONFIGURATION);
  return writer.host.sentence();
}

// As Python's csv module reads it.
nlohmann::json read_by_python(const std::string &csv, const std::string &arguments) {
  char path[] = "/tmp/jetcapture-csv-XXXXXX";
  const int file = ::mkstemp(path);
  REQUIRE(file >= 0);
  ::close(file);
  std::ofstream(path, std::ios::binary) << csv;
  const std::string command = std::string(JETCAPTURE_PYTHON) +
                              " -c \"import csv,json,sys;csv.field_size_limit(1<<30);"
                              "json.dump(list(csv.reader(open('" +
                              path + "',newline='',encoding='utf-8')," + arguments + ")),sys.stdout)\"";
  std::FILE *const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string answer;
  char buffer[4096];
  for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    answer.append(buffer, got);
  CHECK(::pclose(pipe) == 0);
  ::unlink(path);
  return nlohmann::json::parse(answer);
}

} // namespace

TEST_CASE("each kind of value has its stated form") {
  CHECK(row({flag(true), flag(false)}) == "true,false");
  CHECK(row({integer(std::numeric_limits<std::int64_t>::min()), natural(std::numeric_limits<std::uint64_t>::max())}) ==
        "-9223372036854775808,18446744073709551615");
  CHECK(row({number(0.1), number(1e300), number(5)}) == "0.1,1e+300,5");
  CHECK(row({number(std::numeric_limits<double>::quiet_NaN()), number(-std::numeric_limits<double>::infinity())}) ==
        "NaN,-Infinity");
  CHECK(row({timestamp(1'709'251'199'120'000'000)}) == "2024-02-29T23:59:59.12Z");
  CHECK(row({blob("\xFF\x01")}) == "/wE=");
}

TEST_CASE("a null and an empty text stay different") {
  CHECK(row({null(), words(""), null()}) == ",\"\",");
  CHECK(row({null(), words(""), words("\\N")}, {"null=\\N"}) == "\\N,\"\",\"\\N\"");
}

TEST_CASE("no value of any kind looks like a null") {
  CHECK(row({null(), integer(0), words("0")}, {"null=0"}) == "0,\"0\",\"0\"");
  CHECK(row({null(), flag(true)}, {"null=true"}) == "true,\"true\"");
  CHECK(row({null(), number(std::numeric_limits<double>::quiet_NaN())}, {"null=NaN"}) == "NaN,\"NaN\"");
  CHECK(row({null(), blob("foo")}, {"null=Zm9v"}) == "Zm9v,\"Zm9v\"");
  CHECK(row({null(), blob("")}) == ",\"\"");
  CHECK(row({null(), json("null")}, {"null=null"}) == "null,\"null\"");
}

TEST_CASE("a row is never an empty line, which readers skip") {
  CHECK(row({null()}) == "\"\"");
  CHECK(row({words("")}) == "\"\"");
  CHECK(row({null()}, {"null=NULL"}) == "NULL");
}

TEST_CASE("only texts that need it are quoted") {
  CHECK(row({words("a b"), words("a,b"), words("say \"hi\""), words("two\nlines"), words("cr\r"), json("{\"a\":1}")}) ==
        "a b,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"cr\r\",\"{\"\"a\"\":1}\"");
  CHECK(row({words("a,b"), words("a;b")}, {"delimiter=;"}) == "a,b;\"a;b\"");
}

TEST_CASE("a text is quoted, and known not to be UTF-8, wherever in it the byte is that tells") {
  TestWriter writer("csv", record);
  const Schema schema({"a", "b"});
  for (const std::size_t size : {1u, 7u, 8u, 63u, 64u, 65u, 150u})
    for (std::size_t place = 0; place < size; place++) {
      const auto with = [&](char byte) {
        std::string text(size, 'a');
        text[place] = byte;
        return text;
      };
      for (const char special : {',', '\n', '\r'})
        REQUIRE(row({words(with(special)), words("b")}) == '"' + with(special) + "\",b");
      for (const char plain : {';', '+', '-', '!', '#', '\t', '\x7f'})
        REQUIRE(row({words(with(plain)), words("b")}) == with(plain) + ",b");
      TestBlock block(writer);
      REQUIRE(block.write(Row(schema, {words(with('\xe4')), words("b")}).payload()) == JETCAPTURE_BAD_DATA);
    }
}

TEST_CASE("quote=all quotes all but nulls, nonnumeric all but nulls and numbers") {
  const std::vector<jetcapture_value> values = {words("a"),   integer(1), number(0.5), flag(true),
                                                timestamp(0), blob("f"),  null()};
  CHECK(row(values, {"quote=all"}) == "\"a\",\"1\",\"0.5\",\"true\",\"1970-01-01T00:00:00Z\",\"Zg==\",");
  CHECK(row(values, {"quote=nonnumeric"}) == "\"a\",1,0.5,\"true\",\"1970-01-01T00:00:00Z\",\"Zg==\",");
}

TEST_CASE("formulas are escaped only in texts and only when asked for") {
  CHECK(row({words("=1+1")}) == "=1+1");
  const Given escape = {"formulas=escape"};
  for (const char *const start : {"=", "+", "-", "@"})
    CHECK(row({words(std::string_view(start))}, escape) == std::string("'") + start);
  CHECK(row({words("\tx")}, escape) == "'\tx");
  CHECK(row({words("\rx")}, escape) == "\"'\rx\"");
  CHECK(row({words("=\"a\"")}, escape) == "\"'=\"\"a\"\"\"");
  CHECK(row({integer(-1), number(-0.5), words("a=b"), json("-1")}, escape) == "-1,-0.5,a=b,-1");
}

TEST_CASE("rows end with LF, or with CRLF when asked for") {
  const Schema schema({"a"});
  for (const auto &[given, expected] :
       {std::pair<Given, std::string>{{}, "a\n1\n"}, {{"line-end=crlf"}, "a\r\n1\r\n"}}) {
    TestWriter writer("csv", record, given);
    TestBlock block(writer);
    REQUIRE(block.write(Row(schema, {integer(1)}).payload()) == JETCAPTURE_OK);
    CHECK(block.finished() == expected);
  }
}

TEST_CASE("a delimiter may be named or escaped, and one that can't be told from values is refused") {
  CHECK(row({integer(1), integer(2)}, {"delimiter=tab"}) == "1\t2");
  CHECK(row({integer(1), words("a\tb")}, {"delimiter=\\t"}) == "1\t\"a\tb\"");
  CHECK(row({integer(1), integer(2)}, {"delimiter=\\x1f"}) == "1\x1f"
                                                              "2");
  for (const char *const wrong :
       {"delimiter=", "delimiter=ab", "delimiter=\"", "delimiter=\\n", "delimiter=1", "delimiter=e", "delimiter=-",
        "delimiter=.", "delimiter=:", "delimiter=\xE4", "delimiter=\\q"})
    CHECK(refused({wrong}).find("delimiter") != std::string::npos);
}

TEST_CASE("a text for null that would not be one plain field is refused") {
  for (const char *const wrong : {"null=a,b", "null=\"", "null=\n"})
    CHECK(refused({wrong}).find("null") != std::string::npos);
}

TEST_CASE("a text that is not UTF-8 is bad data, and the block goes on") {
  TestWriter writer("csv", record);
  TestBlock block(writer);
  const Schema schema({"a", "b"});
  CHECK(block.write(Row(schema, {words("ok"), words("\xFF")}).payload()) == JETCAPTURE_BAD_DATA);
  CHECK(writer.host.sentence().find("UTF-8") != std::string::npos);
  CHECK(block.write(Row(schema, {words("ä€😀"), integer(1)}).payload()) == JETCAPTURE_OK);
  CHECK(block.finished() == "a,b\nä€😀,1\n");
}

TEST_CASE("a value of an unknown kind and a wrong count of values are bad data") {
  TestWriter writer("csv", record);
  TestBlock block(writer);
  const Schema schema({"a", "b"});
  CHECK(block.write(Row(schema, {integer(1), integer(1, 99)}).payload()) == JETCAPTURE_BAD_DATA);
  CHECK(block.write(Row(schema, {integer(1)}).payload()) == JETCAPTURE_BAD_DATA);
  CHECK(block.finished().empty());
}

TEST_CASE("Python's csv module reads any text as it was written") {
  std::mt19937 random(3);
  const std::vector<std::string> pieces = {"\"", ",",   "\n", "\r", "\r\n", ";", " ",        "'",
                                           "a",  "äöü", "😀",  "\t", "\\",   "=", "xxxxxxxxx"};
  for (const Given &given :
       std::vector<Given>{{}, {"quote=all"}, {"line-end=crlf"}, {"delimiter=;", "quote=nonnumeric"}}) {
    TestWriter writer("csv", record, given);
    TestBlock block(writer, Room::stingy);
    const Schema schema(names(3));
    nlohmann::json expected = {names(3)};
    for (int i = 0; i < 500; i++) {
      std::vector<std::string> texts(3);
      for (std::string &text : texts)
        for (auto count = random() % 12; count > 0; count--)
          text += pieces[random() % pieces.size()];
      REQUIRE(block.write(Row(schema, {words(texts[0]), words(texts[1]), words(texts[2])}).payload()) == JETCAPTURE_OK);
      expected.push_back(texts);
    }
    CHECK(read_by_python(block.finished(),
                         given == Given{"delimiter=;", "quote=nonnumeric"} ? "delimiter=';'" : "delimiter=','") ==
          expected);
  }
}

TEST_CASE("a whole message is a row of fixed columns") {
  TestWriter writer("csv", message);
  TestBlock block(writer);
  const Message plain("a.b", "hello, \"you\"");
  const Message with_headers("a.b", "", {{"X", "1"}, {"X", "2"}});
  const Message binary("a.b", "\xFF\xFE", {{"X", "\xFF"}});
  for (const Message *one : {&plain, &with_headers, &binary})
    REQUIRE(block.write(one->payload()) == JETCAPTURE_OK);
  const std::string head = "a.b,42,2024-02-29T23:59:59.000000001Z,";
  CHECK(block.finished() == "subject,sequence,timestamp,headers,data,data_encoding\n" + head +
                                ",\"hello, \"\"you\"\"\",text\n" + head +
                                "\"[[\"\"X\"\",\"\"1\"\"],[\"\"X\"\",\"\"2\"\"]]\",\"\",text\n" + head +
                                "\"{\"\"base64\"\":[[\"\"WA==\"\",\"\"/w==\"\"]]}\",//4=,base64\n");
}

TEST_CASE("columns of a whole message can be chosen, and unknown ones are refused at the start") {
  TestWriter writer("csv", message, {"columns=data,subject"});
  TestBlock block(writer);
  REQUIRE(block.write(Message("s", "d").payload()) == JETCAPTURE_OK);
  CHECK(block.finished() == "data,subject\nd,s\n");
  CHECK(refused({"columns=subject,payload"}, message).find("\"payload\"") != std::string::npos);
}
