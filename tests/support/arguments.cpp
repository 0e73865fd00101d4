#include "support/arguments.hpp"

#include <algorithm>
#include <cstdlib>

namespace jetcapture::test {

std::string argument(int argc, char **argv, const std::string &name, const std::string &otherwise) {
  for (int i = 1; i + 1 < argc; i++)
    if (argv[i] == name)
      return argv[i + 1];
  return otherwise;
}

bool has_argument(int argc, char **argv, const std::string &name) {
  return std::find(argv + 1, argv + argc, name) != argv + argc;
}

void use_server_of(int argc, char **argv) {
  if (const std::string server = argument(argc, argv, "--server", ""); !server.empty())
    ::setenv("JETCAPTURE_NATS_SERVER", server.c_str(), 1);
}

} // namespace jetcapture::test
