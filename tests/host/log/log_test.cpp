#include "log/line.hpp"
#include "log/log.hpp"
#include "log/time_text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <random>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace jetcapture::host;
using namespace std::chrono_literals;

namespace {

struct Pipe {
  std::array<int, 2> ends{};
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    close_writer();
    ::close(ends[0]);
  }
  Pipe(const Pipe &) = delete;
  Pipe &operator=(const Pipe &) = delete;

  void close_writer() {
    if (ends[1] >= 0)
      ::close(ends[1]);
    ends[1] = -1;
  }
  std::string read_all() {
    close_writer();
    std::string all;
    std::array<char, 4096> part;
    for (ssize_t got; (got = ::read(ends[0], part.data(), part.size())) > 0;)
      all.append(part.data(), static_cast<std::size_t>(got));
    return all;
  }
};

constexpr auto moment = std::chrono::system_clock::time_point(1795460400123ms); // 2026-11-23T19:00:00.123Z

std::string line(LogFormat format, std::string_view message, std::initializer_list<Field> fields = {}) {
  std::string out;
  append_line(out, format, moment, Level::info, message, std::span<const Field>(fields.begin(), fields.size()));
  return out;
}

std::string text_of(std::string_view value) {
  const std::string whole = line(LogFormat::text, "m", {{"v", value}});
  const std::string before = "time=2026-11-23T19:00:00.123Z level=info msg=m v=";
  REQUIRE(whole.starts_with(before));
  REQUIRE(whole.ends_with("\n"));
  return whole.substr(before.size(), whole.size() - before.size() - 1);
}

// '#' in the shape is any digit.
bool has_shape(std::string_view text, std::string_view shape) {
  return std::equal(text.begin(), text.end(), shape.begin(), shape.end(),
                    [](char c, char wanted) { return wanted == '#' ? c >= '0' && c <= '9' : c == wanted; });
}

} // namespace

TEST_CASE("a text line has the time in UTC with milliseconds, the level, the message and the fields in order") {
  CHECK(line(LogFormat::text, "block stored",
             {{"name", "eu/2026"}, {"messages", 120}, {"ratio", 0.25}, {"whole", true}, {"took", 1500ms}}) ==
        "time=2026-11-23T19:00:00.123Z level=info msg=\"block stored\" name=eu/2026 messages=120 ratio=0.25 whole=true "
        "took=1.5\n");
}

TEST_CASE("a JSON line has the same as members with their types") {
  const auto json = nlohmann::json::parse(
      line(LogFormat::json, "block stored",
           {{"name", "a\"b"}, {"count", std::numeric_limits<std::uint64_t>::max()}, {"delta", -3}, {"whole", false}}));
  CHECK(json["time"] == "2026-11-23T19:00:00.123Z");
  CHECK(json["level"] == "info");
  CHECK(json["msg"] == "block stored");
  CHECK(json["name"] == "a\"b");
  CHECK(json["count"] == std::numeric_limits<std::uint64_t>::max());
  CHECK(json["delta"] == -3);
  CHECK(json["whole"] == false);
}

TEST_CASE("times before 1970 and at a full second keep three digits") {
  std::string out;
  append_line(out, LogFormat::text, std::chrono::system_clock::time_point(-1ms), Level::warn, "m", {});
  append_line(out, LogFormat::text, std::chrono::system_clock::time_point(0ms), Level::error, "m", {});
  CHECK(out == "time=1969-12-31T23:59:59.999Z level=warn msg=m\ntime=1970-01-01T00:00:00.000Z level=error msg=m\n");
}

TEST_CASE("text values are quoted only where they need it") {
  CHECK(text_of("plain/value-1.csv") == "plain/value-1.csv");
  CHECK(text_of("größe") == "größe");
  CHECK(text_of("") == "\"\"");
  CHECK(text_of("two words") == "\"two words\"");
  CHECK(text_of("a=b") == "\"a=b\"");
  CHECK(text_of("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(text_of("a\nb\tc\rd") == "\"a\\nb\\tc\\rd\"");
}

TEST_CASE("control characters and bytes that are not UTF-8 are escaped in text") {
  CHECK(text_of(std::string_view("a\0b\x1b[31m\x7f", 9)) == "\"a\\x00b\\x1b[31m\\x7f\"");
  CHECK(text_of("a\xff\xfe") == "\"a\\xff\\xfe\"");
  CHECK(text_of("\xc2\x9b") == "\"\\xc2\\x9b\"");          // the CSI of 8-bit terminals
  CHECK(text_of("\xed\xa0\x80") == "\"\\xed\\xa0\\x80\""); // a surrogate
  CHECK(text_of("\xc0\xaf") == "\"\\xc0\\xaf\"");          // overlong
  CHECK(text_of("\xf0\x9f\x98") == "\"\\xf0\\x9f\\x98\""); // cut short
}

TEST_CASE("JSON lines are valid whatever bytes a value has") {
  const auto value = [](std::string_view bytes) {
    return nlohmann::json::parse(line(LogFormat::json, "m", {{"v", bytes}}))["v"].get<std::string>();
  };
  CHECK(value("a\xff") == "a\xEF\xBF\xBD");
  CHECK(value(std::string_view("\0\x1f\x7f", 3)) == std::string("\0\x1f\x7f", 3));
  CHECK(value("\xc2\x9b") == "\xc2\x9b");
  CHECK(line(LogFormat::json, "m", {{"v", "\xc2\x9b"}}).find("\\u009b") != std::string::npos);
  CHECK(nlohmann::json::parse(line(LogFormat::json, "m", {{"v", std::numeric_limits<double>::infinity()}}))["v"]
            .is_null());
  CHECK(nlohmann::json::parse(line(LogFormat::json, "m", {{"v", 1e300}}))["v"] == 1e300);
}

TEST_CASE("random bytes never break a line, in either format (seeded)") {
  std::mt19937 random(7);
  for (int round = 0; round < 5000; round++) {
    std::string bytes(random() % 20, '\0');
    for (char &byte : bytes)
      byte = static_cast<char>(random());
    for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
      const std::string out = line(format, bytes, {{"v", bytes}});
      CAPTURE(out);
      REQUIRE(out.find('\n') == out.size() - 1);
      REQUIRE(out.find('\0') == std::string::npos);
      if (format == LogFormat::json)
        REQUIRE(nlohmann::json::accept(out));
    }
  }
}

TEST_CASE("lines below the level are not written, and the level can change") {
  Pipe pipe;
  Log log(Level::warn, LogFormat::text, pipe.ends[1]);
  CHECK_FALSE(log.enabled(Level::info));
  log.info("no");
  log.warn("one");
  log.set_level(Level::debug);
  log.debug("two", {{"n", 1u}});
  const std::string out = pipe.read_all();
  CHECK_MESSAGE(has_shape(out, "time=####-##-##T##:##:##.###Z level=warn msg=one\n"
                               "time=####-##-##T##:##:##.###Z level=debug msg=two n=1\n"),
                out);
}

TEST_CASE("lines of several threads never mix") {
  Pipe pipe;
  Log log(Level::info, LogFormat::text, pipe.ends[1]);
  constexpr int threads = 4, lines = 200;
  std::string out;
  std::jthread reader([&] {
    std::array<char, 4096> part;
    for (ssize_t got; (got = ::read(pipe.ends[0], part.data(), part.size())) > 0;)
      out.append(part.data(), static_cast<std::size_t>(got));
  });
  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; t++)
      writers.emplace_back([&log, t] {
        for (int i = 0; i < lines; i++)
          log.info("line", {{"text", std::string(300, static_cast<char>('a' + t))}});
      });
  }
  pipe.close_writer();
  reader.join();
  int count = 0;
  for (std::size_t begin = 0; begin < out.size(); count++) {
    const std::size_t end = out.find('\n', begin);
    REQUIRE(end != std::string::npos);
    const std::string one = out.substr(begin, end - begin);
    CHECK_MESSAGE(
        has_shape(one, "time=####-##-##T##:##:##.###Z level=info msg=line text=" + std::string(300, one.back())), one);
    begin = end + 1;
  }
  CHECK(count == threads * lines);
}

TEST_CASE("writing to a closed descriptor is harmless and leaves errno alone") {
  Log log(Level::info, LogFormat::text, -1);
  errno = ENOENT;
  log.error("nobody hears");
  CHECK(errno == ENOENT);
}

TEST_CASE("a time has all its digits where it is kept, and no zeros at its end where people read it") {
  CHECK(time_text(1'800'000'000'500'000'000) == "2027-01-15T08:00:00.500000000Z");
  CHECK(short_time_text(1'800'000'000'500'000'000) == "2027-01-15T08:00:00.5Z");
  CHECK(short_time_text(1'800'000'000'000'000'000) == "2027-01-15T08:00:00Z");
}
