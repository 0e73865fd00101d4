#include "plugins/decoders/decoder.hpp"

#include <cstdint>
#include <string>

using namespace jetcapture::test;

namespace {

constexpr std::int64_t second = 1'000'000'000;
// 2026-11-24T12:00:00Z
constexpr std::int64_t noon = 1'795'521'600 * second;
constexpr std::int64_t none = JETCAPTURE_NO_TIME;

// The event time of the item that a header of that value gives; options: further ones.
std::int64_t time_of(const std::string &header, Texts options = {}) {
  options.push_back("time=header:Created");
  Decoder decoder("message", options);
  REQUIRE_MESSAGE(decoder.created() == JETCAPTURE_OK, decoder.sentence());
  decoder.timestamp = noon;
  decoder.headers = {{"Other", "1"}, {"Created", header}, {"Created", "2"}};
  REQUIRE_MESSAGE(decoder.decode("data") == JETCAPTURE_OK, decoder.sentence());
  REQUIRE(decoder.items.size() == 1);
  return decoder.items.front().event_time;
}

std::string refusal_of(const std::string &header, Texts options = {}) {
  options.insert(options.end(), {"time=header:Created", "time-missing=refuse"});
  Decoder decoder("message", options);
  decoder.timestamp = noon;
  if (!header.empty())
    decoder.headers = {{"Created", header}};
  return decoder.refusal("data");
}

std::int64_t json_time(Decoder &decoder, const std::string &data) {
  REQUIRE_MESSAGE(decoder.decode(data) == JETCAPTURE_OK, decoder.sentence());
  return decoder.items.front().event_time;
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a header's time is read as RFC 3339 or as a number, whose digits tell its unit") {
  CHECK(time_of("2026-11-24T13:00:00.25+01:00") == noon + second / 4);
  CHECK(time_of("1795521600") == noon);
  CHECK(time_of("1795521600.123456789") == noon + 123'456'789);
  CHECK(time_of("1795521600250") == noon + second / 4);
  CHECK(time_of("1795521600250.5") == noon + 250'500'000);
  CHECK(time_of("1795521600250000") == noon + second / 4);
  CHECK(time_of("1795521600250000001") == noon + second / 4 + 1);
  CHECK(time_of("1.7955216e9") == noon);
  CHECK(time_of("-1795521600") == -noon);
  CHECK(time_of("7258118399") == 7'258'118'399 * second);
  CHECK(time_of("9999999999") == none); // the year 2286
  CHECK(time_of("10000000000") == 10'000'000 * second);
}

TEST_CASE("time-unit says the unit of numbers, whatever their digits, or that there are none") {
  CHECK(time_of("5", {"time-unit=s"}) == 5 * second);
  CHECK(time_of("5", {"time-unit=ms"}) == 5'000'000);
  CHECK(time_of("5", {"time-unit=us"}) == 5'000);
  CHECK(time_of("5.9", {"time-unit=ns"}) == 5);
  CHECK(time_of("1795521600250", {"time-unit=us"}) == 1'795'521'600'250'000);
  CHECK(time_of("2026-11-24T12:00:00Z", {"time-unit=rfc3339"}) == noon);
  CHECK(time_of("1795521600", {"time-unit=rfc3339"}) == none);
  CHECK(time_of("2026-11-24T12:00:00Z", {"time-unit=s"}) == none);
}

TEST_CASE("a time that is missing or can't be meant gives way to the stream's") {
  for (const char *text : {"",
                           "yesterday",
                           "1795521600x",
                           "+1795521600",
                           " 1795521600",
                           "0x10",
                           "nan",
                           "inf",
                           "1e",
                           "-",
                           ".5",
                           "5.",
                           "--5",
                           "0",
                           "0.0",
                           "-0",
                           "0001-01-01T00:00:00Z",
                           "2262-04-12T00:00:00Z",
                           "9999-12-31T23:59:59Z",
                           "1677-12-31T23:59:59Z",
                           "1699-12-31T23:59:59.999999999Z",
                           "2200-01-01T00:00:00Z",
                           "7258118400",
                           "1e400",
                           "1e2147483648",
                           "-1e30",
                           "99999999999999999999999999",
                           "9223372036854775807",
                           "2026-02-29T00:00:00Z"})
    CHECK_MESSAGE(time_of(text) == none, text);
  CHECK(time_of("1e-2147483648") == none);
  CHECK(time_of("1970-01-01T00:00:00Z") == none);
}

TEST_CASE("the first and the last time that the host takes are taken") {
  CHECK(time_of("1700-01-01T00:00:00Z") == JETCAPTURE_FIRST_TIME);
  CHECK(time_of("2199-12-31T23:59:59.999999999Z") == JETCAPTURE_LAST_TIME);
}

TEST_CASE("with time-missing=refuse the message is refused, with what was found") {
  CHECK(refusal_of("") == "the time header:Created is not there");
  CHECK(refusal_of("yesterday") == "the time header:Created \"yesterday\" is not written as the option time-unit says");
  CHECK(has(refusal_of("9999999999"), "is outside the years 1700 to 2199"));
  CHECK(refusal_of("0") == "the time header:Created is 0");
  CHECK(refusal_of("1795521600").empty());
}

TEST_CASE("time-ahead bounds how much later than the stream's a time may be") {
  CHECK(time_of("1795525201", {"time-ahead=1h"}) == none);
  CHECK(time_of("1795525200", {"time-ahead=1h"}) == noon + 3600 * second);
  CHECK(time_of("1700-01-01T00:00:00Z", {"time-ahead=0s"}) == JETCAPTURE_FIRST_TIME);
  CHECK(has(refusal_of("1795525201", {"time-ahead=1h"}), "by more than the option time-ahead allows"));
}

TEST_CASE("json: the time is a field by pointer, whatever type it has there, or a header") {
  Decoder decoder("json", {"time=field:/meta/created_at", "fields=/id"});
  REQUIRE_MESSAGE(decoder.created() == JETCAPTURE_OK, decoder.sentence());
  CHECK(json_time(decoder, R"({"meta":{"created_at":"2026-11-24T12:00:00Z"},"id":1})") == noon);
  CHECK(json_time(decoder, R"({"meta":{"created_at":1795521600250}})") == noon + second / 4);
  CHECK(json_time(decoder, R"({"meta":{"created_at":1795521600.25}})") == noon + second / 4);
  CHECK(json_time(decoder, R"({"meta":{"created_at":"1795521600"}})") == noon);
  for (const char *value : {"null", "true", "[1]", "{}", "18446744073709551615", "1e300", "5e-324", "\"\""})
    CHECK_MESSAGE(json_time(decoder, std::string(R"({"meta":{"created_at":)") + value + "}}") == none, value);
  CHECK(json_time(decoder, "{}") == none);
  CHECK(decoder.items.front().columns == Texts{"id"});

  Decoder by_header("json", {"time=header:Created"});
  by_header.headers = {{"Created", "1795521600"}};
  CHECK(json_time(by_header, "{}") == noon);

  Decoder strict("json", {"time=field:/t", "time-missing=refuse"});
  CHECK(has(strict.refusal(R"({"t":[1]})"), "the time field:/t is not written"));
  CHECK(strict.refusal(R"({"t":1795521600,"u":1})").empty());
}

TEST_CASE("csv: each row has its own time, by a column") {
  Decoder decoder("csv", {"columns=id,at", "time=field:/at"}, "csv_decoder");
  REQUIRE(decoder.decode("1,1795521600\n2,2026-11-24T12:00:01Z\n3,\n") == JETCAPTURE_OK);
  REQUIRE(decoder.items.size() == 3);
  CHECK(decoder.items[0].event_time == noon);
  CHECK(decoder.items[1].event_time == noon + second);
  CHECK(decoder.items[2].event_time == none);

  Decoder named("csv", {"header=true", "time=field:/at"}, "csv_decoder");
  REQUIRE(named.decode("at,id\n1795521600,5\n") == JETCAPTURE_OK);
  CHECK(named.items.front().event_time == noon);
  REQUIRE(named.decode("id\n5\n") == JETCAPTURE_OK);
  CHECK(named.items.front().event_time == none);

  const Decoder unknown("csv", {"columns=id", "time=field:/at"}, "csv_decoder");
  CHECK(unknown.created() == JETCAPTURE_CONFIGURATION);
  CHECK(unknown.sentence() == "the option time has field:/at, and the option columns has no at");
}

TEST_CASE("a time that can't be meant is refused with what would be right") {
  for (const char *spec : {"now", "header", "header:", "field:", "field:at", ""}) {
    const Decoder decoder("json", {std::string("time=") + spec});
    CHECK_MESSAGE(decoder.created() == JETCAPTURE_CONFIGURATION, spec);
    CHECK(has(decoder.sentence(), "write field:/created_at, header:Name or stream"));
  }
  const Decoder without_fields("message", {"time=field:/at"});
  CHECK(without_fields.sentence() == "the option time is \"field:/at\": write header:Name or stream");
  const Decoder alone("json", {"time-ahead=1h"});
  CHECK(alone.sentence() == "the option time-ahead says how the option time is read: give time too");
}
