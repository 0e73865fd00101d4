// `jetcapture restore` on backups that no host wrote, as far as their manifests go.
#include "support/backup.hpp"
#include "support/folder.hpp"
#include "support/program.hpp"
#include "support/sequences.hpp"
#include "support/server.hpp"
#include "tools/round_trip.hpp"
#include "tools/tool.hpp"

#include <chrono>
#include <filesystem>
#include <stdexcept>

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using nlohmann::json;

namespace {

// A backup of the stream ORDERS with 20 messages, and its folder.
class OrdersBackup {
public:
  // declared: a manifest says of its blocks that they are stored.
  explicit OrdersBackup(bool declared = true) {
    BackupChain first({"ORDERS", "backup", "3f9a"}, into_folder(root()));
    first.header.written = 1'000'000'000;
    first.header.decoder.name = "message";
    first.header.writer.name = "ndjson";
    Manifest manifest = manifest_of({first.block("eu", from_to(1, 12)), first.block("us", from_to(13, 20))});
    manifest.configurations = {
        {"stream", "ORDERS", json{{"name", "ORDERS"}, {"subjects", {"orders.>"}}, {"max_age", 0}}.dump()},
        {"consumer", "backup", json{{"durable_name", "backup"}}.dump()},
        {"consumer", "former", json{{"durable_name", "former"}}.dump()}};
    first.write(manifest);
    for (const BlockLine &line : manifest.lines)
      first.store(line);
    if (declared) {
      Manifest declaring;
      declaring.done = {{1, 0, 1}};
      first.write(declaring);
    }
    // A host that began later: one consumer is not there any more, another one is new.
    BackupChain later({"ORDERS", "backup", "4b0c"}, into_folder(root()));
    later.header.written = 2'000'000'000;
    later.header.ack_floor = 17;
    Manifest start;
    start.configurations = {{"stream", "ORDERS", json{{"name", "ORDERS"}, {"subjects", {"orders.>", "more.>"}}}.dump()},
                            {"consumer", "backup", json{{"durable_name", "backup"}}.dump()},
                            {"consumer", "billing", json{{"durable_name", "billing"}}.dump()}};
    later.write(start);
  }
  std::string root() const { return folder_ / "backup"; }

private:
  Folder folder_;
};

ToolRun restore(const OrdersBackup &backup, const Server &server, std::vector<std::string> more) {
  std::vector<std::string> arguments = {"restore",  "--store", "file",     "--store-opt", "root=" + backup.root(),
                                        "--stream", "ORDERS",  "--server", server.url()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_tool(arguments);
}

} // namespace

TEST_CASE("a restore without yes says what it would make and makes nothing") {
  const OrdersBackup backup;
  const Server server;
  Client client(server.url());
  const ToolRun run = restore(backup, server, {"--exact", "--to-stream", "BACK"});
  CHECK_MESSAGE(run.status == 0, run.err);
  CHECK(run.out.find("would make the stream BACK from the backup of ORDERS, which has 20 messages") == 0);
  CHECK(run.out.find("up to sequence 20; nats-server 2.") != std::string::npos);
  CHECK(run.out.find("its consumer backup, where that is durable, would begin with sequence 18") != std::string::npos);
  CHECK(run.out.find("its consumer billing, where that is durable, would begin where its configuration says") !=
        std::string::npos);
  CHECK(run.out.find("former") == std::string::npos);
  CHECK(client.api("STREAM.NAMES").value("total", 0) == 0);
  const json plan = restore(backup, server, {"--exact", "--to-stream", "BACK", "--json"}).json();
  CHECK(plan.at("made") == false);
  CHECK(plan.at("messages") == 20);
}

TEST_CASE("blocks that are stored and not declared yet count for what a restore would make") {
  const OrdersBackup backup(false);
  const Server server;
  Client client(server.url());
  client.make_stream("INTO", {"into.>"});
  CHECK(restore(backup, server, {"--exact", "--to-stream", "BACK", "--json"}).json().at("messages") == 20);
  CHECK(restore(backup, server, {"--publish", "--to-stream", "INTO", "--json"}).json().at("messages") == 20);
}

TEST_CASE("a part of a backup may be restored where there is no space for the whole") {
  const OrdersBackup backup;
  const Server server(
      "accounts { SMALL: { jetstream: { max_file: 100, max_mem: 0 }, users: [ { user: u, password: p } ] } }\n"
      "no_auth_user: u\n");
  const ToolRun whole = restore(backup, server, {"--exact", "--to-stream", "BACK"});
  CHECK(whole.status == 2);
  CHECK(whole.err.find("the account has no room for the stream") != std::string::npos);
  CHECK(restore(backup, server, {"--exact", "--to-stream", "BACK", "--up-to", "12"}).status == 0);
}

TEST_CASE("a restore looks at the subjects that the newest manifest has") {
  const OrdersBackup backup;
  const Server server;
  Client client(server.url());
  client.make_stream("LIVE", {"more.here"});
  const ToolRun run = restore(backup, server, {"--exact", "--to-stream", "BACK"});
  CHECK(run.status == 2);
  CHECK(run.err.find("the stream LIVE has the subject more.>") != std::string::npos);
  CHECK(restore(backup, server, {"--exact", "--to-stream", "BACK", "--to-subject", "back.>"}).status == 0);
}

TEST_CASE("a restore by publishing says where it would go on") {
  const OrdersBackup backup;
  const Server server;
  Client client(server.url());
  CHECK(restore(backup, server, {"--publish", "--to-stream", "INTO"}).status == 2);
  client.make_stream("INTO", {"orders.>"});
  CHECK(restore(backup, server, {"--publish", "--to-stream", "INTO"}).out ==
        "would publish the messages of ORDERS, of which the backup has 20 (143 B), into INTO, behind its sequence 0\n"
        "--yes publishes them; nobody else may publish there meanwhile\n");
  client.publish(1, [](std::size_t) {
    return Message{"orders.eu", "x", {{"Jetcapture-Stream", "ORDERS"}, {"Jetcapture-Sequence", "12"}}};
  });
  CHECK(restore(backup, server, {"--publish", "--to-stream", "INTO", "--json"}).json().at("published_before_up_to") ==
        12);
}

TEST_CASE("a restore is refused without its way and its stream and with flags of the other way") {
  const OrdersBackup backup;
  const Server server;
  for (const std::vector<std::string> &arguments : {std::vector<std::string>{"--to-stream", "BACK"},
                                                    {"--exact", "--publish", "--to-stream", "BACK"},
                                                    {"--exact"},
                                                    {"--exact", "--to-stream", "BACK", "--rate", "5"},
                                                    {"--publish", "--to-stream", "BACK", "--replicas", "3"},
                                                    {"--publish", "--to-stream", "BACK", "--rate", "0"},
                                                    {"--exact", "--to-stream", "BACK", "--replicas", "9"},
                                                    {"--exact", "--to-stream", "a.b"}})
    CHECK(restore(backup, server, arguments).status == 2);
}

namespace {

// A stream ORDERS with odd headers, deleted messages and a deleted end, captured.
class Orders {
public:
  explicit Orders(const Server &server, const std::string &writer = "ndjson") : backup_(server, "ORDERS") {
    Client client(server.url());
    client.make_stream("ORDERS", {"orders.>"}, {{"allow_rollup_hdrs", true}});
    client.publish(300, [](std::size_t i) {
      return Message{"orders." + std::to_string(i % 7), std::string(i * 10, 'x'), {{"Number", std::to_string(i)}}};
    });
    client.publish_exactly("orders.odd", "NATS/1.0\r\nB: 2\r\na:1\r\nB:  \r\nA:  x \r\n\r\n", "odd");
    client.publish_exactly("orders.odd", "NATS/1.0\r\n\r\n", "");
    client.publish(3, [](std::size_t) { return Message{"orders.end", ""}; });
    for (const int deleted : {1, 17, 18, 200, 305})
      client.api("STREAM.MSG.DELETE.ORDERS", {{"seq", deleted}});
    backup_.capture(writer);
  }
  const RoundTrip *operator->() const { return &backup_; }

private:
  RoundTrip backup_;
};

// Deletes the stream and has it back as it was.
void comes_back_whole(const std::string &writer, ServerLine line = ServerLine::usual) {
  CAPTURE(writer);
  const Server server("", line);
  Client client(server.url());
  const Orders orders(server, writer);
  const std::vector<json> before = messages_of(client, "ORDERS");
  client.api("STREAM.DELETE.ORDERS");
  const ToolRun run = orders->restore_exactly();
  CHECK_MESSAGE(run.status == 0, run.err);
  CHECK(run.out.find("made the stream ORDERS: 300 messages, each compared with the backup; sequences 2 to ") == 0);
  CHECK(messages_of(client, "ORDERS") == before);
  CHECK(client.consumer("ORDERS", "backup").at("name") == "backup");
  CHECK(client.api("STREAM.INFO.ORDERS").at("config").at("subjects") == json::array({"orders.>"}));
}

} // namespace

TEST_CASE("a captured stream that was deleted comes back with all that it had") {
  comes_back_whole("ndjson");
}

TEST_CASE("a captured stream comes back on a third line of servers as on the other two") {
  comes_back_whole("ndjson", ServerLine::middle);
}

#ifdef JETCAPTURE_HAS_PARQUET
TEST_CASE("a stream that was captured as Parquet comes back with all that it had") {
  comes_back_whole("parquet");
}
#endif

TEST_CASE("messages of a time or of a subject alone come back") {
  const Server server;
  Client client(server.url());
  const Orders orders(server);
  CHECK(orders->restore({"--exact", "--to-stream", "SOME", "--to-subject", "some", "--subject", "orders.odd"}).status ==
        0);
  CHECK(messages_of(client, "SOME").size() == 2);
  CHECK(orders->restore({"--exact", "--to-stream", "FEW", "--to-subject", "few", "--up-to", "20"}).status == 0);
  CHECK(messages_of(client, "FEW").size() == 17);
  CHECK(client.api("STREAM.INFO.FEW").at("state").at("last_seq") == 20);
}

TEST_CASE("the stream that was lost comes back although an empty one took its name and its capture went on") {
  const Server server;
  Client client(server.url());
  const Orders orders(server);
  const std::vector<json> before = messages_of(client, "ORDERS");
  client.api("STREAM.DELETE.ORDERS");
  client.make_stream("ORDERS", {"orders.>"});
  orders->capture();
  client.api("STREAM.DELETE.ORDERS");
  const ToolRun run = orders->restore_exactly();
  CHECK_MESSAGE(run.status == 0, run.err);
  CHECK(run.out.find("made the stream ORDERS: 300 messages") == 0);
  CHECK(messages_of(client, "ORDERS") == before);
}

TEST_CASE("a captured stream is published into another one") {
  const Server server;
  Client client(server.url());
  const Orders orders(server);
  client.make_stream("REPLAY", {"replay.>"});
  const ToolRun run = orders->restore({"--publish", "--to-stream", "REPLAY", "--subject-prefix", "replay."});
  CHECK_MESSAGE(run.status == 0, run.err);
  CHECK(run.out == "published 300 messages of ORDERS into REPLAY, which ends with sequence 300 now\n");
  CHECK(messages_of(client, "REPLAY").back().at("subject") == "replay.orders.end");
  const ToolRun some = orders->restore(
      {"--publish", "--to-stream", "REPLAY", "--subject-prefix", "replay.", "--append", "--subject", "orders.odd"});
  CHECK_MESSAGE(some.status == 0, some.err);
  CHECK(some.out == "published 2 messages of ORDERS into REPLAY, which ends with sequence 302 now\n");
}

TEST_CASE("a backup with a damaged block makes no stream unless it may lack its messages") {
  const Server server;
  Client client(server.url());
  const Orders orders(server);
  write_file(orders->root() / blocks_below(orders->root()).front(), "damaged");
  const std::vector<std::string> wanted = {"--exact", "--to-stream", "BACK", "--to-subject", "back"};
  const ToolRun refused = orders->restore(wanted);
  CHECK(refused.status == 1);
  CHECK(refused.err.find("some messages of the backup can't be read") != std::string::npos);
  CHECK_THROWS_AS(client.api("STREAM.INFO.BACK"), std::runtime_error);
  // Unless the server still takes the archive to be on its way.
  std::vector<std::string> incomplete = wanted;
  incomplete.emplace_back("--incomplete");
  ToolRun run;
  CHECK_MESSAGE(eventually(std::chrono::seconds(30),
                           [&] {
                             run = orders->restore(incomplete);
                             return run.status == 0;
                           }),
                run.err);
  CHECK(messages_of(client, "BACK").size() < 300);
}
