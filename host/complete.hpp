// Completion of a command line, for the shells' scripts in host/completion: `jetcapture __complete WORD… CURSOR-WORD`.
//
// Answers with one candidate a line, a tab and its help; or with ":files" or ":folders", which the shell completes itself. A candidate
// that ends in '=' goes on with its value. Never fails: what can't be told gives no candidates.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace jetcapture::host {

// words: those before the cursor, without the program's name, then the one under it, which may be empty.
void complete(const std::vector<std::string> &words, const char *const *environment, std::ostream &out);

} // namespace jetcapture::host
