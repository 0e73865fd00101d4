// The guide's code is the templates' code, which templates_test.cpp builds and runs.
#include "support/folder.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;

TEST_CASE("every code block of the guide that names a file is that file") {
  const std::string guide = read_file(SOURCE_FOLDER "/sdk/README.md");
  const std::string mark = "<!-- file: ";
  std::size_t count = 0;
  for (std::size_t at = guide.find(mark); at != std::string::npos; at = guide.find(mark, at + 1)) {
    const std::size_t name = at + mark.size();
    const std::string file = guide.substr(name, guide.find(" -->", name) - name);
    const std::size_t begin = guide.find('\n', guide.find("```", at)) + 1;
    CAPTURE(file);
    CHECK(guide.substr(begin, guide.find("```", begin) - begin) ==
          read_file(SOURCE_FOLDER "/examples/plugins/" + file));
    count++;
  }
  CHECK(count == 3);
}
