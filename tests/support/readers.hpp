// Other people's readers of what we write, in the Python that tests/support/pyarrow.sh fills.
#pragma once

#include <string>

namespace jetcapture::test {

// That Python.
std::string reader_python();

// True where it has no such module: CTest counts the test as skipped, with the reason. With CI=true the test fails
// instead.
bool skipped_without(const std::string &module);

// What the script prints. Throws with its output when it fails. arguments: shell words.
std::string printed_by_python(const std::string &script, const std::string &arguments = "");

} // namespace jetcapture::test
