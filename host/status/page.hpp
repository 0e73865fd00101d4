// The page at "/": one HTML file that needs no other, built from page.html.
//
// It comes with what is known when it is asked for, and lives by /events from then on.
#pragma once

#include <string>
#include <string_view>

namespace jetcapture::host {

// first: JSON, as the page's script expects it.
std::string page_html(std::string_view first);

} // namespace jetcapture::host
