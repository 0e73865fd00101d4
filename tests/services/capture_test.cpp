// Streams captured into real services through a proxy that breaks requests, compared message by message with what was
// published.
#include "capture/host.hpp"
#include "services/azure_on.hpp"
#include "services/s3_on.hpp"
#include "support/base64.hpp"
#include "support/http_proxy.hpp"

#include <array>
#include <chrono>
#include <sstream>

using namespace jetcapture::test;
using Kind = Mischief::Kind;
using namespace std::chrono_literals;

namespace {

#ifdef JETCAPTURE_FEWER
constexpr std::size_t large_messages = 16;
#else
constexpr std::size_t large_messages = 72;
#endif
constexpr std::size_t large_size = 1'000'000;

Message large_message(std::size_t i) {
  return {"s.large", random_bytes(large_size, i)};
}
Message small_message(std::size_t i) {
  return {"s." + std::to_string(i % 5), "message " + std::to_string(i) + std::string(i % 97, 'x')};
}

// Each message of the stream once in these texts of NDJSON, with the bytes that were published.
void check_same(const std::vector<std::string> &texts, std::size_t count, Message (*published)(std::size_t)) {
  std::map<std::uint64_t, int> times;
  for (const std::string &text : texts) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const nlohmann::json found = nlohmann::json::parse(line);
      const auto sequence = found.at("sequence").get<std::uint64_t>();
      const Message expected = published(sequence);
      times[sequence]++;
      CHECK(found.at("subject") == expected.subject);
      const bool equal =
          found.contains("data") ? found["data"] == expected.data : found.at("data_base64") == to_base64(expected.data);
      CHECK_MESSAGE(equal, "the data of message ", sequence, " is another");
    }
  }
  CHECK(each_once(times, count));
}

// Without manifests.
std::vector<std::string> blocks_of(std::vector<std::string> names) {
  std::erase_if(names, [](const std::string &name) { return name.find("_manifest/") != std::string::npos; });
  return names;
}

// A stream, its consumer, and what was acked at the time of each request to the store.
struct Capture {
  Server server;
  Client client{server.url()};
  Client onlooker{server.url()};
  Host host{server};
  std::uint64_t acked_early = 0;

  Capture(std::size_t count, Message (*message)(std::size_t)) {
    client.make_stream("S", {"s.>"});
    client.make_consumer("S", "C", {{"ack_wait", 400'000'000'000'000}, {"max_ack_pending", 100000}});
    client.publish(count, message);
    host.environment["AWS_ACCESS_KEY_ID"] = S3Server::access_key;
    host.environment["AWS_SECRET_ACCESS_KEY"] = S3Server::secret_key;
    host.environment["AZURE_STORAGE_KEY"] = AzureServer::key;
  }
  // Of one block no message may be acked while the store is still asked for something, but for a manifest.
  void watch(HttpProxy &proxy) {
    proxy.on(
        [this](const HttpRequest &request) {
          if (request.method != "GET" && request.method != "HEAD" && !request.has("_manifest"))
            acked_early =
                std::max(acked_early, onlooker.consumer("S", "C")["ack_floor"]["stream_seq"].get<std::uint64_t>());
          return false;
        },
        {});
  }
  void run(const std::string &store, const std::vector<std::string> &options, std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--once", "--max-age", "24h", "--retry-min", "50ms", "--retry-max", "500ms"});
    for (const std::string &option : options)
      more.insert(more.end(), {"--store-opt", option});
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE_MESSAGE(host.run(more, {"message", "ndjson", store}) == 0, host.output());
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    CHECK(client.consumer("S", "C")["num_pending"] == 0);
    CHECK(client.consumer("S", "C")["num_ack_pending"] == 0);
  }
  double seconds = 0;
};

void report(const std::string &store, const Capture &capture, const HttpProxy &proxy) {
  std::uint64_t bytes = 0;
  for (const HttpRequest &request : proxy.seen())
    bytes += request.bytes;
  MESSAGE(store, ": ", capture.seconds, " s, ", proxy.seen().size(), " requests, ", bytes, " bytes sent");
}

std::string error(const std::string &code) {
  return "<Error><Code>" + code + "</Code><Message>so it is</Message></Error>";
}

} // namespace

TEST_CASE("a block above 64 MB goes to s3 in parts through every fault, is the stream's messages, and nothing is acked "
          "early") {
  if (skipped("versitygw"))
    return;
  const S3Server service;
  HttpProxy proxy(service.url());
  Capture capture(large_messages, large_message);
  capture.watch(proxy);
  const auto is_begin = [](const HttpRequest &request) { return request.method == "POST" && request.has("?uploads="); };
  const auto is_part = [](const HttpRequest &request) { return request.has("partNumber="); };
  const auto is_complete = [](const HttpRequest &request) {
    return request.method == "POST" && request.has("uploadId=");
  };
  proxy.on(is_begin, {Kind::answer, http_answer(503, error("SlowDown"), {"Retry-After: 1"})});
  proxy.on(is_begin, {Kind::lose_answer});
  proxy.on(is_part, {Kind::answer, http_answer(500, error("InternalError"))});
  proxy.on(is_part, {Kind::cut});
  proxy.on(is_part, {Kind::corrupt});
  proxy.on(is_part, {Kind::lose_answer});
  proxy.on(is_complete, {Kind::lose_answer});
  capture.run("s3", {"bucket=blocks", "prefix=pre fix/50%+\xc3\xa4", "endpoint=" + proxy.url(), "part-size=8MiB"});
  CHECK(proxy.pending() == 1); // the onlooker
  CHECK(capture.acked_early == 0);
  const auto objects = blocks_of(service.objects());
  REQUIRE(objects.size() == 1);
  CHECK(objects[0].starts_with("pre fix/50%+\xc3\xa4/s.large/"));
  const std::string text = service.object(objects[0]);
  CHECK(text.size() > large_messages * large_size);
  check_same({text}, large_messages, large_message);
  CHECK(service.metadata(objects[0], "X-Amz-Meta.jetcapture-messages") == std::to_string(large_messages));
  CHECK(service.unfinished_uploads() == 0);
  report("s3", capture, proxy);
}

TEST_CASE("a block above 64 MB goes to azure in blocks through every fault, is the stream's messages, and nothing is "
          "acked early") {
  if (skipped("azurite"))
    return;
  const AzureServer service;
  HttpProxy proxy(service.url().substr(0, service.url().rfind('/')));
  Capture capture(large_messages, large_message);
  capture.watch(proxy);
  const auto is_block = [](const HttpRequest &request) {
    return request.has("comp=block") && !request.has("comp=blocklist");
  };
  const auto is_list = [](const HttpRequest &request) { return request.has("comp=blocklist"); };
  proxy.on(is_block, {Kind::answer, http_answer(503, error("ServerBusy"), {"Retry-After: 1"})});
  proxy.on(is_block, {Kind::answer, http_answer(500, error("InternalError"))});
  proxy.on(is_block, {Kind::cut});
  proxy.on(is_block, {Kind::corrupt});
  proxy.on(is_block, {Kind::lose_answer});
  proxy.on(is_list, {Kind::lose_answer});
  capture.run("azure", {"container=blocks", "create-container=true", "prefix=pre fix/50%+\xc3\xa4",
                        "url=" + proxy.url() + "/devstoreaccount1", "block-size=8MiB"});
  CHECK(proxy.pending() == 1);
  CHECK(capture.acked_early == 0);
  TestStore reader(azure_on(service.url()), "azure");
  const auto names = blocks_of(listed(reader, ""));
  REQUIRE(names.size() == 1);
  CHECK(names[0].starts_with("pre fix/50%+\xc3\xa4/s.large/"));
  const AzureServer::Blob blob = service.blob("blocks", names[0]);
  CHECK(blob.bytes.size() > large_messages * large_size);
  check_same({blob.bytes}, large_messages, large_message);
  CHECK(blob.headers.find("x-ms-meta-jetcapture_messages: " + std::to_string(large_messages)) != std::string::npos);
  report("azure", capture, proxy);
}

TEST_CASE(
    "many blocks of a stream go to s3 and to azure through failing requests, packed, and each message is there once") {
  if (skipped("versitygw") || skipped("azurite"))
    return;
  constexpr std::size_t count = 3000;
  const auto fail_some = [](HttpProxy &proxy) {
    const auto is_put = [](const HttpRequest &request) { return request.method == "PUT" && !request.has("restype="); };
    proxy.on(is_put, {Kind::answer, http_answer(503, error("SlowDown"))}, 12);
    proxy.on(is_put, {Kind::lose_answer}, 3);
    proxy.on(is_put, {Kind::cut}, 3);
  };
  const std::vector<std::string> more{"--compression", "gzip", "--max-messages", "100"};
  {
    const S3Server service;
    HttpProxy proxy(service.url());
    fail_some(proxy);
    Capture capture(count, small_message);
    capture.run("s3", {"bucket=blocks", "endpoint=" + proxy.url()}, more);
    CHECK(proxy.pending() == 0);
    std::vector<std::string> texts;
    for (const std::string &object : blocks_of(service.objects()))
      texts.push_back(gunzip(service.object(object)));
    CHECK(texts.size() == count / 100);
    check_same(texts, count, small_message);
    report("s3", capture, proxy);
  }
  const AzureServer service;
  HttpProxy proxy(service.url().substr(0, service.url().rfind('/')));
  fail_some(proxy);
  Capture capture(count, small_message);
  capture.run("azure", {"container=blocks", "create-container=true", "url=" + proxy.url() + "/devstoreaccount1"}, more);
  CHECK(proxy.pending() == 0);
  TestStore reader(azure_on(service.url()), "azure");
  std::vector<std::string> texts;
  for (const std::string &name : blocks_of(listed(reader, "")))
    texts.push_back(gunzip(got(reader, name)));
  CHECK(texts.size() == count / 100);
  check_same(texts, count, small_message);
  report("azure", capture, proxy);
}

namespace {

// A command of the README that begins with this, its lines joined.
std::string readme_command(const std::string &begin) {
  const std::string readme = read_file(SOURCE_FOLDER "/README.md");
  const std::size_t at = readme.find("\n" + begin);
  REQUIRE(at != std::string::npos);
  std::string command = readme.substr(at + 1, readme.find("\n```", at) - at - 1);
  for (std::size_t end; (end = command.find("\\\n")) != std::string::npos;)
    command.erase(end, 2);
  return command;
}

void replace(std::string &text, const std::string &from, const std::string &to) {
  REQUIRE(text.find(from) != std::string::npos);
  text.replace(text.find(from), from.size(), to);
}

void run_command(std::string command, const std::map<std::string, std::string> &more) {
  Server server;
  Client client(server.url());
  client.make_stream("ORDERS", {"orders.>"});
  client.publish(20, [](std::size_t i) {
    return Message{"orders.eu", R"({"region":"eu","id":)" + std::to_string(i) + "}"};
  });
  replace(command, "nats://127.0.0.1:4222", server.url());
  const Folder folder;
  std::map<std::string, std::string> environment = more;
  environment["PATH"] = std::filesystem::path(JETCAPTURE_BINARY).parent_path().string() + ":/usr/bin:/bin";
  environment["STATE_DIRECTORY"] = folder / "state";
  Program program({"sh", "-c", command + " --once"}, folder / "log", environment);
  CHECK_MESSAGE(program.wait(30s) == 0, command, "\n", program.output());
}

} // namespace

TEST_CASE("the README's command for s3 runs") {
  if (skipped("versitygw"))
    return;
  const S3Server service("eu-central-1");
  const Folder folder;
  write_file(folder / "credentials", std::string("[backup]\naws_access_key_id = ") + S3Server::access_key +
                                         "\naws_secret_access_key = " + S3Server::secret_key + "\n");
  run_command(readme_command("AWS_PROFILE=backup jetcapture"),
              {{"AWS_SHARED_CREDENTIALS_FILE", folder / "credentials"}, {"AWS_ENDPOINT_URL_S3", service.url()}});
  const auto objects = blocks_of(service.objects());
  REQUIRE(objects.size() == 1);
  CHECK(objects[0].starts_with("nats/orders/orders.eu/"));
}

TEST_CASE("the README's command for azure runs") {
  if (skipped("azurite"))
    return;
  const AzureServer service;
  std::string command = readme_command("AZURE_CLIENT_ID=");
  replace(command, "account=backups", "create-container=true --store-opt url=" + service.url());
  run_command(command, {{"AZURE_STORAGE_KEY", AzureServer::key}});
  TestStore reader(azure_on(service.url()), "azure");
  REQUIRE(listed(reader, "nats/orders/eu/").size() == 1);
}
