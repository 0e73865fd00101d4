#include "status/page.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;

TEST_CASE("the page has what was known when it was asked for, and nothing in it ends the script") {
  const std::string page = page_html(R"([{"name":"</script><img src=x>"},[]])");
  CHECK(page.starts_with("<!doctype html>"));
  CHECK(page.find(R"(const first = [{"name":"\u003c/script>\u003cimg src=x>"},[]];)") != std::string::npos);
  CHECK(page.find("<img") == std::string::npos);
  CHECK(page.ends_with("</html>\n"));
}
