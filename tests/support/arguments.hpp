// The arguments of the test programs that are run by hand: soak, steady, growth.
#pragma once

#include <string>

namespace jetcapture::test {

// The value behind the argument of that name.
std::string argument(int argc, char **argv, const std::string &name, const std::string &otherwise);

// Whether it is there.
bool has_argument(int argc, char **argv, const std::string &name);

// Servers that are started from now on are those of --server PATH, where it is given. Before any thread is started.
void use_server_of(int argc, char **argv);

} // namespace jetcapture::test
