#include "plugins/decoders/decoder.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>

using namespace jetcapture::test;

namespace {

bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

// A number's digits without zeros at its ends, and the power of ten of the first one.
std::pair<std::string, long> taken_apart(std::string number) {
  long power = 0;
  if (const std::size_t e = number.find('e'); e != std::string::npos) {
    power = std::atol(number.c_str() + e + 1);
    number.resize(e);
  }
  number.erase(0, number.starts_with('-') ? 1 : 0);
  const std::size_t point = std::min(number.find('.'), number.size());
  power += static_cast<long>(point) - 1;
  if (point < number.size())
    number.erase(point, 1);
  const std::size_t first = std::min(number.find_first_not_of('0'), number.size());
  power -= static_cast<long>(first);
  number.erase(0, first);
  number.erase(number.find_last_not_of('0') + 1);
  return {number, number.empty() ? 0 : power};
}

bool same_number(const std::string &one, const std::string &other) {
  return taken_apart(one) == taken_apart(other);
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
            "json {\"x\":[1,2.50]}", "json []", std::string("text \xc3\xa4\n\0", 9)});
}

TEST_CASE("a number that neither 64 bits nor a double hold exactly is a decimal with its digits as they stand") {
  Decoder decoder("json", {});
  const auto kind_of = [&](const std::string &number) { return decoder.values("{\"a\":" + number + "}").front(); };
  for (const char *number : {"0.1234567890123456789", "12345678901234567.89", "12345678901234567890123456789", "1e400",
                             "-1E400", "1e-400", "18446744073709551617", "-9223372036854775809", "123456789012345678e3",
                             "0.30000000000000001", "9007199254740993.0", "17153807136301.5e6", "4.9e-324",
                             "1e999999999999999999999", "0.1000000000000000055511151231257827"})
    CHECK(kind_of(number) == "decimal " + std::string(number));
  for (const auto &[number, value] : std::initializer_list<std::pair<const char *, const char *>>{
           {"1.10", "number 1.1"},
           {"0.1", "number 0.1"},
           {"1e2", "number 100.0"},
           {"0.30000000000000004", "number 0.30000000000000004"},
           {"1.7976931348623157e308", "number 1.7976931348623157e+308"},
           {"5e-324", "number 5e-324"},
           {"100000000000000000000", "number 1e+20"},
           {"0e999999", "number 0.0"},
           {"-0.0", "number -0.0"},
           {"123456789.000000000000000000000", "number 123456789.0"},
           {"1e22", "number 1e+22"},
           {"-0", "integer 0"},
           {"9223372036854775807", "integer 9223372036854775807"},
           {"-9223372036854775808", "integer -9223372036854775808"},
           {"18446744073709551615", "unsigned 18446744073709551615"}})
    CHECK(kind_of(number) == value);
}

TEST_CASE("which numbers are decimals agrees with printing each double, for random digits") {
  std::mt19937_64 random(20261127);
  Decoder decoder("json", {});
  for (int i = 0; i < 20'000; i++) {
    std::string number = random() % 2 == 0 ? "-" : "";
    number += static_cast<char>('1' + random() % 9);
    for (auto digits = random() % 19; digits > 0; digits--)
      number += static_cast<char>('0' + random() % 10);
    number += ".5";
    if (random() % 2 == 0)
      number += "e" + std::to_string(static_cast<int>(random() % 640) - 330);
    const std::string value = decoder.values("{\"a\":" + number + "}").front();
    // A writer prints a double like this.
    const double nearest = std::strtod(number.c_str(), nullptr);
    char shortest[40];
    *std::to_chars(shortest, shortest + sizeof shortest - 1, nearest).ptr = '\0';
    CHECK_MESSAGE(value.starts_with("number ") == (std::isfinite(nearest) && same_number(number, shortest)), number);
  }
}

TEST_CASE("nested JSON keeps its numbers and escapes as they stand, and all of a repeated name") {
  Decoder decoder("json", {"fields=/a,/b"});
  CHECK(decoder.values(
            R"({"a": { "x" : [ 1.10 , 1E+2, 1e400, 12345678901234567890123 ] , "y\u00e9" : "\u00e9\n \ud800" } ,
      "b":{"n":1,"n":2.0}})") ==
        Texts{R"(json {"x":[1.10,1E+2,1e400,12345678901234567890123],"y\u00e9":"\u00e9\n \ud800"})",
              R"(json {"n":1,"n":2.0})"});
}

TEST_CASE("half of a surrogate pair is refused where it would have to be UTF-8, and only there") {
  Decoder all("json", {});
  CHECK(has(all.refusal(R"({"a":"\ud800"})"), "field a: half of a surrogate pair"));
  CHECK(has(all.refusal(R"({"\udc00":1})"), "surrogate"));
  CHECK(all.values(R"({"a":"\ud83d\ude00"})") == Texts{"text \xF0\x9F\x98\x80"});
  Decoder chosen("json", {"fields=/b"});
  CHECK(chosen.values(R"({"a":"\ud800","b":1})") == Texts{"integer 1"});
}

TEST_CASE("decimals and dates are types of their own") {
  Decoder decoder("json", {"fields=/price:decimal,/n:decimal,/day:date,/j:json"});
  CHECK(decoder.values(R"({"price":1.10,"n":5,"day":"2026-11-27","j":1.10})") ==
        Texts{"decimal 1.10", "decimal 5", "date 20784", "json 1.10"});
  CHECK(decoder.values(R"({"day":"0001-01-01"})")[2] == "date -719162");
  CHECK(decoder.values(R"({"day":"9999-12-31"})")[2] == "date 2932896");
  for (const char *day : {"0000-12-31", "2026-02-29", "2026-11-27T00:00:00Z", "26-11-27", "2026-11-31", "10000-01-01"})
    CHECK_MESSAGE(has(decoder.refusal(std::string(R"({"day":")") + day + "\"}"), "from year 0001 to 9999"), day);
}

TEST_CASE("a time with a leap second or outside of what nanoseconds hold is refused, with the range") {
  Decoder decoder("json", {"fields=/t:timestamp"});
  for (const char *time : {"2016-12-31T23:59:60Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
                           "2262-04-12T00:00:00Z", "1677-09-20T00:00:00Z", "0000-01-01T00:00:00Z"}) {
    const std::string sentence = decoder.refusal(std::string(R"({"t":")") + time + "\"}");
    CHECK_MESSAGE(has(sentence, "from 1677-09-21 to 2262-04-11, with seconds up to 59"), time);
  }
  CHECK(decoder.values(R"({"t":"2262-04-11T23:47:15Z"})") == Texts{"timestamp 9223372035000000000"});
}

TEST_CASE("schemas of two instances have revisions of their own") {
  Decoder one("json", {}), other("json", {});
  one.values(R"({"a":1})");
  other.values(R"({"b":1})");
  const std::uint64_t first = one.items.front().revision;
  CHECK(first != other.items.front().revision);
  one.values(R"({"a":2})");
  CHECK(one.items.front().revision == first);
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
                           "{\"a\":1e}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":-}",
                           "{\"a\":+1}",
                           "{\"a\":1\"b\"}",
                           "{\"a\":truex}",
                           "{\"a\":\"x\"y}",
                           "{\"a\" \"b\"}",
                           "{\"a\":1 2}",
                           "{\"a\":[1 2]}",
                           "{\"a\":[,1]}",
                           "{,\"a\":1}",
                           "{\"a\":1:2}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":\"\\u12g4\"}",
                           "{\"a\":\"\\",
                           "{\"a\":1}\f",
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
#ifdef JETCAPTURE_FEWER
  constexpr int texts = 3'000;
#else
  constexpr int texts = 20'000;
#endif
  std::mt19937 random(20261123);
  const std::string good =
      R"({"id":17,"region":"eu","tags":["a","b\u00e9"],"n":-1.5e3,"deep":{"x":null,"y":[true,false]}})";
  Decoder decoder("json", {});
  Decoder chosen("json", {"fields=/id,/deep/x,/tags/1", "max-fields=100000"});
  int refused = 0;
  for (int i = 0; i < texts; i++) {
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
    // Of halves of surrogate pairs it depends on whether they have to be UTF-8.
    if ((!taken && has(decoder.sentence(), "surrogate")) || (!taken_chosen && has(chosen.sentence(), "surrogate")))
      continue;
    CHECK(taken == taken_chosen);
    // The other one refuses them everywhere, and numbers outside of a double's range.
    if (other.is_object() || !taken)
      CHECK_MESSAGE(other.is_object() == taken, data);
    else
      CHECK_MESSAGE((has(data, "e") || has(data, "E") || has(data, "\\u")), data);
    refused += taken ? 0 : 1;
  }
  CHECK(refused > texts / 20);
}
