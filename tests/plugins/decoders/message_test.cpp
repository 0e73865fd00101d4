#include "plugins/decoders/decoder.hpp"

using namespace jetcapture::test;

namespace {

Texts key_of(const std::string &spec, const std::string &missing = "null") {
  Decoder decoder("message", {"key=" + spec, "key-missing=" + missing});
  REQUIRE(decoder.created() == JETCAPTURE_OK);
  decoder.headers = {{"Region", "eu"}, {"Region", "second"}, {"Empty", ""}};
  if (decoder.decode("data") != JETCAPTURE_OK)
    return {"refused: " + decoder.sentence()};
  REQUIRE(decoder.items.size() == 1);
  return decoder.items.front().key;
}

} // namespace

TEST_CASE("the destination key is the subject, its tokens, a header, several of them, or none") {
  CHECK(key_of("subject") == Texts{"orders.eu.new"});
  CHECK(key_of("token:1") == Texts{"orders"});
  CHECK(key_of("token:3") == Texts{"new"});
  CHECK(key_of("token:-1") == Texts{"new"});
  CHECK(key_of("token:-3") == Texts{"orders"});
  CHECK(key_of("header:Region") == Texts{"eu"});
  CHECK(key_of("token:2,header:Region,subject") == Texts{"eu", "eu", "orders.eu.new"});
  CHECK(key_of("none").empty());
}

TEST_CASE("a part of the key that is not there is null, or empty, or refuses the message") {
  for (const char *spec : {"token:4", "token:-4", "header:Nothing"}) {
    CHECK(key_of(spec) == Texts{"(null)"});
    CHECK(key_of(spec, "empty") == Texts{""});
    CHECK(key_of(spec, "refuse").front().starts_with("refused: the key's part"));
  }
  CHECK(key_of("header:Empty") == Texts{""}); // it is there
}

TEST_CASE("a key that can't be meant is refused with what would be right") {
  for (const char *spec : {"region", "token:", "token:0", "token:x", "header:", "field:/a", "subject,none", ""}) {
    const Decoder decoder("message", {std::string("key=") + spec});
    if (std::string(spec).empty()) {
      CHECK(decoder.created() == JETCAPTURE_OK); // no part: no key
      continue;
    }
    CHECK_MESSAGE(decoder.created() == JETCAPTURE_CONFIGURATION, spec);
    CHECK(decoder.sentence().find("key") != std::string::npos);
  }
}

TEST_CASE("the payload is the very message, so nothing of it is lost") {
  Decoder decoder("message", {});
  CHECK(decoder.decode("") == JETCAPTURE_OK);
  CHECK(decoder.last_payload != nullptr);
}
