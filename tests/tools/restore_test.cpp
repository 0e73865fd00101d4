// `jetcapture restore` on backups that no host wrote, as far as their manifests go.
#include "support/backup.hpp"
#include "support/sequences.hpp"
#include "support/server.hpp"
#include "tools/tool.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using nlohmann::json;

namespace {

// A backup of the stream ORDERS with 20 messages, and its folder.
class OrdersBackup {
public:
  OrdersBackup() {
    BackupChain first({"ORDERS", "backup", "3f9a"}, into_folder(root()));
    first.header.written = 1'000'000'000;
    Manifest manifest = manifest_of({first.block("eu", from_to(1, 12)), first.block("us", from_to(13, 20))});
    manifest.configurations = {
        {"stream", "ORDERS", json{{"name", "ORDERS"}, {"subjects", {"orders.>"}}, {"max_age", 0}}.dump()},
        {"consumer", "backup", json{{"durable_name", "backup"}}.dump()},
        {"consumer", "former", json{{"durable_name", "former"}}.dump()}};
    first.write(manifest);
    for (const BlockLine &line : manifest.lines)
      first.store(line);
    Manifest declaring;
    declaring.done = {{1, 0, 1}};
    first.write(declaring);
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
        "would publish the messages of ORDERS into INTO, behind its sequence 0\n--yes publishes them; nobody else may "
        "publish there meanwhile\n");
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
