#include "support/readers.hpp"

#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace jetcapture::test {

std::string reader_python() {
  return JETCAPTURE_PYTHON;
}

bool skipped_without(const std::string &module) {
  if (std::system((reader_python() + " -c 'import " + module + "' > /dev/null 2>&1").c_str()) == 0)
    return false;
  const std::string reason = "it needs the Python module " + module + ", which " + reader_python() +
                             " does not have; tests/run.sh installs it";
  const char *const ci = std::getenv("CI");
  if (ci != nullptr && std::string(ci) == "true")
    FAIL(reason);
  std::printf("skipped: %s\n", reason.c_str());
  return true;
}

std::string printed_by_python(const std::string &script, const std::string &arguments) {
  const Folder folder;
  write_file(folder / "script.py", script);
  const std::string command = reader_python() + " " + (folder / "script.py") + " " + arguments + " > " +
                              (folder / "printed") + " 2> " + (folder / "said");
  if (std::system(command.c_str()) != 0)
    throw std::runtime_error(command + " failed: " + read_file(folder / "said"));
  return read_file(folder / "printed");
}

} // namespace jetcapture::test
