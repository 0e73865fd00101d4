// A browser that shows a page, for tests of what people see.
#pragma once

#include <string>

namespace jetcapture::test {

// False where there is none: the test is skipped; with CI set it fails.
bool has_browser();

// The page's elements once they have the text. The browser takes what it has after some seconds, and is asked again: a
// busy machine may need more.
std::string page_with(const std::string &text, const std::string &address);

} // namespace jetcapture::test
