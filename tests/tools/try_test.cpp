#include "support/server.hpp"
#include "tools/tool.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace jetcapture::test;

namespace {

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

const std::vector<std::string> json_to_csv = {"try",      "--decoder", "json", "--decoder-opt", "key=field:/region",
                                              "--writer", "csv"};

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string> &more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

} // namespace

TEST_CASE("try shows the key and the payload of each line of standard input, and the blocks") {
  const ToolRun run = run_tool(json_to_csv, R"({"id":1,"region":"eu"})"
                                            "\n"
                                            R"({"id":2,"region":"us","note":"a\"b"})"
                                            "\n");
  CHECK(run.status == 0);
  CHECK(has(run.out, "message 1, try, 22 bytes\n  key eu: record id=1, region=\"eu\"\n"));
  CHECK(has(run.out, "  key us: record id=2, region=\"us\", note=\"a\\\"b\"\n"));
  CHECK(has(run.out, "--- eu/"));
  CHECK(has(run.out, "id,region\n1,eu\n"));
  CHECK(has(run.out, "2 messages, 0 filtered out, 0 bad; 2 blocks"));
}

TEST_CASE("try shows decimals and dates with their digits") {
  const ToolRun run =
      run_tool({"try", "--decoder", "json", "--decoder-opt", "fields=/total:decimal,/day:date", "--writer", "csv"},
               R"({"total":-12.50,"day":"2026-11-27"})"
               "\n"
               R"({"total":1e400,"day":"0001-01-01"})"
               "\n");
  CHECK(run.status == 0);
  CHECK(has(run.out, "record total=-12.50, day=2026-11-27\n"));
  CHECK(has(run.out, "record total=1e400, day=-719162 days since 1970-01-01\n"));
}

TEST_CASE("try shows why a message is bad, puts it into quarantine as a capture does, and ends with status 1") {
  const ToolRun run = run_tool(json_to_csv, "no JSON\n{\"id\":1,\"region\":\"eu\"}\n");
  CHECK(run.status == 1);
  CHECK(has(run.out, "  bad data: the data is not JSON"));
  CHECK(has(run.out, "--- _quarantine/"));
  CHECK(has(run.out, "1,eu\n"));
}

TEST_CASE("try takes whole files as messages, with subject and headers") {
  const Folder folder;
  write_file(folder / "one", "first\nline");
  write_file(folder / "two", "second");
  const ToolRun run =
      run_tool({"try", "--decoder", "message", "--decoder-opt", "key=header:Kind", "--writer", "ndjson", "--whole",
                "--subject", "orders.eu", "--header", "Kind=x", folder / "one", folder / "two"});
  CHECK(run.status == 0);
  CHECK(has(run.out, "message 2, orders.eu, 6 bytes\n  key x: the whole message\n"));
  CHECK(has(run.out, R"("data":"first\nline")"));
  CHECK(has(run.out, R"("subject":"orders.eu")"));
}

TEST_CASE("try --out writes the blocks into a folder, as the file store does") {
  const Folder folder;
  const ToolRun run = run_tool(
      with(json_to_csv, {"--out", folder / "out", "--compression", "gzip", "--path-template", "{key}", "--quiet"}),
      "{\"id\":1,\"region\":\"eu\"}\n");
  CHECK(run.status == 0);
  CHECK(run.out.empty());
  const std::vector<std::string> files = files_below(folder / "out");
  REQUIRE(files.size() == 1);
  CHECK(files.front().starts_with("eu/"));
  CHECK(gunzip(read_file(folder.path() / "out" / files.front())) == "id,region\n1,eu\n");
}

TEST_CASE("try --last reads the last messages of a stream without a consumer") {
  const Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(5, [](std::size_t i) {
    const std::string number = std::to_string(i + 1);
    return Message{"orders.eu", R"({"id":)" + number + "}", {{"Trace", number}}};
  });
  const ToolRun run = run_tool(
      {"try", "--server", server.url(), "--stream", "S", "--last", "2", "--decoder", "message", "--writer", "ndjson"});
  CHECK(run.status == 0);
  CHECK(has(run.out, "message 4, orders.eu"));
  CHECK(has(run.out, "message 5, orders.eu"));
  CHECK_FALSE(has(run.out, "message 3,"));
  CHECK(has(run.out, R"(["Trace","5"])"));
  CHECK(client.api("STREAM.INFO.S")["state"]["consumer_count"] == 0);
}

TEST_CASE("try refuses stages that do not fit, a missing file and a stream that is not there, each in one sentence") {
  const ToolRun misfit = run_tool({"try", "--decoder", "json", "--writer", "raw"});
  CHECK(misfit.status == 2);
  CHECK(has(misfit.err, "choose a writer that accepts what the decoder produces"));
  const ToolRun missing = run_tool(with(json_to_csv, {"/no/such/file"}));
  CHECK(missing.status == 2);
  CHECK(has(missing.err, "/no/such/file can't be read: No such file or directory"));
  const Server server;
  const ToolRun stream = run_tool(with(json_to_csv, {"--server", server.url(), "--stream", "NONE", "--last", "1"}));
  CHECK(stream.status == 2);
  CHECK(has(stream.err, "the stream NONE can't be read: stream not found"));
}

TEST_CASE("try leaves nothing in the temporary folder") {
  const Folder folder;
  ::setenv("TMPDIR", folder.path().c_str(), 1);
  const ToolRun run = run_tool(json_to_csv, "{\"id\":1,\"region\":\"eu\"}\n");
  ::unsetenv("TMPDIR");
  CHECK(run.status == 0);
  CHECK(std::filesystem::is_empty(folder.path()));
}
