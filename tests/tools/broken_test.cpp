// Plug-ins with one defect each: check-plugin has to find it by the check of its name, and by no other.
#include "tools/tool.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

using namespace jetcapture::test;

namespace {

std::vector<std::string> checks_with(const nlohmann::json &report, const std::string &result) {
  std::vector<std::string> checks;
  for (const auto &one : report["results"])
    if (one["result"] == result)
      checks.push_back(one["check"]);
  return checks;
}

// The defect's check fails alone; those that only warn warn.
void find_defects(const std::string &kind) {
  const Folder folder;
  write_file(folder / "sample", "sample");
  unsigned plugins = 0;
  for (const auto &entry : std::filesystem::directory_iterator(BROKEN_PLUGINS)) {
    const std::string check = entry.path().stem();
    if (entry.path().extension() != ".so" || !check.starts_with(kind))
      continue;
    plugins++;
    CAPTURE(check);
    std::vector<std::string> command = {"check-plugin", entry.path(), "--json", "--cycles", "300"};
    if (check == "decoder-samples")
      command.insert(command.end(), {"--sample", folder / "sample"});
    const ToolRun run = run_tool(command);
    CAPTURE(run.out);
    CAPTURE(run.err);
    const bool only_warns = check == "file-exports" || check == "load-bindings" || check == "store-hash";
    CHECK(run.status == (only_warns ? 0 : 1));
    const auto failed = checks_with(run.json(), "failed");
    if (only_warns) {
      CHECK(failed.empty());
      const auto warned = checks_with(run.json(), "warned");
      CHECK(std::find(warned.begin(), warned.end(), check) != warned.end());
    } else {
      CHECK(failed == std::vector{check});
    }
  }
  CHECK(plugins > 0);
}

} // namespace

TEST_CASE("check-plugin finds each defect of a broken library by its own check") {
  find_defects("file-");
  find_defects("load-");
}

TEST_CASE("check-plugin finds each defect of a broken description or create() by its own check") {
  find_defects("description");
  find_defects("option-");
  find_defects("create-");
}

TEST_CASE("check-plugin finds each defect of a broken decoder by its own check") {
  find_defects("decoder-");
}

TEST_CASE("check-plugin finds each defect of a broken writer by its own check") {
  find_defects("writer-");
}

TEST_CASE("check-plugin finds each defect of a broken store by its own check") {
  find_defects("store-");
}

TEST_CASE("each check of check-plugin has a broken plug-in of its own") {
  const std::string list = run_tool({"check-plugin", "--list"}).out;
  std::size_t checks = 0;
  for (std::size_t at = 0; at < list.size(); at = list.find('\n', at) + 1, checks++) {
    const std::string check = list.substr(at, list.find(' ', at) - at);
    CAPTURE(check);
    CHECK(std::filesystem::exists(std::string(BROKEN_PLUGINS "/") + check + ".so"));
  }
  CHECK(checks > 50);
}

TEST_CASE("a crash in a plug-in is a result of check-plugin, with the signal") {
  const ToolRun run = run_tool({"check-plugin", BROKEN_PLUGINS "/decoder-random.so", "--cycles", "300"});
  CHECK(run.status == 1);
  CHECK(run.out.find("the check was killed by SIGABRT") != std::string::npos);
}
