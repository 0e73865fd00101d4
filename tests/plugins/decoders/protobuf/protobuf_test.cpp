#include "plugins/decoders/decoder.hpp"
#include "plugins/decoders/protobuf/orders.hpp"

#include <cstdint>

using namespace jetcapture::test;

namespace {

Texts options(const std::string &type, const Texts &more = {}) {
  Texts all = {"descriptors=" + set_file(), "message=" + type, "nested=json"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// The values of those fields (an option "fields") of a shop.Kinds, written as text format.
Texts kinds(const std::string &fields, const std::string &text, const Texts &more = {}) {
  Texts all = options("shop.Kinds", more);
  all.push_back("fields=" + fields);
  Decoder decoder("protobuf", all);
  REQUIRE_MESSAGE(decoder.created() == JETCAPTURE_OK, decoder.sentence());
  return decoder.values(encoded("shop.Kinds", text));
}

} // namespace

TEST_CASE("protobuf: each top-level field becomes a column of its type, in the order of the .proto file") {
  Decoder decoder("protobuf", options("shop.Order"));
  REQUIRE_MESSAGE(decoder.created() == JETCAPTURE_OK, decoder.sentence());
  CHECK(decoder.values(encoded("shop.Order",
                               "id: -5 region: 'eu' total: 1.5 state: PAID customer { name: 'Ada' } "
                               "lines { sku: 'a' quantity: 2 } lines { } placed { seconds: 7 nanos: 250 } note: ''")) ==
        Texts{"integer -5", "text eu", "number 1.5", "text PAID", R"(json {"name":"Ada","region":""})",
              R"(json [{"sku":"a","quantity":2},{"sku":"","quantity":0}])", "timestamp 7000000250", "text "});
  CHECK(decoder.items.front().columns ==
        Texts{"id", "region", "total", "state", "customer", "lines", "placed", "note"});
  CHECK(decoder.items.front().key == Texts{"orders.eu.new"});
  const std::uint64_t revision = decoder.items.front().revision;
  decoder.values(encoded("shop.Order", "id: 1"));
  CHECK(decoder.items.front().revision == revision);
}

TEST_CASE("protobuf: an empty message is one with nothing set: defaults, and null for what can be unset") {
  Decoder decoder("protobuf", options("shop.Order"));
  CHECK(decoder.values("") ==
        Texts{"integer 0", "text ", "number 0.0", "text OPEN", "null", "json []", "null", "null"});
}

TEST_CASE("protobuf: nothing of a message is left in the next one") {
  Decoder decoder("protobuf", options("shop.Order"));
  const Texts empty = decoder.values("");
  const std::string full = encoded("shop.Order", "id: 1 customer { age: 5 } lines { } placed { seconds: 1 } note: 'x'");
  decoder.values(full);
  CHECK(decoder.values("") == empty);
  // Behind a large one the message is made anew.
  decoder.values(encoded("shop.Order", "note: '" + std::string(100'000, 'x') + "'"));
  CHECK(decoder.values("") == empty);
}

TEST_CASE("protobuf: numbers keep all their bits, and floats are the doubles of the same value") {
  const std::string fields = "/small,/large,/small_unsigned,/large_unsigned,/single,/real,/flag";
  CHECK(kinds(fields, "small: -2147483648 large: -9223372036854775808 small_unsigned: 4294967295 "
                      "large_unsigned: 18446744073709551615 single: 0.1 real: 0.1 flag: true") ==
        Texts{"integer -2147483648", "integer -9223372036854775808", "unsigned 4294967295",
              "unsigned 18446744073709551615", "number 0.10000000149011612", "number 0.1", "flag true"});
  CHECK(kinds("/small:number,/large_unsigned:number", "small: -3 large_unsigned: 4") ==
        Texts{"number -3.0", "number 4.0"});
}

TEST_CASE("protobuf: bytes are bytes, base64 in JSON, and text where a column says so") {
  CHECK(kinds("/raw,/raws,t=/raw:text", "raw: 'caf\\xc3\\xa9' raws: '\\xff'") ==
        Texts{"kind 6", R"(json ["/w=="])", "text caf\xC3\xA9"});
  Decoder decoder("protobuf", options("shop.Kinds", {"fields=/raw:text"}));
  CHECK(decoder.refusal(encoded("shop.Kinds", "raw: '\\xff'")) == "field shop.Kinds.raw: its text is not UTF-8");
}

TEST_CASE("protobuf: values of an enum are names or numbers, and unknown ones are their numbers") {
  const std::string text = "state: PAID states: OPEN states: PAID";
  CHECK(kinds("/state,n=/state:integer,/states", text) == Texts{"text PAID", "integer 1", R"(json ["OPEN","PAID"])"});
  CHECK(kinds("/state,t=/state:text,/states", text, {"enums=numbers"}) ==
        Texts{"integer 1", "text PAID", "json [0,1]"});
  Decoder decoder("protobuf", options("shop.Kinds", {"fields=/state,/states"}));
  CHECK(decoder.values("\x50\x07\x62\x02\x01\x07") == Texts{"text 7", R"(json ["PAID",7])"});
}

TEST_CASE("protobuf: maps are JSON objects in the order of their keys") {
  CHECK(kinds("/weights,/flags,/by_code,/lines",
              "weights { key: 10 value: 1 } weights { key: -2 value: 0.5 } weights { key: 9 } "
              "flags { key: true value: 'y' } flags { key: false value: 'n' } by_code { key: 4 value: PAID } "
              "lines { key: 'b\"' value { sku: 'x' } } lines { key: 'a' }") ==
        Texts{R"(json {"-2":0.5,"9":0,"10":1})", R"(json {"false":"n","true":"y"})", R"(json {"4":"PAID"})",
              R"(json {"a":{"sku":"","quantity":0},"b\"":{"sku":"x","quantity":0}})"});
  // Field 15 twice with the key 1: the last counts.
  Decoder decoder("protobuf", options("shop.Kinds", {"fields=/weights"}));
  CHECK(decoder.values(std::string("\x7a\x0b\x08\x01\x11\0\0\0\0\0\0\0\0\x7a\x0b\x08\x01\x11\0\0\0\0\0\0\xf0\x3f",
                                   26)) == Texts{R"(json {"1":1})"});
}

TEST_CASE("protobuf: of a oneof the one that is set has a value, the others are null") {
  CHECK(kinds("/by_name,/by_number", "by_number: 0") == Texts{"null", "unsigned 0"});
  CHECK(kinds("/by_name,/by_number", "by_name: 'x'") == Texts{"text x", "null"});
}

TEST_CASE("protobuf: times, durations and wrappers become what they mean") {
  CHECK(kinds("/time,/pause,/maybe,/maybe_text,/times",
              "time { seconds: -1 nanos: 500000000 } "
              "pause { seconds: -1 nanos: -500000000 } maybe { value: 0 } "
              "times { seconds: 1 } times { }") == Texts{"timestamp -500000000", "text -1.5s", "integer 0", "null",
                                                         R"(json ["1970-01-01T00:00:01Z","1970-01-01T00:00:00Z"])"});
  CHECK(kinds("/time,/pause,/maybe,/maybe_text", "maybe_text { }") == Texts{"null", "null", "null", "text "});
  CHECK(kinds("j=/time:json,/time/seconds,/pause/nanos", "time { seconds: 3 }") ==
        Texts{R"(json "1970-01-01T00:00:03Z")", "integer 3", "null"});
  CHECK(kinds("/more", "more { fields { key: 'b' value { list_value { values { null_value: NULL_VALUE } "
                       "values { number_value: 1.5 } } } } fields { key: 'a' value { bool_value: true } } "
                       "fields { key: 'c' } }") == Texts{R"(json {"a":true,"b":[null,1.5],"c":null})"});
}

TEST_CASE("protobuf: a time or a duration out of its range is refused") {
  Decoder decoder("protobuf", options("shop.Kinds", {"fields=/time,/pause,/times"}));
  CHECK(decoder.refusal(encoded("shop.Kinds", "time { seconds: 9223372037 }")) ==
        "a google.protobuf.Timestamp of 9223372037 seconds is before 1677 or after 2262; as JSON text it is taken, by "
        "fields=NAME:json or nested=json");
  CHECK(decoder.refusal(encoded("shop.Kinds", "times { nanos: 1000000000 }")) ==
        "a google.protobuf.Timestamp has nanos of 1000000000");
  CHECK(decoder.refusal(encoded("shop.Kinds", "pause { seconds: 1 nanos: -1 }")) ==
        "a google.protobuf.Duration has 1 seconds and -1 nanos, which is none");
}

TEST_CASE("protobuf: as JSON text a time has the years 0001 to 9999, and what is beyond is refused") {
  CHECK(kinds("/time:json,/times", "time { seconds: 253402300799 nanos: 999999999 } times { seconds: -62135596800 }") ==
        Texts{R"(json "9999-12-31T23:59:59.999999999Z")", R"(json ["0001-01-01T00:00:00Z"])"});
  Decoder decoder("protobuf", options("shop.Kinds", {"fields=/time:json"}));
  CHECK(decoder.refusal(encoded("shop.Kinds", "time { seconds: 253402300800 }")).find("0001 to 9999") !=
        std::string::npos);
  CHECK(decoder.refusal(encoded("shop.Kinds", "time { seconds: -9223372036854775808 }")).find("0001 to 9999") !=
        std::string::npos);
  CHECK(decoder.refusal(encoded("shop.Kinds", "time { nanos: -1 }")) == "a google.protobuf.Timestamp has nanos of -1");
}

TEST_CASE("protobuf: in JSON text what would be null is left out, and other fields that are unset have their default") {
  Decoder decoder("protobuf", options("shop.Kinds", {"fields=/inner"}));
  const std::string text = decoder.values(encoded("shop.Kinds", "inner { }")).front();
  for (const char *part : {R"("numbers":[])", R"("weights":{})", R"("small":0)", R"("text":"")"})
    CHECK_MESSAGE(text.find(part) != std::string::npos, text);
  for (const char *name : {"by_name", "maybe", "time\"", "inner"})
    CHECK_MESSAGE(text.find(name) == std::string::npos, text);
}

TEST_CASE("protobuf: in JSON text 64 bits are numbers, floats are short, and what is unset is left out") {
  CHECK(kinds("/singles,/numbers", "singles: 0.1 singles: nan singles: -inf numbers: 9223372036854775807") ==
        Texts{R"(json [0.1,"NaN","-Infinity"])", "json [9223372036854775807]"});
  Decoder decoder("protobuf", options("shop.Order", {"fields=/customer", "names=json"}));
  CHECK(decoder.values(encoded("shop.Order", "customer { name: 'a\"\\n' age: 0 }")) ==
        Texts{R"(json {"name":"a\"\n","region":"","age":0})"});
}

TEST_CASE("protobuf: pointers choose fields inside messages, by either name, and null is what is not there") {
  CHECK(kinds("/inner/inner/text,x=/inner/text,/smallUnsigned", "small_unsigned: 3 inner { text: 'in' }") ==
        Texts{"null", "text in", "unsigned 3"});
  Decoder decoder("protobuf", options("shop.Order", {"fields=/id,city=/customer/region"}));
  CHECK(decoder.values(encoded("shop.Order", "customer { region: 'eu' }")) == Texts{"integer 0", "text eu"});
  CHECK(decoder.items.front().columns == Texts{"id", "city"});
  CHECK(decoder.values("") == Texts{"integer 0", "null"});
}

TEST_CASE("protobuf: names are those of the .proto file or those of JSON") {
  Decoder decoder("protobuf", options("shop.Kinds", {"names=json"}));
  REQUIRE(decoder.decode(encoded("shop.Kinds", "inner { small_unsigned: 1 }")) == JETCAPTURE_OK);
  const Item &item = decoder.items.front();
  CHECK(item.columns[2] == "smallUnsigned");
  CHECK(item.values[24].find(R"("smallUnsigned":1,"largeUnsigned":0)") != std::string::npos);
}

TEST_CASE("protobuf: the key has parts of the message, and columns of the message itself stand behind the others") {
  Decoder decoder("protobuf",
                  options("shop.Kinds", {"fields=/text", "meta=sequence,timestamp",
                                         "key=field:/text,field:/large,field:/state,field:/time,field:/raw,token:2"}));
  CHECK(decoder.values(encoded("shop.Kinds", "text: 'a/b' large: -7 state: PAID time { seconds: 1 } raw: '\\xff'")) ==
        Texts{"text a/b", "unsigned 7", "timestamp 99"});
  CHECK(decoder.items.front().columns == Texts{"text", "_sequence", "_timestamp"});
  CHECK(decoder.items.front().key == Texts{"a/b", "-7", "PAID", "1970-01-01T00:00:01Z", "\xff", "eu"});
  decoder.values("");
  CHECK(decoder.items.front().key == Texts{"", "0", "OPEN", "(null)", "", "eu"});
  Decoder strict("protobuf", options("shop.Kinds", {"key=field:/inner/text", "key-missing=refuse"}));
  CHECK(strict.refusal("") == "the key's part field:/inner/text is not there");
  Decoder none("protobuf", options("shop.Kinds", {"key=none"}));
  none.values("");
  CHECK(none.items.front().key.empty());
}

TEST_CASE("protobuf: of proto2, unset fields are null whatever their default, and required ones have to be there") {
  Decoder decoder("protobuf", options("legacy.Reading"));
  REQUIRE_MESSAGE(decoder.created() == JETCAPTURE_OK, decoder.sentence());
  CHECK(decoder.values(encoded("legacy.Reading", "id: 1 Extra { code: 4 } [legacy.owner]: 'me'")) ==
        Texts{"integer 1", "null", "null", R"(json {"code":4})", "json []"});
  CHECK(decoder.refusal("") == "required fields are not there: id");
  // 9 is no Level: protobuf counts the field as unknown.
  CHECK(decoder.values("\x08\x01\x18\x09") == Texts{"integer 1", "null", "null", "null", "json []"});
  CHECK(decoder.refusal("\x08\x01\x12\x01\xff") == "field legacy.Reading.place: its text is not UTF-8");
  CHECK(decoder.refusal("\x08\x01\x32\x01\xff") == "field legacy.Reading.labels: its text is not UTF-8");
}

TEST_CASE("protobuf: the time is a Timestamp, a number or text, and what is unset or 0 gives way to the stream's") {
  const auto time_by = [&](const std::string &pointer, const std::string &text) {
    Decoder decoder("protobuf", options("shop.Order", {"fields=/id", "time=field:" + pointer}));
    REQUIRE_MESSAGE(decoder.created() == JETCAPTURE_OK, decoder.sentence());
    REQUIRE_MESSAGE(decoder.decode(encoded("shop.Order", text)) == JETCAPTURE_OK, decoder.sentence());
    return decoder.items.front().event_time;
  };
  CHECK(time_by("/placed", "placed { seconds: 1795521600 nanos: 5 }") == 1'795'521'600'000'000'005);
  CHECK(time_by("/id", "id: 1795521600250") == 1'795'521'600'250'000'000);
  CHECK(time_by("/customer/name", "customer { name: '2026-11-24T12:00:00Z' }") == 1'795'521'600'000'000'000);
  CHECK(time_by("/placed", "id: 1") == JETCAPTURE_NO_TIME);
  CHECK(time_by("/placed", "placed { seconds: -62135596800 }") == JETCAPTURE_NO_TIME);
  CHECK(time_by("/placed", "placed { seconds: 7258118399 nanos: 999999999 }") == JETCAPTURE_LAST_TIME);
  CHECK(time_by("/placed", "placed { seconds: 7258118400 }") == JETCAPTURE_NO_TIME);
  CHECK(time_by("/id", "") == JETCAPTURE_NO_TIME);
  CHECK(time_by("/customer", "customer { name: 'x' }") == JETCAPTURE_NO_TIME);
}
