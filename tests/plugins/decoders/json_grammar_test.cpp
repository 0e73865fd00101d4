// What is JSON and what is not, by RFC 8259: the same ground that nst/JSONTestSuite walks, with texts of our own.
#include "plugins/decoders/decoder.hpp"

using namespace jetcapture::test;
using namespace std::string_literals;

namespace {

std::string nested(const std::string &opening, const std::string &inside, const std::string &closing, int depth) {
  std::string text;
  for (int i = 0; i < depth; i++)
    text += opening;
  text += inside;
  for (int i = 0; i < depth; i++)
    text += closing;
  return text;
}

// Each a value of its own.
const Texts good_values = {
    // arrays
    "[]", "[ ]", "[\t\n\r ]", "[[]]", "[[],[[]]]", "[\"\"]", "[null,1,\"1\",{}]", "[ 1]", "[1 ]", "[1\n,\r2]",
    "[false]", "[1,null,null,null,2]", "[1,2,3,4,5,6,7,8,9,10]", "[ [ ] , { } ]",
    // numbers
    "0", "-0", "7", "-7", "70", "0.0", "-0.0", "0e1", "0e+1", "0E-1", "1E22", "1e-2", "1E+2", "7e3", "7.25e3",
    "7.25E-3", "-7.25e+3", "123.456789", "0.4e0001", "1e0",
    "0.00000000000000000000000000000000000000000000000000000001", "-1e-05", "-123", "20e1", "123e65", "123e45",
    "12345678901234567890", "-12345678901234567890", "1e9999", "-1e9999", "1e-9999", "0.1e9999999999",
    "100000000000000000000000000000000", "-0.000000000000000000000000000000000000000000000000001",
    std::string(4000, '9'), "0." + std::string(4000, '3'), "1e" + std::string(400, '0') + "1",
    // texts
    "\"\"", "\" \"", "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0041\"", "\"\\u00e9\\u00E9\"",
    "\"\\u2028\\u2029\"", "\"\xe2\x80\xa8\xe2\x80\xa9\"", "\"\\u0000\"", "\"\\u0012\"", "\"\\uD83D\\uDE00\"",
    "\"\\ud834\\udd1e\"", "\"\xf0\x9f\x98\x80\"", "\"\xf4\x8f\xbf\xbf\"", "\"\xef\xbf\xbf\"", "\"\xef\xbb\xbf\"",
    "\"\\uFFFF\"", "\"\\uFDD0\"", "\"\\uDBFF\\uDFFE\"", "\"\\\\u0000\"", "\"\\\\\\\"\"", "\"/*x*/\"", "\"\x7f\"",
    "\"\xc2\x80\"", "\"[{,:}]\"", "\"\\u005C\\u0022\"", "\"new\xc2\xa0line\"", "\"\\u200B\"",
    "\"" + std::string(70'000, 'x') + "\"",
    // objects
    "{}", "{ }", "{\"\":0}", "{\"a\":\"b\"}", "{\"a\":1,\"a\":1}", "{\"a\":1,\"a\":2}", "{\"a\":{},\"b\":[]}",
    "{\"a\":\n1\n}", "{\"\\u0000\":1}", "{\"\\\"\":{\"\\\\\":\"\\/\"}}",
    "{\"x\":[{\"id\":\"" + std::string(100, 'x') + "\"}]}", "{\"\xd0\x9f\":\"\xd0\xb2\"}",
    // words
    "true", "false", "null",
    // halves of surrogate pairs are text by the grammar, and stand in nested values as they are
    "[\"\\ud800\"]", "[\"\\udc00\\ud800\"]", "[\"\\uD800\\n\"]", "{\"\\udead\":1}",
    // deep
    nested("[", "", "]", 500), nested("[", "1", "]", 1023), nested("{\"a\":", "1", "}", 1023)};

const Texts bad_values = {"[",
                          "]",
                          "[1",
                          "[1,",
                          "[1,]",
                          "[,1]",
                          "[1,,2]",
                          "[\"a\",]",
                          "[1 2]",
                          "[a",
                          "[\"\": 1]",
                          "[1]]",
                          "[1:2]",
                          "[x",
                          "[-]",
                          "[*]",
                          "[\"a\" \"b\"]",
                          "[1}",
                          "{]",
                          "+1",
                          "-",
                          "--1",
                          "-a",
                          "01",
                          "-01",
                          "00",
                          "0.",
                          "1.",
                          ".1",
                          "-.1",
                          "1.e1",
                          "1e",
                          "1e+",
                          "1E-",
                          "1ee2",
                          "1e2e3",
                          "1.5.2",
                          "0x1",
                          "1_000",
                          "1,000",
                          "NaN",
                          "-NaN",
                          "Infinity",
                          "-Infinity",
                          "inf",
                          "1a",
                          "1\xe5",
                          "- 1",
                          "1 000",
                          "1e 2",
                          "2.e+3",
                          "\xef\xbc\x91",
                          "-1x",
                          "0e",
                          "1+2",
                          "1-",
                          "\"",
                          "\"a",
                          "'a'",
                          "a",
                          "\"\\\"",
                          "\"\\a\"",
                          "\"\\x41\"",
                          "\"\\u\"",
                          "\"\\u1\"",
                          "\"\\u12\"",
                          "\"\\u123\"",
                          "\"\\u123g\"",
                          "\"\\U0041\"",
                          "\"\\ \"",
                          "\"\\\xf0\x9f\x98\x80\"",
                          "\"\n\"",
                          "\"\t\"",
                          "\"\x01\"",
                          "\"\0\""s,
                          "\"a\"b",
                          "\"a\"\"b\"",
                          "\\u0041",
                          "\"\xff\"",
                          "\"\xc0\x80\"",
                          "\"\xe2\x28\xa1\"",
                          "\"\xed\xa0\x80\"",
                          "\"\xf5\x80\x80\x80\"",
                          "\"\x80\"",
                          "\"\xc3\"",
                          "\"\\u00\xe9\xe9\"",
                          "{",
                          "}",
                          "{\"a\"",
                          "{\"a\":",
                          "{\"a\":1",
                          "{\"a\":1,",
                          "{\"a\":1,}",
                          "{,}",
                          "{\"a\",1}",
                          "{\"a\" 1}",
                          "{a:1}",
                          "{'a':1}",
                          "{1:1}",
                          "{null:1}",
                          "{\"a\":1,,\"b\":2}",
                          "{\"a\"::1}",
                          "{\"a\":1 \"b\":2}",
                          "{\"a\":1 2}",
                          "{\"a\":1]",
                          "{[]:1}",
                          "{\"a\":1}}",
                          "{{\"a\":1}}",
                          "{\"a\":/*x*/1}",
                          "{\"a\":1}#",
                          "tru",
                          "True",
                          "TRUE",
                          "nul",
                          "nulll",
                          "fals",
                          "truefalse",
                          "true false",
                          "undefined",
                          "// 1",
                          "1 // x",
                          "/* */ 1",
                          "\f1",
                          "\v1",
                          "\xc2\xa0"
                          "1",
                          "\xe2\x81\xa0"
                          "1",
                          "1\0"s,
                          "<.>",
                          "$",
                          "1\x1a"};

} // namespace

TEST_CASE("all that RFC 8259 calls JSON is taken, as a field, inside a field, and among white space") {
  Decoder decoder("json", {"max-fields=10"});
  for (const std::string &value : good_values) {
    for (const std::string &data : {"{\"v\":" + value + "}", " \t\r\n{ \"v\" : " + value + "\n}\n "})
      CHECK_MESSAGE(decoder.refusal(data).empty(), data.substr(0, 100), decoder.sentence());
    if (value.size() > 1000)
      continue;
    REQUIRE(decoder.decode("{\"v\":[" + value + "]}") == JETCAPTURE_OK);
    std::string minified = "[" + value + "]";
    // Nothing of these values has white space in a text but what is taken out here from between its parts.
    if (minified.find('"') == std::string::npos)
      std::erase_if(minified, [](char byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; });
    if (minified.find(' ') == std::string::npos && minified.find('\n') == std::string::npos)
      CHECK(decoder.items.front().values.front() == "json " + minified);
  }
}

TEST_CASE("nothing else is taken, wherever it stands") {
  Decoder all("json", {}), chosen("json", {"fields=/other"});
  for (const std::string &value : bad_values)
    for (const std::string &data :
         {"{\"v\":" + value + "}", "{\"v\":[" + value + "]}", "{\"v\":{\"x\":" + value + "}}"}) {
      CHECK_MESSAGE(all.refusal(data).starts_with("the data is not JSON: "), data);
      CHECK_MESSAGE(chosen.refusal(data).starts_with("the data is not JSON: "), data);
    }
}

TEST_CASE("nesting is taken down to 1,024 levels, and refused below without a crash") {
  Decoder decoder("json", {});
  for (const auto &[opening, closing] : {std::pair("[", "]"), std::pair("{\"a\":", "}")}) {
    CHECK(decoder.refusal("{\"v\":" + nested(opening, "1", closing, 1023) + "}").empty());
    CHECK(decoder.refusal("{\"v\":" + nested(opening, "1", closing, 1024) + "}").find("deeper than 1024") !=
          std::string::npos);
    CHECK_FALSE(decoder.refusal("{\"v\":" + nested(opening, "1", closing, 100'000) + "}").empty());
    CHECK_FALSE(decoder.refusal("{\"v\":" + nested(opening, "", "", 100'000)).empty());
  }
}
