// Ordered delivery into real services: what decides who owns a capture is their create-only put.
#include "capture/host.hpp"
#include "services/store_place.hpp"
#include "support/http_proxy.hpp"

#include <csignal>
#include <filesystem>
#include <sstream>

using namespace jetcapture::test;
using Kind = Mischief::Kind;
using namespace std::chrono_literals;

namespace {

// Hosts of one capture of stream S, on a service.
struct OrderedCapture {
  explicit OrderedCapture(const std::string &store) : place(store) { client.make_stream("S", {"s.>"}); }

  std::unique_ptr<Host> host() const {
    auto host = std::make_unique<Host>(server);
    host->state_dir = host->folder() / "state";
    host->environment = place.environment();
    return host;
  }
  std::vector<std::string> flags(const std::vector<std::string> &more = {}, const std::string &url = "") const {
    std::vector<std::string> flags = {"--delivery",  "ordered", "--max-age",        "2s", "--max-messages", "100",
                                      "--retry-min", "50ms",    "--takeover-after", "2s"};
    for (const auto &some : {place.flags(url), more})
      flags.insert(flags.end(), some.begin(), some.end());
    return flags;
  }
  void start(Host &host, const std::vector<std::string> &more = {}, const std::string &url = "") const {
    host.start(flags(more, url), {"message", "ndjson", place.store()});
  }
  int run(Host &host, const std::vector<std::string> &more = {}, const std::string &url = "") const {
    return host.run(flags(more, url), {"message", "ndjson", place.store()});
  }
  // Of a command that reads the backup: its exit status, and what it printed.
  std::pair<int, std::string> tool(std::vector<std::string> words) const {
    words.insert(words.begin(), JETCAPTURE_BINARY);
    words.insert(words.end(), {"--store", place.store()});
    const std::vector<std::string> where = place.flags();
    words.insert(words.end(), where.begin(), where.end());
    const std::string log = folder / "tool.log";
    std::filesystem::remove(log); // a program adds to it
    Program program(words, log, place.environment());
    const auto status = program.wait(60s);
    return {status.value_or(-1), program.output()};
  }
  // How often a block that is done has each sequence.
  std::map<std::uint64_t, int> done() const {
    const auto [status, printed] = tool({"ls", "--json"});
    REQUIRE_MESSAGE(status == 0, printed);
    std::map<std::uint64_t, int> count;
    const nlohmann::json listed = nlohmann::json::parse(printed);
    for (const nlohmann::json &block : listed["blocks"]) {
      if (block["state"] != "done")
        continue;
      std::istringstream lines(place.object(block["name"]));
      for (std::string line; std::getline(lines, line);)
        count[nlohmann::json::parse(line)["sequence"].get<std::uint64_t>()]++;
    }
    return count;
  }

  Server server;
  Client client{server.url()};
  StorePlace place;
  Folder folder;
};

void check_kills_and_takeover(const std::string &store) {
  OrderedCapture capture(store);
  const std::unique_ptr<Host> first = capture.host();
  first->binary = JETCAPTURE_FAULTS_BINARY;
  for (const char *point : {"after-manifest:2", "during-store:3", "after-store:2"}) {
    capture.client.publish(500, over_three_subjects);
    first->environment["JETCAPTURE_FAULT_POINT"] = point;
    CHECK_MESSAGE(capture.run(*first) == 128 + SIGKILL, point, ": ", first->output());
    std::filesystem::remove_all(first->state_dir);
  }
  first->environment["JETCAPTURE_FAULT_POINT"] = "";
  capture.start(*first);
  const std::unique_ptr<Host> second = capture.host();
  REQUIRE_MESSAGE(eventually(30s, [&] { return first->lines_with("msg=capturing").size() == 1; }), first->output());
  capture.start(*second);
  REQUIRE_MESSAGE(eventually(30s, [&] { return !second->lines_with("standing by until").empty(); }), second->output());
  capture.client.publish(500, over_three_subjects);
  first->program().signal(SIGKILL);
  capture.client.publish(500, over_three_subjects);
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.done().size() == 2500; }), second->output());
  second->program().signal(SIGTERM);
  CHECK_MESSAGE(second->program().wait(30s) == 0, second->output());
  CHECK(each_once(capture.done(), 2500));
  const auto [status, printed] = capture.tool({"verify", "--deep"});
  CHECK_MESSAGE(status == 0, printed);
}

// url: of the service, without what a proxy does not know.
void check_lost_answers(const std::string &store) {
  OrderedCapture capture(store);
  capture.client.publish(1500, over_three_subjects);
  const std::string account = store == "azure" ? "/devstoreaccount1" : "";
  const std::string service = capture.place.url();
  HttpProxy proxy(service.substr(0, service.size() - account.size()));
  const auto is_manifest = [](const HttpRequest &request) {
    return request.method == "PUT" && request.has("_manifest") && request.has("manifest.zst");
  };
  proxy.on(is_manifest, {Kind::lose_answer}, 3);
  proxy.on(is_manifest, {Kind::cut}, 2);
  const std::unique_ptr<Host> host = capture.host();
  CHECK_MESSAGE(capture.run(*host, {"--once"}, proxy.url() + account) == 0, host->output());
  CHECK(proxy.pending() == 0);
  CHECK(each_once(capture.done(), 1500));
  CHECK(capture.tool({"verify", "--deep"}).first == 0);
}

} // namespace

TEST_CASE("s3: with ordered delivery kills, lost state directories and a takeover leave each message in one block") {
  if (!skipped("versitygw-current"))
    check_kills_and_takeover("s3");
}

TEST_CASE("azure: with ordered delivery kills, lost state directories and a takeover leave each message in one block") {
  if (!skipped("azurite"))
    check_kills_and_takeover("azure");
}

TEST_CASE("s3: with ordered delivery a manifest whose answer is lost is the host's own, and it goes on") {
  if (!skipped("versitygw-current"))
    check_lost_answers("s3");
}

TEST_CASE("azure: with ordered delivery a manifest whose answer is lost is the host's own, and it goes on") {
  if (!skipped("azurite"))
    check_lost_answers("azure");
}

TEST_CASE("s3: ordered delivery is refused by a service that has no conditional writes, also by --check") {
  if (skipped("versitygw"))
    return;
  const S3Server service; // replaces
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(100, over_three_subjects);
  Host host(server);
  host.environment = {{"AWS_ACCESS_KEY_ID", S3Server::access_key}, {"AWS_SECRET_ACCESS_KEY", S3Server::secret_key}};
  std::vector<std::string> flags = {"--delivery",    "ordered",     "--once",
                                    "--max-age",     "1s",          "--store-opt",
                                    "bucket=blocks", "--store-opt", "endpoint=" + service.url()};
  const auto refused = [&] {
    const auto begin = std::chrono::steady_clock::now();
    CHECK_MESSAGE(host.run(flags, {"message", "ndjson", "s3"}) == 2, host.output());
    CHECK_MESSAGE(host.output().find("--delivery shared") != std::string::npos, host.output());
    CHECK(std::chrono::steady_clock::now() - begin < 30s); // it does not drain what it has not begun
  };
  refused();
  // No block was stored.
  for (const std::string &object : service.objects())
    CHECK_MESSAGE(object.starts_with("_manifest/"), object);
  flags.push_back("--check");
  refused();
}
