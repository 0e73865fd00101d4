// Plug-ins with one defect each: check-plugin has to find it by the check of its name, and by no other.
#include "tools/tool.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <future>

using namespace jetcapture::test;

namespace {

std::vector<std::string> checks_with(const nlohmann::json &report, const std::string &result) {
  std::vector<std::string> checks;
  for (const auto &one : report["results"])
    if (one["result"] == result)
      checks.push_back(one["check"]);
  return checks;
}

std::string joined(const std::vector<std::string> &texts) {
  std::string all;
  for (const std::string &text : texts)
    all += (all.empty() ? "" : " ") + text;
  return all;
}

// The defect's check fails alone; those that only warn warn.
void find_defects(const std::string &kind) {
  const Folder folder;
  write_file(folder / "sample", "sample");
  unsigned plugins = 0;
  for (const auto &entry : std::filesystem::directory_iterator(BROKEN_PLUGINS)) {
    const std::string name = entry.path().stem();
    const std::string check = name.substr(0, name.find('+'));
    if (entry.path().extension() != ".so" || !check.starts_with(kind))
      continue;
    plugins++;
    CAPTURE(name);
    std::vector<std::string> command = {"check-plugin", entry.path(), "--json", "--cycles", "300"};
    if (check == "decoder-samples")
      command.insert(command.end(), {"--sample", folder / "sample"});
    const ToolRun run = run_tool(command);
    CAPTURE(run.err);
    const bool only_warns = check == "file-exports" || check == "load-bindings" || check == "store-hash";
    CHECK(run.status == (only_warns ? 0 : 1));
    const auto failed = checks_with(run.json(), "failed");
    if (only_warns) {
      CHECK(failed.empty());
      const auto warned = checks_with(run.json(), "warned");
      CHECK(std::find(warned.begin(), warned.end(), check) != warned.end());
    } else {
      CHECK(joined(failed) == check);
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

TEST_CASE("check-plugin finds each defect of a broken reader by its own check") {
  find_defects("reader");
}

TEST_CASE("check-plugin finds each defect of a broken store by its own check") {
  find_defects("store-");
}

TEST_CASE("a store that can't tell what it has fails check-plugin, unless that is accepted") {
  const std::string store = BROKEN_PLUGINS "/store-provable.so";
  const ToolRun refused = run_tool({"check-plugin", store, "--cycles", "100"});
  CHECK(refused.status == 1);
  CHECK(refused.out.find("it has neither get() nor stat(), so it is not provable") != std::string::npos);
  CHECK(run_tool({"check-plugin", store, "--cycles", "100", "--accept-unprovable"}).status == 0);
}

TEST_CASE("a writer that refuses all payloads of check-plugin fails, and is checked with samples and their decoder") {
  const Folder folder;
  write_file(folder / "samples", "{\"id\":1}\n{\"id\":2}\n");
  const std::vector<std::string> command = {"check-plugin", BROKEN_PLUGINS "/particular/particular.so", "--json",
                                            "--cycles", "100"};
  const ToolRun without = run_tool(command);
  CHECK(without.status == 1);
  CHECK(joined(checks_with(without.json(), "failed")) == "writer-rows");
  CHECK(without.out.find("it refuses all records of simple values (bad data (the record has no column id))") !=
        std::string::npos);
  const auto skipped = checks_with(without.json(), "skipped");
  CHECK(std::find(skipped.begin(), skipped.end(), "writer-rollback") != skipped.end());
  auto with = command;
  with.insert(with.end(), {"--sample", folder / "samples", "--decoder", JETCAPTURE_PLUGINS "/json.so"});
  const ToolRun checked = run_tool(with);
  CHECK(checked.status == 1);
  CHECK(joined(checks_with(checked.json(), "failed")) == "writer-rollback");
  CHECK(run_tool({"check-plugin", JETCAPTURE_PLUGINS "/csv.so", "--decoder", JETCAPTURE_PLUGINS "/json.so"}).status ==
        2);
}

TEST_CASE("memory that grows once is no leak, however many cycles check-plugin does") {
  for (const char *cycles : {"100", "1000", "4000"}) {
    CAPTURE(cycles);
    const ToolRun run = run_tool({"check-plugin", BROKEN_PLUGINS "/sound/grows_once.so", "--json", "--cycles", cycles,
                                  "--only", "create-cycles"});
    CHECK(run.status == 0);
    CHECK(joined(checks_with(run.json(), "passed")) == "create-cycles");
  }
}

TEST_CASE("memory that the allocator keeps for a thread is no leak to check-plugin") {
  const ToolRun run = run_tool(
      {"check-plugin", BROKEN_PLUGINS "/sound/frees_all.so", "--json", "--cycles", "200", "--only", "create-cycles"});
  CHECK(joined(checks_with(run.json(), "passed")) == "create-cycles");
}

TEST_CASE("an option of check-plugin goes to the stages that have it, or to the one that it names") {
  const auto check = [](const std::string &option) {
    return run_tool({"check-plugin", BROKEN_PLUGINS "/sound/two_stages.so", "--only", "create-works", "--opt", option});
  };
  for (const char *good : {"width=5", "decoder.width=7", "two.width=5", "limit=5", "writer.width=6"})
    CHECK_MESSAGE(check(good).status == 0, good);
  const ToolRun both = check("width=7");
  CHECK(both.status == 2);
  CHECK(both.err.find("the writer two could not be checked: it does not start with these options: the writer has no "
                      "width of 7") != std::string::npos);
}

TEST_CASE("an option that no stage has, or whose value can't be read, ends check-plugin with a sentence") {
  struct Case {
    const char *option;
    const char *sentence;
  };
  for (const Case &one :
       {Case{"widht=5", "there is no such option; did you mean width?; there are width, limit, width"},
        Case{"writer.limit=5", "--opt writer.limit: there is no such option"},
        Case{"store.width=5", "names a stage that is not in the file; it has decoder two, writer two"},
        Case{"width", "has no \"=\""}, Case{"width=wide", "width"}}) {
    const ToolRun run = run_tool({"check-plugin", BROKEN_PLUGINS "/sound/two_stages.so", "--opt", one.option});
    CHECK(run.status == 2);
    CHECK(run.out.empty());
    CHECK_MESSAGE(run.err.find(one.sentence) != std::string::npos, run.err);
  }
}

TEST_CASE("plugins names a file that hangs when it is loaded, once, and lists the others") {
  const ToolRun run = run_tool({"plugins", "--json", "--plugin-dir", BROKEN_PLUGINS "/hanging"});
  CHECK(run.status == 0);
  const nlohmann::json found = run.json();
  CHECK(found["stages"].size() >= 5);
  REQUIRE(found["unusable"].size() == 1);
  CHECK(found["unusable"][0]["reason"] == "took more than 5 s");
}

TEST_CASE("a stage whose library hangs when it is loaded hangs neither its help nor the settings nor completion") {
  const auto run = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--plugin-dir", BROKEN_PLUGINS "/hanging", "--decoder", "hanging"});
    return std::async(std::launch::async, [arguments] { return run_tool(arguments); });
  };
  std::future<ToolRun> help = run({"--help"});
  std::future<ToolRun> settings = run({"--decoder-opt", "colour=red", "--decoder-opt", "width=5", "--print-config"});
  std::future<ToolRun> completion = std::async(std::launch::async, [] {
    return run_tool(
        {"__complete", "--plugin-dir", BROKEN_PLUGINS "/hanging", "--decoder", "hanging", "--decoder-opt", "col"});
  });
  const ToolRun helped = help.get();
  CHECK(helped.status == 2);
  CHECK(helped.out.empty());
  CHECK(helped.err == "jetcapture: decoder \"hanging\" can't be loaded: " BROKEN_PLUGINS
                      "/hanging/hanging.so took more than 5 s\n");
  const ToolRun shown = settings.get();
  CHECK(shown.status == 0);
  CHECK(shown.out.find("the decoder that could tell whether it is a secret can't be loaded") != std::string::npos);
  const ToolRun completed = completion.get();
  CHECK(completed.status == 0);
  CHECK(completed.out.empty());
}

TEST_CASE("try ends at a message whose decoder or writer asks to wait without end, and names the message") {
  const auto run = [](const std::string &lines) {
    return std::async(std::launch::async, [lines] {
      return run_tool({"try", "--plugin-dir", BROKEN_PLUGINS "/waiting", "--decoder", "waiting", "--writer", "waiting"},
                      lines);
    });
  };
  std::future<ToolRun> decoder = run("good\ndecoder\nother\n");
  std::future<ToolRun> writer = run("good\nother\nwriter\n");
  const ToolRun decoded = decoder.get();
  CHECK(decoded.status == 1);
  CHECK(decoded.err.find("jetcapture: the decoder waiting has asked to wait at message 2 for 10s (the schema is not "
                         "there); that message and those behind it were not tried\n") != std::string::npos);
  CHECK(decoded.out.find("5 bytes\nline\n") != std::string::npos);
  const ToolRun written = writer.get();
  CHECK(written.status == 1);
  CHECK(written.err.find("the writer waiting has asked to wait at message 3 for 10s (the dictionary is not there)") !=
        std::string::npos);
  CHECK(written.out.find("10 bytes\nline\nline\n") != std::string::npos);
}

TEST_CASE("a plug-in that calls another library than its own is told when it is loaded, once") {
  const std::string plugin = BROKEN_PLUGINS "/load-bindings.so";
  const ToolRun run = run_tool({"try", "--decoder", plugin, "--writer", "ndjson", "--quiet"}, "text");
  CHECK(run.status == 0);
  const std::string warning = "a plug-in calls a library that the host has loaded, and not the one that it was linked "
                              "with; jetcapture check-plugin names the functions and tells what to do\" plugin=";
  const std::size_t at = run.err.find(warning);
  REQUIRE_MESSAGE(at != std::string::npos, run.err);
  CHECK(run.err.find(warning, at + 1) == std::string::npos);
  CHECK(run.err.find("/load-bindings.so library=", at) != std::string::npos);
  CHECK(run.err.find("libcrypto.so", at) != std::string::npos);
  CHECK(run.err.find("symbols=1\n", at) != std::string::npos);
  CHECK(run_tool({"try", "--decoder", "json", "--writer", "ndjson", "--quiet"}, "{}").err.empty());
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
