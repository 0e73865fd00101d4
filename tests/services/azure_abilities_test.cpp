// The store "azure": create-only puts, ranges, pages of listings, and where a hash comes from.
#include "services/azure_on.hpp"
#include "services/store_abilities.hpp"
#include "support/http_proxy.hpp"

#include <atomic>

using namespace jetcapture::test;

namespace {

constexpr std::size_t MiB = 1 << 20;

} // namespace

TEST_CASE("azure: a put that creates only stores a new blob, whole or in blocks, and leaves what is there as it is") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore store(azure_on(server.url(), {"block-size=1MiB"}), "azure");
  REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  CHECK((store.description.flags & JETCAPTURE_STORE_CREATES) != 0);
  check_that_it_creates_once(store, "small", 10);
  check_that_it_creates_once(store, "large", 3 * MiB);
}

TEST_CASE("azure: of many that create one blob, one stores it and all others are told that it exists") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore one(azure_on(server.url()), "azure"), other(azure_on(server.url()), "azure");
  REQUIRE_MESSAGE(one.created == JETCAPTURE_OK, one.host.sentence());
  check_that_one_of_many_creates({&one, &other}, "race/", 1000, 10);
}

TEST_CASE("azure: a create-only put whose answer was lost is there, and is told as one that exists") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  HttpProxy proxy(server.url().substr(0, server.url().rfind('/')));
  TestStore store(azure_on(proxy.url() + "/" + AzureServer::account, {"block-size=1MiB"}), "azure");
  REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  proxy.on([](const HttpRequest &request) { return request.method == "PUT" && request.has("/small"); },
           {Mischief::Kind::lose_answer});
  Created small("small", "mine");
  CHECK(store.put(small) == JETCAPTURE_EXISTS);
  CHECK(got(store, "small") == "mine");
  proxy.on([](const HttpRequest &request) { return request.has("comp=blocklist"); }, {Mischief::Kind::lose_answer});
  Created large("large", random_bytes(3 * MiB));
  CHECK(store.put(large) == JETCAPTURE_EXISTS);
  CHECK(same(got(store, "large"), large.bytes));
  CHECK(proxy.pending() == 0);
}

TEST_CASE("azure: get gives any part of a blob, and nothing from its end on") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore store(azure_on(server.url(), {"prefix=p"}), "azure");
  check_ranges(store);
}

TEST_CASE("azure: pages of a listing with 2,500 blobs are together what one listing gives") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore store(azure_on(server.url(), {"prefix=p"}), "azure");
  std::vector<std::string> names;
  for (int i = 0; i < 2500; i++)
    names.push_back("many/" + std::to_string(i % 3) + (i % 2 == 0 ? "/" : "-") + std::to_string(i));
  std::atomic<std::size_t> next = 0, stored = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; thread++)
      threads.emplace_back([&] {
        for (std::size_t i = next++; i < names.size(); i = next++) {
          Block block(names[i], "x");
          stored += store.put(block) == JETCAPTURE_OK ? 1 : 0;
        }
      });
  }
  REQUIRE_MESSAGE(stored == names.size(), store.host.sentence());
  check_pages(store, "many/", names);
}

TEST_CASE("azure: the content encoding is left off where that is chosen") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore store(azure_on(server.url(), {"content-encoding=none", "block-size=1MiB"}), "azure");
  Block small("small.gz", "x"), large("large.gz", random_bytes(2 * MiB));
  for (Block *const block : {&small, &large}) {
    block->object.object.content_encoding = "gzip";
    const std::string name(block->object.object.name.data, block->object.object.name.size);
    REQUIRE_MESSAGE(store.put(*block) == JETCAPTURE_OK, store.host.sentence());
    CHECK(server.blob("blocks", name).headers.find("content-encoding") == std::string::npos);
  }
}
