#include "jetcapture/payload.h"

#include <doctest/doctest.h>

#include <string_view>

namespace {

bool is_utf8(std::string_view text) {
  return jetcapture_is_utf8({text.data(), text.size()}) != 0;
}

} // namespace

TEST_CASE("the SDK tells UTF-8 from other bytes") {
  for (const std::string_view good :
       {"", "plain", "caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x8D\x95", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xF4\x8F\xBF\xBF", "\xC2\x80", "\xE0\xA0\x80", "\xF0\x90\x80\x80"}) {
    CAPTURE(good);
    CHECK(is_utf8(good));
  }
  CHECK(is_utf8(std::string_view("a\0b", 3)));
  // Cut, stray, overlong, a surrogate, above U+10FFFF.
  for (const std::string_view bad :
       {"\x80", "a\xBF", "\xC3", "\xE2\x82", "\xF0\x9F\x8D", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",
        "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3(", "\xE2(\xA1", "\xF0\x9F(\x95"})
    CHECK_FALSE(is_utf8(bad));
}
