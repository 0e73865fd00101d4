#include "tools/tool.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace jetcapture::test;

TEST_CASE("valgrind finds nothing in any check of this project's plug-ins") {
  for (const auto &entry : std::filesystem::directory_iterator(JETCAPTURE_PLUGINS)) {
    // Arrow's allocator has a thread that is never ended, which valgrind counts as lost.
    if (entry.path().extension() != ".so" || entry.path().stem() == "parquet")
      continue;
    CAPTURE(entry.path().string());
    // An error of a check's process is its exit status, and so the check's failure.
    std::vector<std::string> command = {"check-plugin", entry.path(), "--cycles", "10", "--timeout", "4m"};
    const std::vector<std::string> needs = needs_of(entry.path().stem());
    command.insert(command.end(), needs.begin(), needs.end());
    const ToolRun run =
        run_tool(command, "",
                 {"valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"});
    CAPTURE(run.out);
    CAPTURE(run.err);
    CHECK(run.status == (needs_a_service(entry.path().stem()) ? 2 : 0));
    CHECK(run.out.find(" 0 failed\n") != std::string::npos);
  }
}
