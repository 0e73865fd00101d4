// The page at "/": one HTML file that needs no other, built from page.html.
#pragma once

#include <string_view>

namespace jetcapture::host {

std::string_view page_html();

} // namespace jetcapture::host
