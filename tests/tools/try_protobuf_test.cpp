#include "tools/tool.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;

namespace {

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

ToolRun try_orders(const std::string &writer, const std::vector<std::string> &options, const std::string &file) {
  std::vector<std::string> command = {"try", "--decoder", "protobuf", "--writer", writer, "--whole"};
  for (const std::string &option : options)
    command.insert(command.end(), {"--decoder-opt", option});
  command.push_back(file);
  return run_tool(command);
}

const std::string descriptors = "descriptors=" JETCAPTURE_PROTOS "/orders.pb";
const std::string order = JETCAPTURE_PROTOS "/order.bin";

} // namespace

TEST_CASE("try shows a message that protoc has encoded as a record, and as a line of JSON") {
  const ToolRun run = try_orders("ndjson", {descriptors, "message=shop.Order", "key=field:/region"}, order);
  CHECK(run.status == 0);
  CHECK(has(run.out, "key eu: record id=7, region=\"eu\""));
  CHECK(has(run.out, R"({"id":7,"region":"eu","total":21.8,"state":"PAID",)"
                     R"("customer":{"name":"Ada","region":"","age":36},"lines":[{"sku":"margherita","quantity":2}],)"
                     R"("placed":"2026-11-24T12:00:00.25Z","note":null})"
                     "\n"));
  CHECK(run.err.empty());
}

TEST_CASE("try shows lists and structs with the names of their fields") {
  const ToolRun run = try_orders("ndjson", {descriptors, "message=shop.Order", "nested=structs"}, order);
  CHECK(run.status == 0);
  CHECK(has(run.out, "customer={name=\"Ada\", region=\"\", age=36}, lines=[{sku=\"margherita\", quantity=2}]"));
}

TEST_CASE("try shows chosen fields of a protobuf message as CSV") {
  const ToolRun run =
      try_orders("csv", {descriptors, "message=shop.Order", "fields=/id,name=/customer/name,/state:integer"}, order);
  CHECK(run.status == 0);
  CHECK(has(run.out, "id,name,state\n7,Ada,1\n"));
}

TEST_CASE("try puts a damaged protobuf message into quarantine with the reason, and libprotobuf writes nothing") {
  const Folder folder;
  write_file(folder / "damaged", "\x12\x01\xff");
  const ToolRun run = try_orders("ndjson", {descriptors, "message=shop.Order"}, folder / "damaged");
  CHECK(run.status == 1);
  CHECK(has(run.out, "bad data: the data can't be read as shop.Order: the text of field region is not UTF-8"));
  CHECK(has(run.out, "--- _quarantine/"));
  CHECK_FALSE(has(run.err, "libprotobuf"));
}

TEST_CASE("a wrong message type ends try with one sentence that names the right one") {
  const ToolRun run = try_orders("csv", {descriptors, "message=shop.Oder"}, order);
  CHECK(run.status == 2);
  CHECK(has(run.err, "the option message is \"shop.Oder\""));
  CHECK(has(run.err, "there are shop.Order, "));
  const ToolRun missing = try_orders("csv", {descriptors}, order);
  CHECK(missing.status == 2);
  CHECK(has(missing.err, "message"));
}
