#include "tools/tool.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace jetcapture::test;

namespace {

nlohmann::json stage_named(const nlohmann::json &found, const std::string &kind, const std::string &name) {
  for (const auto &stage : found["stages"])
    if (stage["kind"] == kind && stage["name"] == name)
      return stage;
  return nullptr;
}

std::string reason_of(const nlohmann::json &found, const std::string &file_name) {
  for (const auto &file : found["unusable"])
    if (std::filesystem::path(file["file"].get<std::string>()).filename() == file_name)
      return file["reason"];
  return "";
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("plugins lists each stage with its kind, version, ABI, payloads, summary and file") {
  const ToolRun run = run_tool({"plugins"});
  CHECK(run.status == 0);
  CHECK(has(run.out, "decoder  json"));
  CHECK(has(run.out, "ABI 1.0, produces jetcapture.record/1, " JETCAPTURE_PLUGINS "/json.so"));
  CHECK(has(run.out, "store    file"));

  const nlohmann::json found = run_tool({"plugins", "--json"}).json();
  const nlohmann::json csv = stage_named(found, "writer", "csv");
  REQUIRE(csv.is_object());
  CHECK(csv["file"] == JETCAPTURE_PLUGINS "/csv.so");
  CHECK(csv["suffix"] == ".csv");
  CHECK(csv["accepts"] == nlohmann::json({"jetcapture.record/1", "jetcapture.message/1"}));
  CHECK(found["unusable"].empty());
}

TEST_CASE("plugins NAME shows one stage with its options, their kinds and defaults, and an example") {
  const ToolRun run = run_tool({"plugins", "file"});
  CHECK(run.status == 0);
  CHECK(has(run.out, "root=PATH"));
  CHECK(has(run.out, "[required]"));
  CHECK(has(run.out, "--store file --store-opt root="));

  const nlohmann::json found = run_tool({"plugins", "csv", "--json"}).json();
  CHECK(stage_named(found, "decoder", "csv").is_object());
  const nlohmann::json quote = stage_named(found, "writer", "csv")["options"][3];
  CHECK(quote["name"] == "quote");
  CHECK(quote["kind"] == "choice");
  CHECK(quote["default"] == "minimal");
  CHECK(quote["choices"] == nlohmann::json({"minimal", "all", "nonnumeric"}));
}

TEST_CASE("plugins lists a file that can't be used with the reason, and goes on") {
  const Folder folder;
  write_file(folder / "text.so", "not a library");
  std::filesystem::create_directory(folder / "folder.so");
  for (const char *name : {"good", "null_decode", "undefined_symbol", "abi2"})
    std::filesystem::copy_file(std::string(JETCAPTURE_FIXTURES "/") + name + ".so",
                               folder / (std::string(name) + ".so"));

  const nlohmann::json found = run_tool({"plugins", "--json", "--plugin-dir", folder.path()}).json();
  CHECK(stage_named(found, "decoder", "json").is_object());
  CHECK(stage_named(found, "decoder", "good").is_object());
  CHECK(has(reason_of(found, "text.so"), "is not an ELF shared library"));
  CHECK(has(reason_of(found, "folder.so"), "is a folder"));
  CHECK(has(reason_of(found, "null_decode.so"), "has no decode()"));
  CHECK(has(reason_of(found, "undefined_symbol.so"), "can't be loaded"));
  CHECK(has(reason_of(found, "abi2.so"), "is built for plug-in ABI 2"));
  const ToolRun text = run_tool({"plugins", "--plugin-dir", folder.path()});
  CHECK(text.status == 0);
  CHECK(has(text.out, "text.so: is not an ELF shared library"));
}

TEST_CASE("plugins loads nothing of a file whose symbols tell that it has no stage") {
  const Folder folder;
  std::filesystem::copy_file(JETCAPTURE_FIXTURES "/no_stage.so", folder / "no_stage.so");
  const ToolRun run = run_tool({"plugins", "--json", "--plugin-dir", folder.path()});
  CHECK(has(reason_of(run.json(), "no_stage.so"), "holds no jetcapture stage"));
}

TEST_CASE("plugins refuses an unknown name with the nearest one, and an unknown flag") {
  const ToolRun name = run_tool({"plugins", "jsn"});
  CHECK(name.status == 2);
  CHECK(has(name.err, "did you mean \"json\"?"));
  const ToolRun flag = run_tool({"plugins", "--jsn"});
  CHECK(flag.status == 2);
  CHECK(has(flag.err, "did you mean --json?"));
}

TEST_CASE("a word that is no command is refused with the nearest one") {
  const ToolRun run = run_tool({"plugin"});
  CHECK(run.status == 2);
  CHECK(has(run.err, "did you mean plugins?"));
}
