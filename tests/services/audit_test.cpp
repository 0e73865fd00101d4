// Commands that read a backup, on services.
#include "blocks/sha256.hpp"
#include "services/azure_on.hpp"
#include "services/s3_on.hpp"
#include "support/backup.hpp"
#include "support/sequences.hpp"
#include "support/server.hpp"
#include "tools/tool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

// 30 blocks of 10 messages in such a store, as a host writes them.
struct Stored {
  Stored(const Given &given, const std::string &plugin, std::vector<std::string> secrets)
      : store(given, plugin), name(plugin), environment(std::move(secrets)) {
    environment.insert(environment.begin(), "env");
    for (const std::string &option : given)
      if (!option.starts_with("access-key=") && !option.starts_with("secret-key=") &&
          !option.starts_with("account-key="))
        options.insert(options.end(), {"--store-opt", option});
    REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
    for (std::uint64_t first = 1; first <= 300; first += 10) {
      std::vector<std::uint64_t> own;
      for (std::uint64_t sequence = first; sequence < first + 10; sequence++)
        own.push_back(sequence);
      lines.push_back(chain.block("k" + std::to_string(first % 3), own));
    }
    for (std::size_t i = 0; i < lines.size(); i += 10)
      chain.write_and_store(
          {lines.begin() + static_cast<std::ptrdiff_t>(i), lines.begin() + static_cast<std::ptrdiff_t>(i + 10)});
  }

  ToolRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--store", name});
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run_tool(arguments, "", environment);
  }
  void remove(const std::string &object) {
    REQUIRE(store.description.remove(store.self, {object.data(), object.size()}) == JETCAPTURE_OK);
  }

  TestStore store;
  const std::string name;
  std::vector<std::string> environment;
  std::vector<std::string> options;
  void put(const std::string &object, const std::string &bytes) {
    jetcapture::test::Block block(object, bytes);
    REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
  }
  BackupChain chain{{"ORDERS", "backup", "3f9a"},
                    [this](const std::string &object, const std::string &bytes) { put(object, bytes); }};
  std::vector<BlockLine> lines;
};

void check_commands(Stored &stored) {
  ToolRun run = stored.run({"ls", "--json"});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(run.json()["totals"]["done"]["messages"] == 300);
  CHECK(stored.run({"find", "--sequence", "155"}).out == "done  " + stored.lines[15].name + "\n");
  // What the service says of a hash decides whether it is good without reading.
  const bool verified = stat_of(stored.store, stored.lines[0].name).hash_source == JETCAPTURE_HASH_VERIFIED;
  run = stored.run({"verify"});
  INFO(run.out << run.err);
  CHECK(run.status == (verified ? 0 : 3));
  CHECK(stored.run({"verify", "--deep"}).status == 0);
  for (int i = 0; i < 120; i++)
    stored.chain.write({});
  run = stored.run({"ledger", "compact"});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(run.out.starts_with("1 index of 125 manifests written"));
  CHECK(stored.run({"ledger", "compact"}).out.starts_with("0 indexes of 0 manifests written"));
  CHECK(stored.run({"find", "--sequence", "155"}).out == "done  " + stored.lines[15].name + "\n");
  CHECK(stored.run({"verify", "--deep"}).status == 0);
  stored.remove(stored.lines[15].name);
  run = stored.run({"verify", "--deep"});
  CHECK(run.status == 1);
  CHECK(run.out.find(stored.lines[15].name + " is not in the store (10 messages: 151 to 160)") != std::string::npos);
  stored.remove(name_of(stored.chain.header.chain, 4));
  run = stored.run({"verify", "--deep"});
  CHECK(run.status == 1);
  CHECK(run.out.find("has no manifest 4") != std::string::npos);
}

// More objects than the service lists at once, of one message each. Azure lists 5,000: so many take Azurite minutes.
void check_long_listing(Stored &stored, std::uint64_t at_once) {
  std::vector<BlockLine> more;
  for (std::uint64_t sequence = 301; sequence <= 300 + at_once; sequence++)
    more.push_back(stored.chain.block("k3", {sequence}));
  Manifest declaring;
  declaring.done = {{stored.chain.write(manifest_of(more)), 0, static_cast<std::uint32_t>(more.size() - 1)}};
  {
    std::atomic<std::size_t> next = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; i++)
      threads.emplace_back([&] {
        for (std::size_t at = next++; at < more.size(); at = next++)
          stored.chain.store(more[at]);
      });
  }
  stored.chain.write(declaring);
  CHECK(stored.run({"ls", "--json"}).json()["totals"]["done"]["messages"] == 300 + at_once);
  ToolRun run = stored.run({"verify", "--json"});
  INFO(run.out << run.err);
  CHECK(run.json()["objects"] == 30 + at_once);
  CHECK(run.status != 1);
  stored.remove(more.back().name);
  run = stored.run({"verify"});
  CHECK(run.status == 1);
  CHECK(run.out.find(more.back().name + " is not in the store") != std::string::npos);
}

// What changes a backup: the only copy of messages is adopted, and old blocks are retired.
void check_changes(Stored &stored) {
  Server server;
  Client client(server.url());
  client.make_stream("ORDERS", {"orders.>"});
  client.make_consumer("ORDERS", "backup");
  const BlockLine lost = stored.chain.block("k0", {301, 302});
  Manifest voiding;
  voiding.voided = {{stored.chain.write(manifest_of({lost})), 0, 0}};
  stored.chain.write(voiding);
  stored.chain.store(lost);
  const std::vector<std::string> capture = {"--stream", "ORDERS", "--consumer", "backup"};
  const auto run_on = [&](std::vector<std::string> words) {
    words.insert(words.end(), capture.begin(), capture.end());
    return stored.run(words);
  };
  ToolRun run = run_on({"verify", "--deep", "--adopt", "--yes", "--server", server.url()});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(run.out.find("adopted " + lost.name) != std::string::npos);
  run = run_on({"verify", "--deep", "--sweep", "--yes"});
  CHECK(run.status == 0);
  CHECK(run.out.find("removed " + lost.name) != std::string::npos);
  run = run_on({"retire", "--before", "1h", "--key", "k0", "--yes"});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(run.out.find("removed 11 objects") != std::string::npos);
  run = run_on({"verify", "--deep", "--json"});
  CHECK(run.status == 0);
  CHECK(run.json()["blocks"]["retired"] == 11);
  CHECK(run.json()["objects"] == 20);
}

// Blocks of whole messages of two keys, in turn.
void check_reading(Stored &stored) {
  BackupChain whole({"ORDERS", "whole", "3f9a"},
                    [&](const std::string &object, const std::string &bytes) { stored.put(object, bytes); });
  whole.header.decoder.name = "message";
  whole.header.writer.name = "ndjson";
  whole.header.compression.name = "none";
  std::vector<BlockLine> lines;
  for (const std::uint64_t first : {1, 2}) {
    std::vector<std::uint64_t> own;
    std::string text;
    for (std::uint64_t sequence = first; sequence <= 1000; sequence += 2) {
      own.push_back(sequence);
      text += R"({"subject":"orders.eu","sequence":)" + std::to_string(sequence) +
              R"(,"timestamp":"2025-11-24T16:00:00Z","data":""})" + "\n";
    }
    lines.push_back(whole.block("k" + std::to_string(first), own));
    lines.back().bytes = text.size();
    lines.back().sha256 = sha256_of(text);
    stored.put(lines.back().name, text);
  }
  Manifest declaring;
  declaring.done = {{whole.write(manifest_of(lines)), 0, 1}};
  whole.write(declaring);
  const auto sequences = [](const ToolRun &run) {
    std::vector<std::uint64_t> found;
    for (std::size_t at = run.out.find("\"sequence\":"); at != run.out.npos; at = run.out.find("\"sequence\":", at + 1))
      found.push_back(std::stoull(run.out.substr(at + 11)));
    return found;
  };
  ToolRun run = stored.run({"cat", "--stream", "ORDERS", "--consumer", "whole"});
  CHECK(run.err == "");
  CHECK(run.status == 0);
  CHECK(sequences(run) == from_to(1, 1000));
  stored.remove(lines[1].name);
  run = stored.run({"cat", "--stream", "ORDERS", "--consumer", "whole"});
  CHECK(run.status == 1);
  CHECK(sequences(run).size() == 500);
  CHECK(run.err.find(lines[1].name + " is not in the store") != std::string::npos);
}

void on_s3(void (*check)(Stored &)) {
  if (skipped("versitygw-current"))
    return;
  const S3Server server("us-east-1", "versitygw-current");
  Stored stored(s3_on(server.url()), "s3",
                {std::string("AWS_ACCESS_KEY_ID=") + S3Server::access_key,
                 std::string("AWS_SECRET_ACCESS_KEY=") + S3Server::secret_key});
  check(stored);
}

void on_azure(void (*check)(Stored &)) {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  Stored stored(azure_on(server.url()), "azure", {std::string("AZURE_STORAGE_KEY=") + AzureServer::key});
  check(stored);
}

} // namespace

TEST_CASE("s3: ls, find, verify and ledger compact tell what a backup has and lacks") {
  on_s3(check_commands);
}

TEST_CASE("azure: ls, find, verify and ledger compact tell what a backup has and lacks") {
  on_azure(check_commands);
}

TEST_CASE("s3: ls and verify tell the truth of more objects than the service lists at once") {
  on_s3([](Stored &stored) { check_long_listing(stored, 1050); });
}

TEST_CASE("s3: cat prints the messages of a backup in the order of the stream") {
  on_s3(check_reading);
}

TEST_CASE("azure: cat prints the messages of a backup in the order of the stream") {
  on_azure(check_reading);
}

TEST_CASE("s3: the only copy of messages is adopted, and old blocks are retired") {
  on_s3(check_changes);
}

TEST_CASE("azure: the only copy of messages is adopted, and old blocks are retired") {
  on_azure(check_changes);
}
