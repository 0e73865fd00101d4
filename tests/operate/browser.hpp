// A browser that shows a page, for tests of what people see.
#pragma once

#include <string>

namespace jetcapture::test {

// False where there is none: the test is skipped; with CI set it fails.
bool has_browser();

// The page's elements as the browser has them after some seconds.
std::string in_browser(const std::string &address);

} // namespace jetcapture::test
