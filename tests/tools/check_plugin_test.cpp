#include "tools/tool.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace jetcapture::test;

TEST_CASE("each plug-in of this project passes check-plugin") {
  for (const auto &entry : std::filesystem::directory_iterator(JETCAPTURE_PLUGINS)) {
    if (entry.path().extension() != ".so")
      continue;
    CAPTURE(entry.path().string());
    std::vector<std::string> command = {"check-plugin", entry.path(), "--json", "--cycles", "200"};
    const std::vector<std::string> needs = needs_of(entry.path().stem());
    command.insert(command.end(), needs.begin(), needs.end());
    const ToolRun run = run_tool(command);
    // Arrow's allocator starts a thread as soon as its library is loaded: plugins/parquet/README.md says so.
    const bool has_arrow = entry.path().stem() == "parquet";
    const bool is_remote = needs_a_service(entry.path().stem());
    if (!has_arrow)
      CHECK(run.status == (is_remote ? 2 : 0));
    if (is_remote)
      CHECK(run.err.find("could not be checked: it ") != std::string::npos);
    unsigned passed = 0;
    const nlohmann::json report = run.json();
    for (const auto &result : report["results"]) {
      CAPTURE(result.dump());
      if (has_arrow && result["check"] == "load-process")
        continue;
      CHECK(result["result"] != "failed");
      passed += result["result"] == "passed" ? 1 : 0;
    }
    CHECK(passed >= 8);
  }
}

TEST_CASE("check-plugin prints a line a check, and names what can't be checked") {
  const ToolRun run = run_tool({"check-plugin", JETCAPTURE_PLUGINS "/json.so", "--cycles", "50"});
  CHECK(run.status == 0);
  CHECK(run.out.find("passed  decoder-empty") != std::string::npos);
  CHECK(run.out.find(" 0 failed\n") != std::string::npos);
  const ToolRun text = run_tool({"check-plugin", "/etc/hostname"});
  CHECK(text.status == 2);
  CHECK(text.err.find("is not an ELF shared library") != std::string::npos);
  const ToolRun unknown = run_tool({"check-plugin", JETCAPTURE_PLUGINS "/json.so", "--only", "no-such-check"});
  CHECK(unknown.status == 2);
}

TEST_CASE("check-plugin decodes the samples that are given") {
  const Folder folder;
  write_file(folder / "good", R"({"id":1})");
  write_file(folder / "bad", "no JSON");
  const std::vector<std::string> command = {"check-plugin", JETCAPTURE_PLUGINS "/json.so", "--only", "decoder-samples"};
  auto good = command;
  good.insert(good.end(), {"--sample", folder / "good"});
  CHECK(run_tool(good).status == 0);
  auto bad = good;
  bad.insert(bad.end(), {"--sample", folder / "bad"});
  const ToolRun run = run_tool(bad);
  CHECK(run.status == 1);
  CHECK(run.out.find("the sample \"no JSON\" can't be decoded") != std::string::npos);
}
