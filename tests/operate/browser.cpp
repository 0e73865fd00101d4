#include "operate/browser.hpp"

#include "support/folder.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

namespace jetcapture::test {

using namespace std::chrono_literals;

bool has_browser() {
  for (const char *path : {"/usr/bin/chromium", "/usr/local/bin/chromium"})
    if (std::filesystem::exists(path))
      return true;
  if (std::getenv("CI") != nullptr)
    FAIL("chromium is missing: tests/support/packages.sh names it");
  MESSAGE("skipped: chromium is not installed");
  return false;
}

namespace {

std::string page_after_seconds(const std::string &address) {
  Folder folder;
  Program browser({"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync",
                   "--user-data-dir=" + folder / "profile", "--timeout=2500", "--dump-dom", address},
                  folder / "page");
  REQUIRE(browser.wait(50s) == 0);
  return browser.output();
}

} // namespace

std::string page_with(const std::string &text, const std::string &address) {
  std::string page;
  const bool has_text = eventually(60s, [&] {
    page = page_after_seconds(address);
    return page.find(text) != std::string::npos;
  });
  CHECK_MESSAGE(has_text, page);
  return page;
}

} // namespace jetcapture::test
