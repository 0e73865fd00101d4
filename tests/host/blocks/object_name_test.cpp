#include "blocks/destination_key.hpp"
#include "blocks/object_name.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>

using namespace jetcapture::host;

namespace {

constexpr std::int64_t noon = 1795521600'000000000; // 2026-11-24T12:00:00Z

std::string folder(std::string_view text, std::vector<std::string_view> key, std::int64_t time = noon) {
  return PathTemplate(text, "ORDERS", "capture").folder(key, time);
}

ContentPlace place(std::uint64_t content) {
  return {.stream = "ORDERS",
          .stream_created = "2026-01-01T00:00:00Z",
          .captured_by = "me",
          .key = "k",
          .interval_start = noon,
          .first_sequence = 1,
          .last_sequence = 1000,
          .content = content};
}

} // namespace

TEST_CASE("the default folders are the key and the interval's start in UTC") {
  CHECK(folder("{key}/%Y/%m/%d/%H/%M", {"eu"}) == "eu/2026/11/24/12/00");
}

TEST_CASE("a template may have each part of the time, with all its digits") {
  CHECK(folder("%Y-%m-%d-%H-%M-%S-%j-%s", {}, noon + 5'000'000'000) == "2026-11-24-12-00-05-328-1795521605");
  CHECK(folder("%Y-%m-%d-%H-%M-%S-%j-%s", {}, 0) == "1970-01-01-00-00-00-001-0");
}

TEST_CASE("a Hive style template gives Hive style folders") {
  CHECK(folder("region={key}/dt=%Y-%m-%d/", {"eu"}) == "region=eu/dt=2026-11-24");
  CHECK(folder("a={key1}/b={key2}", {"eu", "pizza"}) == "a=eu/b=pizza");
}

TEST_CASE("all parts of a key are folders of their own, and a slash within a part is not") {
  CHECK(folder("{key}/%Y", {"eu", "pizza"}) == "eu/pizza/2026");
  CHECK(folder("{key}/%Y", {"eu/pizza"}) == "eu%2Fpizza/2026");
}

TEST_CASE("no key leaves no folder where it would stand alone") {
  CHECK(folder("{key}/%Y", {}) == "2026");
  CHECK(folder("{key}/%Y", {""}) == "%empty/2026");
}

TEST_CASE("a part of the key that is not there has a directory of its own, with the name that is chosen for it") {
  CHECK(folder("{key}/%Y", {std::string_view()}) == "%null/2026");
  CHECK(folder("region={key}/%Y", {}) == "region=%null/2026");
  CHECK(folder("a={key1}/b={key2}", {"eu"}) == "a=eu/b=%null");
  const PathTemplate hive("a={key1}/b={key2}/c={key3}", "S", "C", "__HIVE_DEFAULT_PARTITION__");
  CHECK(hive.folder({"", std::string_view()}, noon) ==
        "a=%empty/b=__HIVE_DEFAULT_PARTITION__/c=__HIVE_DEFAULT_PARTITION__");
  CHECK(hive.folder({"__HIVE_DEFAULT_PARTITION__", "x", "y"}, noon) == "a=%5F_HIVE_DEFAULT_PARTITION__/b=x/c=y");
  for (const char *const name : {"", ".", "..", "a/b", "a\nb", "a\\b"})
    CHECK_THROWS_AS_MESSAGE(PathTemplate("{key}", "S", "C", name), StartupError, name);
}

TEST_CASE("a key can't leave the root, whatever bytes it has") {
  for (const std::string &key :
       {std::string(".."), std::string("."), std::string("../../etc/passwd"), std::string("/etc"),
        std::string("a\0b", 3), std::string(300, '.'), std::string(300, '/'), std::string("\\..\\")}) {
    const std::string part = escape_part(key);
    CHECK(part.find('/') == std::string::npos);
    CHECK(part.find('\0') == std::string::npos);
    CHECK(part.front() != '.');
    CHECK(part.size() <= 200);
    CHECK_FALSE(part.empty());
  }
}

TEST_CASE("two different keys never give the same part") {
  std::mt19937 random(99);
  std::map<std::string, std::string> seen;
  const auto check = [&](const std::string &key) {
    const auto [entry, fresh] = seen.emplace(escape_part(key), key);
    CHECK_MESSAGE(entry->second == key, entry->first);
  };
  const std::string alphabet = std::string("aA%._~-/ \0", 10) + "\xc3\xa4\xff\xe2\x80\x8e" + "2F5e";
  for (int i = 0; i < 50000; i++) {
    std::string key;
    for (std::size_t length = random() % 5; length > 0; length--)
      key += alphabet[random() % alphabet.size()];
    check(key);
  }
  for (const char *key : {"", "%empty", "empty", "%", "%25", "_", "%5F", ".", "%2E", "a/b", "a%2Fb", "a%2fb"})
    check(key);
  check(std::string(300, 'x'));
  check(std::string(301, 'x'));
  check(std::string(300, 'x') + "y");
}

TEST_CASE("a long key is cut between characters and keeps a hash of the whole") {
  std::string key;
  for (int i = 0; i < 100; i++)
    key += "\xc3\xa4"; // ä
  const std::string part = escape_part(key + "1");
  CHECK(part.size() <= 200);
  CHECK(part.find("%~") != std::string::npos);
  CHECK(part.find("%~") % 2 == 0); // whole characters of two bytes before it
  CHECK(escape_part(key + "2") != part);
}

TEST_CASE("UTF-8 stays readable, invalid UTF-8 and control characters are escaped") {
  CHECK(escape_part("gr\xc3\xb6\xc3\x9f"
                    "e") == "gr\xc3\xb6\xc3\x9f"
                            "e");
  CHECK(escape_part("\xe6\x97\xa5\xe6\x9c\xac") == "\xe6\x97\xa5\xe6\x9c\xac");
  CHECK(escape_part("a\xff") == "a%FF");
  CHECK(escape_part("a\xc3") == "a%C3");
  CHECK(escape_part("a\xed\xa0\x80") == "a%ED%A0%80"); // a surrogate
  CHECK(escape_part("a\xc0\xaf") == "a%C0%AF");        // an overlong slash
  CHECK(escape_part("a\xc2\x85") == "a%C2%85");
  CHECK(escape_part("a\xe2\x80\xae") == "a%E2%80%AE"); // right-to-left override
  CHECK(escape_part("a\n") == "a%0A");
}

TEST_CASE("a part never begins with a dot or an underscore, which tools hide") {
  CHECK(escape_part(".hidden") == "%2Ehidden");
  CHECK(escape_part("_quarantine") == "%5Fquarantine");
  CHECK(escape_part("a_b.c") == "a_b.c");
}

TEST_CASE("a template that can't work is refused with a sentence") {
  for (const char *text : {"/abs/{key}", "../{key}", "a/../b", "{key", "{region}", "%q", "{key0}", "a/%", "{keyx}",
                           "_manifest/%Y", "_manifest", ".jetcapture-unfinished/{key}"})
    CHECK_THROWS_AS_MESSAGE(PathTemplate(text, "S", "C"), StartupError, text);
}

TEST_CASE("a template's own percent and brace can be written") {
  CHECK(folder("a{{b/%%", {"k"}) == "a{b/%25");
}

TEST_CASE("times before 1970 have folders too") {
  CHECK(folder("%Y-%m-%d", {}, -1) == "1969-12-31");
}

TEST_CASE("the same messages give the same file name, in whatever order they came") {
  const std::uint64_t forward = content_of(1, 10) + content_of(2, 20);
  const std::uint64_t backward = content_of(2, 20) + content_of(1, 10);
  CHECK(file_name(place(forward), ".csv") == file_name(place(backward), ".csv"));
}

TEST_CASE("other messages give another file name, even with the same first and last sequence") {
  CHECK(file_name(place(content_of(1, 10) + content_of(3, 30)), ".csv") !=
        file_name(place(content_of(1, 10) + content_of(2, 20) + content_of(3, 30)), ".csv"));
  // The stream was made anew, or rewound: the same sequences at another time.
  CHECK(file_name(place(content_of(1, 10)), ".csv") != file_name(place(content_of(1, 11)), ".csv"));
  ContentPlace other = place(5);
  other.stream_created = "2026-01-02T00:00:00Z";
  CHECK(file_name(other, ".csv") != file_name(place(5), ".csv"));
  other = place(5);
  other.key = "l";
  CHECK(file_name(other, ".csv") != file_name(place(5), ".csv"));
}

TEST_CASE("captures that differ in anything that makes bytes give different names, the same capture the same") {
  Settings settings;
  settings.consumer = "C";
  settings.decoder = {"json", {"fields=a,b"}};
  settings.writer = {"csv", {}};
  const std::string digest = captured_by(settings);
  std::set<std::string> digests = {digest};
  const auto other = [&](const std::function<void(Settings &)> &change) {
    Settings changed = settings;
    change(changed);
    CHECK(digests.insert(captured_by(changed)).second);
  };
  other([](Settings &s) { s.consumer = "D"; });
  other([](Settings &s) { s.decoder.name = "message"; });
  other([](Settings &s) { s.decoder.options = {"fields=a"}; });
  other([](Settings &s) { s.decoder.options = {"fields=a", "b"}; });
  other([](Settings &s) { s.decoder.options.clear(), s.writer.options = {"fields=a,b"}; });
  other([](Settings &s) { s.writer.name = "ndjson"; });
  other([](Settings &s) { s.compression = Compression::gzip; });
  other([](Settings &s) { s.compression_level = 1; });
  // What makes no other bytes gives no other names.
  Settings same = settings;
  same.store_threads = 9;
  CHECK(captured_by(same) == digest);
  ContentPlace elsewhere = place(5);
  elsewhere.captured_by = "somebody else";
  CHECK(file_name(elsewhere, ".csv") != file_name(place(5), ".csv"));
}

TEST_CASE("a file name says the stream and its sequences, and fits with a stream name of 255 bytes") {
  const std::string name = file_name(place(1), ".csv.gz");
  CHECK(name.starts_with("ORDERS-000000000001-000000001000-"));
  CHECK(name.ends_with(".csv.gz"));
  ContentPlace long_stream = place(1);
  const std::string stream(255, 'S');
  long_stream.stream = stream;
  CHECK(file_name(long_stream, ".ndjson.gz").size() <= 200);
}

TEST_CASE("a key in parts and as one text are different keys") {
  const auto encode = [](std::vector<std::string_view> parts) {
    std::vector<jetcapture_text> texts;
    for (const std::string_view part : parts)
      texts.push_back({part.data(), part.size()});
    std::string text;
    encode_key(texts.data(), static_cast<std::uint32_t>(texts.size()), text);
    return text;
  };
  CHECK(encode({"a", "b"}) != encode({"ab"}));
  CHECK(encode({"a", ""}) != encode({"a"}));
  CHECK(encode({}) != encode({""}));
  CHECK(decode_key(encode({"a", "", "bc"})) == std::vector<std::string_view>{"a", "", "bc"});
  CHECK(encode({std::string_view()}) != encode({""}));
  CHECK(decode_key(encode({"a", std::string_view(), "b"})).at(1).data() == nullptr);
  CHECK(decode_key(encode({"a", "", "b"})).at(1).data() != nullptr);
}
