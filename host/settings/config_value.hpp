// The text of a value in the file of --config: as it stands, in "…" with escapes, or literally in '…'.
//
// A comment begins with '#' or ';' at the begin of a line, or after a blank or a tab outside quotes. In "…" a backslash
// begins \" \\ \n \t \r or \xHH. Quotes within a value that does not begin with one are part of it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace jetcapture::host {

// Where the comment of a line without quotes begins: npos where it has none.
std::size_t comment_begin(std::string_view line);

// What is wrong with a value, as a clause that names the fix.
struct ConfigValueError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// text: what is behind the '=' of one line, with a comment perhaps. Throws ConfigValueError where it could mean two
// things.
std::string read_config_value(std::string_view text);

// As read_config_value() takes it, in quotes only where it has to be: any text without a NUL.
std::string config_value_text(std::string_view value);

} // namespace jetcapture::host
