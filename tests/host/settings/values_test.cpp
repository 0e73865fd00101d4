#include "settings/values.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <vector>

using namespace jetcapture::host;
using namespace std::chrono_literals;

TEST_CASE("durations are read as users write them") {
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("15m") == 15min);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("2d") == 48h);
  CHECK(parse_duration("1d2h3m4s5ms6us7ns") == 26h + 3min + 4s + 5ms + 6us + 7ns);
  CHECK(parse_duration("0") == 0ns);
  CHECK(parse_duration("0s") == 0ns);
  CHECK(parse_duration("15M") == 15min);
  CHECK(parse_duration("106751d") == 24h * 106751);
}

TEST_CASE("what is no duration is refused") {
  for (const char *text : {"", "15", "15x", "m", "-1s", "+1s", " 1s", "1s ", "1 s", "1.5h", "30m1h", "5m5m", "1h 30m",
                           "00", "99999999999999999999s", "106752d", "9223372036854775808ns", "1e3s", "１s"})
    CHECK_MESSAGE(!parse_duration(text), text);
  CHECK(parse_duration("9223372036854775807ns")->count() == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("durations are written without parts that are zero") {
  CHECK(format_duration(90min) == "1h30m");
  CHECK(format_duration(250ms) == "250ms");
  CHECK(format_duration(24h) == "1d");
  CHECK(format_duration(0ns) == "0");
  CHECK(format_duration(1h + 1ns) == "1h1ns");
}

TEST_CASE("every duration that is written is read back as the same (seeded)") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 20000; round++) {
    const auto nanoseconds = static_cast<std::int64_t>((random() >> 1) >> (random() % 63));
    const std::chrono::nanoseconds duration(nanoseconds);
    const std::string text = format_duration(duration);
    CAPTURE(text);
    REQUIRE(parse_duration(text) == duration);
  }
}

TEST_CASE("sizes are read as users write them") {
  CHECK(parse_size("1048576") == 1048576);
  CHECK(parse_size("64KiB") == 65536);
  CHECK(parse_size("64K") == 65536);
  CHECK(parse_size("64k") == 65536);
  CHECK(parse_size("10MB") == 10'000'000);
  CHECK(parse_size("10 MB") == 10'000'000);
  CHECK(parse_size("10mib") == 10u << 20);
  CHECK(parse_size("1.5GiB") == 3ull << 29);
  CHECK(parse_size("0.1MB") == 100'000);
  CHECK(parse_size("0.29KB") == 290);
  CHECK(parse_size("2TB") == 2'000'000'000'000);
  CHECK(parse_size("1G") == 1u << 30);
  CHECK(parse_size("12B") == 12);
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("8191PiB") == 8191ull << 50);
  CHECK(parse_size("9223372036854775807") == 9223372036854775807ull);
}

TEST_CASE("what is no size is refused") {
  for (const char *text : {"", "MB", "-1", "+1", "1.5", "1.MB", ".5MB", "10XB", "10MBs", " 1", "1 ", "0x10", "8192PiB",
                           "8PiBB", "1  MB", "9223372036854775808", "99999999999999999999", "1e6", "1,000"})
    CHECK_MESSAGE(!parse_size(text), text);
}

TEST_CASE("sizes are written as short as they can be") {
  CHECK(format_size(64ull << 20) == "64MiB");
  CHECK(format_size(10'000'000) == "10MB");
  CHECK(format_size(0) == "0");
  CHECK(format_size(1023) == "1023");
  CHECK(format_size(1ull << 50) == "1PiB");
}

TEST_CASE("every size that is written is read back as the same (seeded)") {
  std::mt19937_64 random(12);
  for (int round = 0; round < 20000; round++) {
    std::uint64_t bytes = (random() >> 1) >> (random() % 63);
    if (round % 2 == 0)
      bytes = (bytes >> 40) * (round % 4 == 0 ? 1024 : 1000);
    const std::string text = format_size(bytes);
    CAPTURE(text);
    REQUIRE(parse_size(text) == bytes);
  }
}

TEST_CASE("random text is a value or none, and never a crash (seeded)") {
  std::mt19937 random(13);
  constexpr std::string_view alphabet = "0123456789.dhmsunKMGTPiBb -+e";
  for (int round = 0; round < 50000; round++) {
    std::string text(random() % 12, ' ');
    for (char &c : text)
      c = alphabet[random() % alphabet.size()];
    CAPTURE(text);
    if (const auto duration = parse_duration(text))
      REQUIRE(parse_duration(format_duration(*duration)) == duration);
    if (const auto size = parse_size(text))
      REQUIRE(parse_size(format_size(*size)) == size);
    static_cast<void>(parse_integer(text));
    static_cast<void>(parse_number(text));
  }
}

TEST_CASE("flags are read in all their spellings") {
  for (const char *text : {"true", "yes", "on", "1", "TRUE", "Yes"})
    CHECK_MESSAGE(parse_flag(text) == true, text);
  for (const char *text : {"false", "no", "off", "0", "False"})
    CHECK_MESSAGE(parse_flag(text) == false, text);
  for (const char *text : {"", "y", "2", "enabled", " true"})
    CHECK_MESSAGE(!parse_flag(text), text);
}

TEST_CASE("numbers are read whole or not at all") {
  CHECK(parse_integer("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK_FALSE(parse_integer("9223372036854775808"));
  CHECK_FALSE(parse_integer("1.0"));
  CHECK_FALSE(parse_integer("1 "));
  CHECK_FALSE(parse_integer(""));
  CHECK(parse_number("-1.5e3") == -1500.0);
  CHECK_FALSE(parse_number("inf"));
  CHECK_FALSE(parse_number("nan"));
  CHECK_FALSE(parse_number("1e999"));
  CHECK_FALSE(parse_number("1.5x"));
}

TEST_CASE("the nearest name is the one that was meant, or none") {
  const std::vector<std::string> names = {"json", "message", "fixed_width", "filter-subject"};
  CHECK(nearest("jsn", names) == "json");
  CHECK(nearest("josn", names) == "json");
  CHECK(nearest("JSON", names) == "json");
  CHECK(nearest("mesage", names) == "message");
  CHECK(nearest("fixedwidth", names) == "fixed_width");
  CHECK(nearest("filter", names) == "filter-subject");
  CHECK(nearest("fi", names) == "");
  CHECK(nearest("protobuf", names) == "");
  CHECK(nearest("", names) == "");
  CHECK(nearest("csv", {}) == "");
  CHECK(nearest("x", std::vector<std::string>{"y"}) == "");
}
