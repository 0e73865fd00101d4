// The store "azure" against Azurite, and what it holds then as another client sees it.
#include "services/azure_on.hpp"
#include "support/http_proxy.hpp"

#include <atomic>
#include <thread>

using namespace jetcapture::test;

namespace {

constexpr std::size_t MiB = 1 << 20;

} // namespace

TEST_CASE("azure: a blob has its bytes, its type, its encoding, its hash and its metadata") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore store(azure_on(server.url(), {"prefix=backup/orders/", "access-tier=Cool"}), "azure");
  REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  Block block("eu/2026/x.csv.gz", "a,b\n");
  block.object.object.content_type = "text/csv";
  block.object.object.content_encoding = "gzip";
  REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
  CHECK(store.last_location == server.url() + "/blocks/backup/orders/eu/2026/x.csv.gz");
  const AzureServer::Blob blob = server.blob("blocks", "backup/orders/eu/2026/x.csv.gz");
  CHECK(blob.bytes == "a,b\n");
  for (const char *const header :
       {"content-type: text/csv", "content-encoding: gzip", "x-ms-meta-jetcapture_messages: 17",
        "x-ms-meta-jetcapture_reason: age", "content-md5: 9p9bcrx5qS3HDGPJqhQuNg=="})
    CHECK_MESSAGE(blob.headers.find(header) != std::string::npos, std::string(header), " is not in ", blob.headers);
  const auto status = stat_of(store, "eu/2026/x.csv.gz");
  CHECK(status.exists == 1);
  CHECK(status.bytes == 4);
  CHECK(status.hash_source == JETCAPTURE_HASH_CLAIMED);
  CHECK(std::memcmp(status.sha256, block.object.object.sha256, 32) == 0);
  CHECK(got(store, "eu/2026/x.csv.gz") == "a,b\n");
}

TEST_CASE("azure: container, prefix and name are joined so, however the container is given") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  const std::string &url = server.url();
  int number = 0;
  for (const Given &given :
       {Given{"url=" + url, "container=blocks", "prefix=p"}, Given{"url=" + url + "/", "container=blocks", "prefix=p/"},
        Given{"url=" + url + "/blocks", "container=", "prefix=p"},
        Given{"url=" + url + "/blocks/", "container=blocks", "prefix=p"},
        Given{"url=" + url.substr(0, url.rfind('/')), "account=devstoreaccount1", "prefix=p"}}) {
    TestStore store(azure_on(url, given), "azure");
    REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
    const std::string name = "eu/" + std::to_string(number++);
    Block block(name, "x");
    REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
    CHECK(server.blob("blocks", "p/" + name).bytes == "x");
    CHECK(store.last_location == url + "/blocks/p/" + name);
  }
}

TEST_CASE("azure: names and prefixes with spaces, percent, plus, quotes and unicode are names as they stand") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  const std::string names[] = {
      "a b/c d",   "100%25/x%20y", "a+b/c=d&e", "gr\xc3\xbc\xc3\x9f/\xe6\x97\xa5\xe6\x9c\xac", "it's (1)*!;:@,$~.x",
      "#?[x]\"<y>"};
  for (const std::string prefix : {"", "pre fix/50% +/\xc3\xa4"}) {
    TestStore store(azure_on(server.url(), {"prefix=" + prefix}), "azure");
    REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
    for (const std::string &name : names) {
      INFO(prefix, " ", name);
      Block block(name, "of " + name);
      REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
      CHECK(server.blob("blocks", prefix.empty() ? name : prefix + "/" + name).bytes == "of " + name);
      CHECK(got(store, name) == "of " + name);
      CHECK(stat_of(store, name).hash_source == JETCAPTURE_HASH_CLAIMED);
      CHECK(listed(store, name) == std::vector<std::string>{name});
    }
  }
}

TEST_CASE("azure: settings that can't be right are refused with a sentence") {
  const std::string url = "http://127.0.0.1:9/devstoreaccount1";
  struct Wrong {
    Given given;
    std::string sentence;
  };
  for (const Wrong &wrong :
       {Wrong{{"container=", "url=" + url}, "no container is given"},
        Wrong{{"url=" + url + "/other"}, "leave one of them out"},
        Wrong{{"url=" + url + "/blocks/more"}, "write that into prefix"},
        Wrong{{"url=" + url + "?sv=1&sig=x"}, "into sas"}, Wrong{{"url=127.0.0.1:9"}, "no http or https URL"},
        Wrong{{"url="}, "neither account nor url"}, Wrong{{"container=Blocks/x"}, "a path goes into prefix"},
        Wrong{{"account-key=no base64"}, "no base64"}, Wrong{{"sas=sv=1&sig=x"}, "both given"},
        Wrong{{"account-key=", "sas=nothing"}, "no shared access signature"},
        Wrong{{"account-key=", "client-secret=x"}, "give all three"},
        Wrong{{"account-key=", "url=http://blocks.example/blocks"}, "unencrypted"},
        Wrong{{"block-size=1"}, "block-size"}, Wrong{{"parallel-blocks=0"}, "parallel-blocks"},
        Wrong{{"prefix=/x"}, "begins with a slash"}}) {
    TestStore store(azure_on(url, wrong.given), "azure");
    CHECK(store.created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(store, wrong.sentence), store.host.sentence());
  }
}

TEST_CASE("azure: a large blob goes up in blocks, from memory and from a descriptor, and is the same") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore store(azure_on(server.url(), {"block-size=1MiB", "parallel-blocks=3"}), "azure");
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, MiB, MiB + 1, 5 * MiB + 3}) {
    const std::string name = "of/" + std::to_string(size);
    Block block(name, random_bytes(size));
    block.most_at_once = 100'000;
    REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
    const AzureServer::Blob blob = server.blob("blocks", name);
    CHECK(same(blob.bytes, block.bytes));
    CHECK(blob.headers.find("x-ms-meta-jetcapture_messages: 17") != std::string::npos);
    CHECK(same(got(store, name), block.bytes));
    CHECK(std::memcmp(stat_of(store, name).sha256, block.object.object.sha256, 32) == 0);
  }
}

TEST_CASE("azure: a put of the same name replaces the blob, and may come at the same time from many threads") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore store(azure_on(server.url(), {"block-size=1MiB"}), "azure");
  const std::string bytes = random_bytes(3 * MiB);
  std::atomic<int> stored = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; i++)
      threads.emplace_back([&, i] {
        const std::string name = i < 3 ? "same" : "other-" + std::to_string(i);
        Block block(name, bytes);
        for (int times = 0; times < 2; times++)
          if (store.put(block) == JETCAPTURE_OK)
            stored++;
      });
  }
  CHECK_MESSAGE(stored == 12, store.host.sentence());
  CHECK(listed(store, "").size() == 4);
  CHECK(same(server.blob("blocks", "same").bytes, bytes));
  Block shorter("same", "now short");
  CHECK(store.put(shorter) == JETCAPTURE_OK);
  CHECK(server.blob("blocks", "same").bytes == "now short");
}

TEST_CASE("azure: list gives the names below the prefix, and remove and what is missing are as the interface says") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore store(azure_on(server.url(), {"prefix=p"}), "azure");
  TestStore outside(azure_on(server.url()), "azure");
  Block foreign("q/x", "x");
  REQUIRE(outside.put(foreign) == JETCAPTURE_OK);
  for (const char *const name : {"eu/1", "eu/2", "us/3"}) {
    Block block(name, name);
    REQUIRE(store.put(block) == JETCAPTURE_OK);
  }
  using Names = std::vector<std::string>;
  CHECK(listed(store, "") == Names{"eu/1", "eu/2", "us/3"});
  CHECK(listed(store, "eu/") == Names{"eu/1", "eu/2"});
  CHECK(listed(outside, "") == Names{"p/eu/1", "p/eu/2", "p/us/3", "q/x"});
  CHECK(stat_of(store, "eu/9").exists == 0);
  TestVisitor visitor;
  CHECK(store.get("eu/9", 0, UINT64_MAX, visitor) == JETCAPTURE_NOT_FOUND);
  CHECK(says(store, "p/eu/9"));
  visitor.refuse_at = 0;
  CHECK(store.get("eu/1", 0, UINT64_MAX, visitor) == JETCAPTURE_BAD_DATA);
  CHECK(store.description.remove(store.self, text("eu/1")) == JETCAPTURE_OK);
  CHECK(store.description.remove(store.self, text("eu/1")) == JETCAPTURE_OK);
  CHECK(listed(store, "eu/") == Names{"eu/2"});
}

TEST_CASE("azure: a name with a backslash is refused, since the service would make a slash of it") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore store(azure_on(server.url()), "azure");
  Block block("a\\b", "x");
  CHECK(store.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK(says(store, "backslash"));
  CHECK(listed(store, "").empty());
}

TEST_CASE("azure: a name of 1024 bytes with the prefix is taken, and one more is refused") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore store(azure_on(server.url(), {"prefix=p"}), "azure");
  const std::string name = std::string(700, 'x') + "/" + std::string(321, 'y');
  Block longest(name, "bytes"), longer(name + "y", "bytes");
  REQUIRE_MESSAGE(store.put(longest) == JETCAPTURE_OK, store.host.sentence());
  CHECK(server.blob("blocks", "p/" + name).bytes == "bytes");
  CHECK(listed(store, "x") == std::vector<std::string>{name});
  CHECK(store.put(longer) == JETCAPTURE_CONFIGURATION);
}
