#include "support/backup.hpp"
#include "support/sequences.hpp"
#include "support/server.hpp"
#include "tools/tool.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

// A stream of 100 messages, of which a consumer has acked 1 to 90.
struct Acked {
  Server server;
  Client client;
  Folder folder;
  BackupChain writer{{"ORDERS", "backup", "3f9a"}, into_folder(folder.path())};

  // configuration: of the server. admin: who may do all there, as "name:password@".
  explicit Acked(const std::string &configuration = "", const std::string &admin = "")
      : server(configuration), client(url(admin)) {
    client.make_stream("ORDERS", {"orders.>"});
    client.make_consumer("ORDERS", "backup");
    client.publish(100, [](std::size_t i) { return Message{.subject = "orders.x", .data = std::to_string(i)}; });
    client.consume("ORDERS", "backup", 90);
    writer.header.stream_created = client.api("STREAM.INFO.ORDERS")["created"];
  }
  std::string url(const std::string &user) const { return "nats://" + user + server.url().substr(7); }
  ToolRun verify(const std::string &user = "") const {
    return run_tool({"verify", "--against-stream", "--json", "--stream", "ORDERS", "--consumer", "backup", "--server",
                     url(user), "--store", "file", "--store-opt", "root=" + folder.path().string()});
  }
};

nlohmann::json sequences(const nlohmann::json &report, const std::string &kind) {
  for (const auto &one : report.at("findings"))
    if (one["kind"] == kind)
      return one["sequences"];
  return nullptr;
}

} // namespace

TEST_CASE("a backup that has all acked messages of its stream is good, whatever else the stream has") {
  Acked acked;
  acked.writer.write_and_store({acked.writer.block("eu", from_to(1, 60))});
  Manifest rest = manifest_of({});
  rest.filtered = {{61, 80}};
  rest.terminated = {{81, 90}};
  acked.writer.write(rest);
  const ToolRun run = acked.verify();
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(run.json()["compared_with_stream"] == nlohmann::json({1, 90}));
  // Nothing is left on the server.
  CHECK(acked.client.api("STREAM.INFO.ORDERS")["state"]["consumer_count"] == 1);
}

TEST_CASE("an acked message that is in the stream and in no manifest is missing") {
  Acked acked;
  acked.writer.write_and_store({acked.writer.block("eu", from_to(5, 60)), acked.writer.block("us", from_to(62, 88))});
  const ToolRun run = acked.verify();
  INFO(run.out << run.err);
  CHECK(run.status == 1);
  CHECK(sequences(run.json(), "missing") == nlohmann::json::parse("[[1,4],[61,61],[89,90]]"));
}

TEST_CASE("verify --against-stream needs no more permissions than the README lists, and each that it needs") {
  const std::vector<std::string> needed = {"STREAM.INFO.ORDERS", "CONSUMER.INFO.ORDERS.backup",
                                           "CONSUMER.CREATE.ORDERS", "CONSUMER.MSG.NEXT.ORDERS.*"};
  const auto compared = [](std::vector<std::string> subjects) {
    std::string publish = "\"$JS.API.CONSUMER.DELETE.ORDERS.*\"";
    for (const std::string &subject : subjects)
      publish += ", \"$JS.API." + subject + "\"";
    Acked acked("authorization { users: [ { user: admin, password: pw }, { user: check, password: pw, "
                "permissions: { publish: [ " +
                    publish + " ], subscribe: \"_INBOX.>\" } } ] }\n",
                "admin:pw@");
    acked.writer.write_and_store({acked.writer.block("eu", from_to(1, 60))});
    const ToolRun run = acked.verify("check:pw@");
    CHECK(acked.client.api("STREAM.INFO.ORDERS")["state"]["consumer_count"] == 1);
    return run;
  };
  const ToolRun whole = compared(needed);
  CHECK_MESSAGE(whole.status == 1, whole.err);
  CHECK(sequences(whole.json(), "missing") == nlohmann::json::array({nlohmann::json::array({61, 90})}));
  for (const std::string &subject : needed) {
    std::vector<std::string> rest = needed;
    std::erase(rest, subject);
    const ToolRun lacks = compared(rest);
    CHECK_MESSAGE((lacks.status == 2 || lacks.status == 3), subject << ": " << lacks.out);
    const std::string named = "$JS.API." + subject.substr(0, subject.find('*'));
    CHECK_MESSAGE((lacks.out + lacks.err).find(named) != std::string::npos, lacks.out << lacks.err);
  }
}

TEST_CASE("a message that no manifest records and that the stream has no more could not be told") {
  Acked acked;
  acked.writer.write_and_store({acked.writer.block("eu", from_to(1, 3)), acked.writer.block("eu", from_to(10, 49)),
                                acked.writer.block("eu", from_to(51, 90))});
  acked.client.api("STREAM.PURGE.ORDERS", {{"seq", 21}});
  acked.client.api("STREAM.MSG.DELETE.ORDERS", {{"seq", 50}});
  const ToolRun run = acked.verify();
  INFO(run.out << run.err);
  CHECK(run.status == 3);
  CHECK(sequences(run.json(), "gone") == nlohmann::json::parse("[[4,9]]"));
  CHECK(sequences(run.json(), "gap") == nlohmann::json::parse("[[50,50]]"));
}

TEST_CASE("what is recorded of an earlier stream of the same name says nothing of this one") {
  Acked acked;
  acked.writer.header.stream_created = "2020-01-01T00:00:00Z";
  acked.writer.write_and_store({acked.writer.block("eu", from_to(1, 90))});
  const ToolRun run = acked.verify();
  CHECK(run.status == 1);
  CHECK(sequences(run.json(), "missing") == nlohmann::json::parse("[[1,90]]"));
}

TEST_CASE("with a deleted consumer or stream it could not be told what has to be in the backup") {
  Acked acked;
  acked.writer.write_and_store({acked.writer.block("eu", from_to(1, 90))});
  for (const char *deletion : {"CONSUMER.DELETE.ORDERS.backup", "STREAM.DELETE.ORDERS"}) {
    CAPTURE(deletion);
    acked.client.api(deletion);
    const ToolRun run = acked.verify();
    INFO(run.out << run.err);
    CHECK(run.status == 3);
    CHECK(run.json()["counts"]["consumer_gone"] == 1);
    CHECK(run.json()["compared_with_stream"] == nullptr);
  }
}

TEST_CASE("without a stream or a consumer the comparison is refused with what helps") {
  const Folder folder;
  const ToolRun run =
      run_tool({"verify", "--against-stream", "--store", "file", "--store-opt", "root=" + folder.path().string()});
  CHECK(run.status == 2);
  CHECK(run.err.find("--against-stream needs the stream and the consumer") != std::string::npos);
}
