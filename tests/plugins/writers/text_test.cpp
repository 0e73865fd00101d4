#include "jetcapture/plugin.hpp"
#include "text/base64.hpp"
#include "text/json.hpp"
#include "text/numbers.hpp"
#include "text/scratch.hpp"
#include "text/timestamp.hpp"
#include "text/unescape.hpp"
#include "text/utf8.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <limits>
#include <random>

using namespace jetcapture;
using namespace jetcapture::plugins;

namespace {

std::string time_text(std::int64_t nanoseconds) {
  char place[longest_timestamp];
  return {place, format_timestamp(place, nanoseconds)};
}

template <class Number>
std::string number_text(Number number) {
  char place[longest_number];
  return {place, format(place, number)};
}

std::string json_text(std::string_view text) {
  Scratch scratch;
  REQUIRE(put_json_string(scratch.out(), text));
  return std::string(scratch.text());
}

std::string base64_text(std::string_view bytes) {
  Scratch scratch;
  scratch.out().put("");
  put_base64(scratch.out(), bytes);
  return std::string(scratch.text());
}

} // namespace

TEST_CASE("timestamps are RFC 3339 in UTC, without zeros at the end of the fraction") {
  CHECK(time_text(0) == "1970-01-01T00:00:00Z");
  CHECK(time_text(1'709'251'199'000'000'001) == "2024-02-29T23:59:59.000000001Z");
  CHECK(time_text(1'709'251'199'120'000'000) == "2024-02-29T23:59:59.12Z");
  CHECK(time_text(-1) == "1969-12-31T23:59:59.999999999Z");
  CHECK(time_text(std::numeric_limits<std::int64_t>::max()) == "2262-04-11T23:47:16.854775807Z");
  CHECK(time_text(std::numeric_limits<std::int64_t>::min()) == "1677-09-21T00:12:43.145224192Z");
}

TEST_CASE("doubles are the shortest text that reads back as the same") {
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(5.0) == "5");
  CHECK(number_text(-0.0) == "-0");
  CHECK(number_text(std::numeric_limits<double>::quiet_NaN()) == "NaN");
  CHECK(number_text(-std::numeric_limits<double>::infinity()) == "-Infinity");
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; i++) {
    const double number = std::bit_cast<double>(random());
    if (std::isfinite(number))
      CHECK(std::strtod(number_text(number).c_str(), nullptr) == number);
  }
  CHECK(number_text(-std::numeric_limits<double>::denorm_min()).size() <= longest_number);
  CHECK(number_text(-2.2250738585072014e-308).size() <= longest_number);
}

TEST_CASE("integers are exact up to their ends") {
  CHECK(number_text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(number_text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("a JSON string of any text at any length and position of an escape reads back the same") {
  std::mt19937 random(2);
  for (std::size_t size = 0; size < 70; size++) {
    for (std::size_t at = 0; at <= size; at++) {
      std::string text(size, 'x');
      if (at < size)
        text[at] = static_cast<char>(random() % 0x80);
      CHECK(nlohmann::json::parse(json_text(text)) == text);
    }
  }
  std::string all;
  for (int byte = 0; byte < 0x80; byte++)
    all += static_cast<char>(byte);
  for (int repeat = 0; repeat < 11; repeat++)
    all += all;
  CHECK(nlohmann::json::parse(json_text(all + "ä€😀")) == all + "ä€😀");
}

TEST_CASE("a JSON string of what is not UTF-8 is refused, wherever the wrong byte stands") {
  for (const char *const wrong : {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    for (std::size_t before = 0; before < 20; before++) {
      Scratch scratch;
      CHECK_FALSE(put_json_string(scratch.out(), std::string(before, 'x') + wrong + "x"));
    }
  }
}

TEST_CASE("base64 is that of RFC 4648 with padding, also across pieces") {
  CHECK(base64_text("") == "");
  CHECK(base64_text("f") == "Zg==");
  CHECK(base64_text("fo") == "Zm8=");
  CHECK(base64_text("foo") == "Zm9v");
  CHECK(base64_text("foobar") == "Zm9vYmFy");
  CHECK(base64_text("\xFB\xFF\xFE") == "+//+");
  CHECK(base64_text(std::string(200'000, 'a')).size() == 266'668);
  CHECK(base64_text(std::string(200'000, 'a')).find('=') == 266'667);
}

TEST_CASE("escapes in an option stand for bytes, and unknown ones are refused") {
  CHECK(unescape("\\n\\r\\t\\0\\\\\\x1E,") == std::string("\n\r\t\0\\\x1e,", 7));
  for (const char *const wrong : {"\\", "\\q", "\\x", "\\x1", "\\xzz"})
    CHECK_FALSE(unescape(wrong));
}
