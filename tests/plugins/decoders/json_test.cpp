#include "plugins/decoders/decoder.hpp"

#include <random>

using namespace jetcapture::test;

namespace {

bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("all top-level fields become columns in the order in which they first came") {
  Decoder decoder("json", {});
  CHECK(decoder.values(R"({"b":1,"a":"x"})") == Texts{"integer 1", "text x"});
  CHECK(decoder.items.front().columns == Texts{"b", "a"});
  const std::uint64_t first = decoder.items.front().revision;
  CHECK(decoder.values(R"({"a":"y","b":2})") == Texts{"integer 2", "text y"});
  CHECK(decoder.items.front().revision == first);
  CHECK(decoder.values(R"({"c":true,"a":null})") == Texts{"null", "null", "flag true"});
  CHECK(decoder.items.front().columns == Texts{"b", "a", "c"});
  CHECK(decoder.items.front().revision != first);
  CHECK(decoder.values("{}") == Texts{"null", "null", "null"});
}

TEST_CASE("each kind of value is told apart") {
  Decoder decoder("json", {});
  CHECK(
      decoder.values(
          R"({"a":-9223372036854775808,"b":18446744073709551615,"c":1.5,"d":1e2,"e":false,"f":{"x":[1,2.50]},"g":[],"h":"\u00e4\n\u0000"})") ==
      Texts{"integer -9223372036854775808", "unsigned 18446744073709551615", "number 1.5", "number 100.0", "flag false",
            "json {\"x\":[1,2.5]}", "json []", std::string("text \xc3\xa4\n\0", 9)});
}

TEST_CASE("chosen fields have names, pointers and types") {
  Decoder decoder("json",
                  {"fields=id=/id:integer,/customer/region:text,first=/items/0,odd=/a~1b~0c,whole=/customer:json"});
  REQUIRE(decoder.created() == JETCAPTURE_OK);
  CHECK(decoder.values(R"({"id":5,"customer":{"region":"eu"},"items":["x"],"a/b~c":true,"more":1})") ==
        Texts{"integer 5", "text eu", "text x", "flag true", "json {\"region\":\"eu\"}"});
  CHECK(decoder.items.front().columns == Texts{"id", "region", "first", "odd", "whole"});
}

TEST_CASE("a missing field is null, or refuses the message") {
  Decoder lenient("json", {"fields=/a,/b/c"});
  CHECK(lenient.values(R"({"b":1})") == Texts{"null", "null"});
  Decoder strict("json", {"fields=/a,/b/c", "missing=refuse"});
  CHECK(has(strict.refusal(R"({"a":1,"b":{}})"), "field /b/c is not there"));
  CHECK(strict.refusal(R"({"a":1,"b":{"c":null}})").empty());
}

TEST_CASE("a value of another type refuses the message and says what was found, or is null") {
  struct Case {
    const char *type;
    const char *value;
  };
  for (const Case &one :
       {Case{"text", "1"}, Case{"integer", "\"1\""}, Case{"integer", "1.0"}, Case{"integer", "9223372036854775808"},
        Case{"unsigned", "-1"}, Case{"number", "\"1\""}, Case{"flag", "0"}, Case{"timestamp", "\"yesterday\""},
        Case{"timestamp", "\"2026-02-29T00:00:00Z\""}, Case{"timestamp", "5"}, Case{"text", "[1]"}}) {
    const std::string data = std::string("{\"a\":") + one.value + "}";
    Decoder strict("json", {std::string("fields=/a:") + one.type});
    CHECK_MESSAGE(has(strict.refusal(data), "field /a: expected"), one.type, " ", one.value);
    Decoder lenient("json", {std::string("fields=/a:") + one.type, "mismatch=null"});
    CHECK(lenient.values(data) == Texts{"null"});
  }
}

TEST_CASE("typed values are what they say") {
  Decoder decoder("json", {"fields=/i:integer,/u:unsigned,/n:number,/f:flag,/t:timestamp"});
  CHECK(
      decoder.values(R"({"i":-5,"u":18446744073709551615,"n":3,"f":true,"t":"2026-11-24T13:00:00.25+01:00"})") ==
      Texts{"integer -5", "unsigned 18446744073709551615", "number 3.0", "flag true", "timestamp 1795521600250000000"});
}

TEST_CASE("what is not a JSON object is refused with the reason") {
  Decoder decoder("json", {});
  for (const char *data : {"",
                           " ",
                           "[]",
                           "1",
                           "\"x\"",
                           "null",
                           "{",
                           "{\"a\":1,}",
                           "{\"a\":1} x",
                           "{\"a\":1}{}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":01}",
                           "{\"a\":[1,}]}",
                           "{\"a\":tru}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":{\"b\":[1,2}}",
                           "{\"a\":123456789012345678901234567890}",
                           "{\"a\":1e999}",
                           "{\"a\":\"\xff\"}",
                           "{\"\xc3\x28\":1}",
                           "\xef\xbb\xbf{"})
    CHECK_MESSAGE(!decoder.refusal(data).empty(), data);
}

TEST_CASE("malformed JSON is refused also where no chosen field lies") {
  Decoder decoder("json", {"fields=/a"});
  CHECK_FALSE(decoder.refusal(R"({"a":1,"b":[1,}]})").empty());
  CHECK_FALSE(decoder.refusal(R"({"a":1,"b":"\q"})").empty());
  CHECK_FALSE(decoder.refusal(R"({"a":1}])").empty());
}

TEST_CASE("of a name that comes twice, the first counts") {
  Decoder all("json", {});
  CHECK(all.values(R"({"a":1,"a":2})") == Texts{"integer 1"});
  Decoder chosen("json", {"fields=/a"});
  CHECK(chosen.values(R"({"a":1,"a":2})") == Texts{"integer 1"});
}

TEST_CASE("deep nesting does not end the process") {
  Decoder decoder("json", {});
  CHECK_FALSE(decoder.refusal("{\"a\":" + std::string(5000, '[') + std::string(5000, ']') + "}").empty());
  CHECK(decoder.refusal("{\"a\":" + std::string(500, '[') + std::string(500, ']') + "}").empty());
}

TEST_CASE("a flood of names is refused at max-fields, and others go on") {
  Decoder decoder("json", {"max-fields=10"});
  std::string flood = "{";
  for (int i = 0; i < 20; i++)
    flood += (i == 0 ? "\"n" : ",\"n") + std::to_string(i) + "\":1";
  CHECK(has(decoder.refusal(flood + "}"), "max-fields"));
  CHECK(decoder.refusal(R"({"n0":1,"n9":2})").empty());
  CHECK(has(decoder.refusal(R"({"other":1})"), "max-fields"));
}

TEST_CASE("the key is one field or more, as text, numbers and flags as JSON") {
  Decoder decoder("json", {"key=field:/region,field:/n,field:/deep/x,token:2"});
  REQUIRE(decoder.decode(R"({"region":"eu","n":5,"deep":{"x":{"y":1}}})") == JETCAPTURE_OK);
  CHECK(decoder.items.front().key == Texts{"eu", "5", "{\"y\":1}", "eu"});
  REQUIRE(decoder.decode(R"({"region":null})") == JETCAPTURE_OK);
  CHECK(decoder.items.front().key == Texts{"(null)", "(null)", "(null)", "eu"});
  Decoder strict("json", {"key=field:/region", "key-missing=refuse"});
  CHECK(has(strict.refusal(R"({"region":null})"), "field:/region"));
}

TEST_CASE("columns of the message itself stand behind the others") {
  Decoder all("json", {"meta=sequence,subject,timestamp,stream"});
  CHECK(all.values(R"({"a":1})") == Texts{"integer 1", "unsigned 7", "text orders.eu.new", "timestamp 99", "text S"});
  CHECK(all.items.front().columns == Texts{"a", "_sequence", "_subject", "_timestamp", "_stream"});
  CHECK(all.values(R"({"b":2})") ==
        Texts{"null", "unsigned 7", "text orders.eu.new", "timestamp 99", "text S", "integer 2"});
  Decoder chosen("json", {"fields=/a", "meta=sequence"});
  CHECK(chosen.values(R"({"a":1})") == Texts{"integer 1", "unsigned 7"});
}

TEST_CASE("wrong options are refused with what would be right") {
  for (const Texts &options :
       {Texts{"fields=id"}, Texts{"fields=id/x"}, Texts{"fields=/a:float"}, Texts{"fields=/a,a=/b"},
        Texts{"fields=x=/a~2"}, Texts{"meta=nothing"}, Texts{"max-fields=0"}, Texts{"key=field:region"}}) {
    const Decoder decoder("json", options);
    CHECK_MESSAGE(decoder.created() == JETCAPTURE_CONFIGURATION, options.front());
    CHECK_FALSE(decoder.sentence().empty());
  }
}

TEST_CASE("random damage never crashes the decoder, and it agrees with another parser about what is an object") {
  std::mt19937 random(20261123);
  const std::string good =
      R"({"id":17,"region":"eu","tags":["a","b\u00e9"],"n":-1.5e3,"deep":{"x":null,"y":[true,false]}})";
  Decoder decoder("json", {});
  Decoder chosen("json", {"fields=/id,/deep/x,/tags/1", "max-fields=100000"});
  int refused = 0;
  for (int i = 0; i < 20000; i++) {
    std::string data = good;
    for (auto damage = random() % 3; damage > 0; damage--) {
      const std::size_t at = random() % data.size();
      switch (random() % 3) {
      case 0:
        data[at] = static_cast<char>(random());
        break;
      case 1:
        data.erase(at, 1 + random() % 4);
        break;
      default:
        data.insert(at, 1, "{}[]\",:0e-\\"[random() % 11]);
      }
      if (data.empty())
        break;
    }
    const bool taken = decoder.refusal(data).empty() || decoder.sentence().find("max-fields") != std::string::npos;
    const bool taken_chosen = chosen.refusal(data).empty();
    const auto other = nlohmann::json::parse(data, nullptr, false);
    // simdjson refuses integers past 64 bits, which the other one turns into doubles.
    if (other.is_object() && !taken)
      CHECK_MESSAGE(has(decoder.sentence(), "umber"), data, decoder.sentence());
    else
      CHECK_MESSAGE(other.is_object() == taken, data);
    CHECK(taken == taken_chosen);
    refused += taken ? 0 : 1;
  }
  CHECK(refused > 1000);
}
