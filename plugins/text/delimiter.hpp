// What stands between the fields of a row, as a user writes it.
#pragma once

#include <string>

namespace jetcapture::plugins {

// One byte: as it is, "tab", or an escape such as \t or \x1f. Throws Misconfigured: more or less than one, or one that
// can't be told from values, quotes or line ends.
char delimiter_of(const std::string &text);

} // namespace jetcapture::plugins
