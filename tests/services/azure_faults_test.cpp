// The store "azure" when the service, the network or the credentials fail: nothing is said to be stored that is not.
#include "services/azure_on.hpp"
#include "support/http_proxy.hpp"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <utility>

using namespace jetcapture::test;
using Kind = Mischief::Kind;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t MiB = 1 << 20;

std::string error(int status, const std::string &code, std::vector<std::string> headers = {}) {
  headers.push_back("x-ms-error-code: " + code);
  return http_answer(
      status, "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>so it is</Message></Error>", headers);
}

bool is_put(const HttpRequest &request) {
  return request.method == "PUT";
}
bool is_block(const HttpRequest &request) {
  return request.has("comp=block") && !request.has("comp=blocklist");
}
bool is_list(const HttpRequest &request) {
  return request.has("comp=blocklist");
}

struct Behind {
  AzureServer server;
  HttpProxy proxy{server.url().substr(0, server.url().rfind('/'))};
  TestStore store;
  explicit Behind(Given more = {})
      : store(azure_on(proxy.url() + "/devstoreaccount1", with_small_blocks(std::move(more))), "azure") {
    REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  }
  static Given with_small_blocks(Given more) {
    more.insert(more.begin(), "block-size=1MiB");
    return more;
  }
  void check_stored(Block &block) {
    REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
    CHECK(proxy.pending() == 0);
    const std::string name(block.object.object.name.data, block.object.object.name.size);
    CHECK(same(server.blob("blocks", name).bytes, block.bytes));
  }
};

} // namespace

TEST_CASE("azure: 500, 503, a connection that is cut, a lost answer and changed bytes are made good") {
  if (skipped("azurite"))
    return;
  Behind behind;
  Block small("small", random_bytes(1000)), large("large", random_bytes(4 * MiB));
  behind.proxy.on(is_put, {Kind::answer, error(503, "ServerBusy")});
  behind.proxy.on(is_put, {Kind::answer, error(500, "OperationTimedOut")});
  behind.proxy.on(is_put, {Kind::corrupt});
  behind.proxy.on(is_put, {Kind::lose_answer});
  behind.check_stored(small);
  behind.proxy.on(is_block, {Kind::cut}, 2);
  behind.proxy.on(is_block, {Kind::corrupt});
  behind.proxy.on(is_block, {Kind::lose_answer});
  behind.proxy.on(is_list, {Kind::answer, error(503, "ServerBusy", {"Retry-After: 1"})});
  behind.proxy.on(is_list, {Kind::lose_answer});
  behind.check_stored(large);
}

TEST_CASE(
    "azure: an answer before the service has read the bytes is that of the put, which is tried again or refused") {
  if (skipped("azurite"))
    return;
  Behind behind;
  Block small("small", random_bytes(MiB)), large("large", random_bytes(4 * MiB)), refused("refused", random_bytes(MiB));
  behind.proxy.on(is_put, {Kind::refuse, error(503, "ServerBusy")}, 2);
  behind.check_stored(small);
  behind.proxy.on(is_block, {Kind::refuse, error(503, "ServerBusy")}, 2);
  behind.check_stored(large);
  behind.proxy.on(is_put, {Kind::refuse, error(403, "AuthorizationPermissionMismatch")});
  CHECK(behind.store.put(refused) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(behind.store, "lacks the right"), behind.store.host.sentence());
}

TEST_CASE("azure: an answer of 2xx without the service's proof in it is not taken for stored") {
  if (skipped("azurite"))
    return;
  Behind behind;
  Block small("small", random_bytes(1000)), large("large", random_bytes(4 * MiB));
  const std::string web = http_answer(201), other = http_answer(200, "", {"x-ms-request-id: 1"});
  for (const std::string &answer : {web, other}) {
    behind.proxy.on(is_put, {Kind::answer, answer});
    behind.check_stored(small);
    behind.proxy.on(is_block, {Kind::answer, answer});
    behind.proxy.on(is_list, {Kind::answer, answer});
    behind.check_stored(large);
  }
}

TEST_CASE(
    "azure: whatever the service says when it refuses to replace a blob, the same blob is stored, and another one is "
    "told") {
  if (skipped("azurite"))
    return;
  struct Refused {
    int status;
    const char *code;
  };
  for (const auto &[status, code] : {Refused{409, "BlobImmutableDueToPolicy"},
                                     Refused{409, "BlobImmutableDueToLegalHold"}, Refused{409, "BlobAlreadyExists"},
                                     Refused{412, "ConditionNotMet"}, Refused{403, "UnauthorizedBlobOverwrite"}}) {
    INFO(code);
    Behind behind;
    Block small("small", "bytes"), large("large", random_bytes(3 * MiB)), other("small", "other bytes"),
        missing("missing", "bytes");
    behind.proxy.on(is_put, {Kind::lose_answer});
    behind.proxy.on(is_put, {Kind::answer, error(status, code)});
    behind.check_stored(small);
    behind.proxy.on(is_list, {Kind::lose_answer});
    behind.proxy.on(is_list, {Kind::answer, error(status, code)});
    behind.check_stored(large);

    behind.proxy.on(is_put, {Kind::answer, error(status, code)}, 2);
    CHECK(behind.store.put(missing) == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(!says(behind.store, "there is already"), behind.store.host.sentence());
    CHECK(behind.store.put(other) == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(behind.store, "there is already an object of 5 bytes with another SHA-256"),
                  behind.store.host.sentence());
    CHECK(behind.server.blob("blocks", "small").bytes == "bytes");
  }
}

TEST_CASE("azure: a blob that somebody has leased is stored when it is the same, and is not replaced by another") {
  if (skipped("azurite"))
    return;
  Behind behind;
  Block small("small", "bytes"), large("large", random_bytes(3 * MiB)), other("large", random_bytes(2 * MiB, 2));
  for (Block *const block : {&small, &large}) {
    behind.check_stored(*block);
    behind.server.lease("blocks", std::string(block->object.object.name.data, block->object.object.name.size));
    behind.check_stored(*block);
  }
  CHECK(behind.store.put(other) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(behind.store, "LeaseIdMissing"), behind.store.host.sentence());
  CHECK_MESSAGE(says(behind.store, "an object of 3145728 bytes"), behind.store.host.sentence());
  CHECK(same(behind.server.blob("blocks", "large").bytes, large.bytes));
}

TEST_CASE("azure: a web server that answers 200 to everything is refused at the start as no Azure Blob service") {
  HttpProxy web;
  web.serve([](const HttpRequest &) { return http_answer(200, "<html>welcome</html>", {"Content-Type: text/html"}); });
  for (const char *create : {"create-container=true", "create-container=false"}) {
    TestStore store(azure_on(web.url() + "/devstoreaccount1", {create}), "azure");
    CHECK(store.created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(store, "is not an Azure Blob service: it answers 200 with text/html"), store.host.sentence());
  }
}

TEST_CASE("azure: a service that stays broken, a deadline and the end of the host give the block back, and there is no "
          "blob") {
  if (skipped("azurite"))
    return;
  Behind behind;
  Block block("large", random_bytes(4 * MiB));
  behind.proxy.on(is_list, {Kind::answer, error(500, "InternalError")}, 5);
  CHECK(behind.store.put(block) == JETCAPTURE_RETRY);
  CHECK(says(behind.store, "InternalError"));
  behind.proxy.on(is_block, {Kind::hold});
  block.object.object.deadline = nanoseconds_from_now(1'000'000'000);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(behind.store.put(block) == JETCAPTURE_RETRY);
  CHECK(says(behind.store, "deadline"));
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  behind.store.host.wants_to_end = true;
  block.object.object.deadline = INT64_MAX;
  CHECK(behind.store.put(block) == JETCAPTURE_RETRY);
  behind.store.host.wants_to_end = false;
  CHECK(listed(behind.store, "").empty());
  behind.check_stored(block);
}

TEST_CASE("azure: a block whose bytes are not those of its hash is never stored") {
  if (skipped("azurite"))
    return;
  Behind behind;
  Block small("small", "bytes"), large("large", random_bytes(3 * MiB)), brief("brief", random_bytes(3 * MiB));
  small.object.object.sha256[0] ^= 1;
  large.object.object.sha256[0] ^= 1;
  brief.object.object.bytes += 1;
  for (Block *const block : {&small, &large, &brief})
    CHECK(behind.store.put(*block) == JETCAPTURE_BAD_DATA);
  CHECK(listed(behind.store, "").empty());
}

TEST_CASE("azure: wrong credentials, a missing container and a wrong clock are told with the fix") {
  if (skipped("azurite"))
    return;
  Behind behind;
  struct Wrong {
    Given given;
    std::string sentence;
  };
  for (const Wrong &wrong : {Wrong{{"container=other", "create-container=false"}, "create-container=true"},
                             Wrong{{"account-key=AAAA"}, "correct account-key"}}) {
    TestStore store(azure_on(behind.server.url(), wrong.given), "azure");
    CHECK(store.created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(store, wrong.sentence), store.host.sentence());
    CHECK_FALSE(says(store, "Eby8"));
  }
  Block block("x", "x");
  behind.proxy.on(is_put, {Kind::answer, error(403, "AuthenticationFailed", {"Date: Tue, 24 Nov 2020 12:00:00 GMT"})});
  CHECK(behind.store.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(behind.store, "clock"), behind.store.host.sentence());
  CHECK(behind.store.put(block) == JETCAPTURE_OK);
}

TEST_CASE(
    "azure: a shared access signature is enough, and without the right to look it goes on, and an old one is told as "
    "such") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore owner(azure_on(server.url()), "azure");
  const auto with = [&](const std::string &signature) {
    return azure_on(server.url(), {"account-key=", "create-container=false", "block-size=1MiB", "sas=" + signature});
  };
  TestStore all(with("?" + server.signature("rwdlac", 600)), "azure");
  REQUIRE_MESSAGE(all.created == JETCAPTURE_OK, all.host.sentence());
  Block block("a b/+x", random_bytes(3 * MiB));
  REQUIRE_MESSAGE(all.put(block) == JETCAPTURE_OK, all.host.sentence());
  CHECK(same(server.blob("blocks", "a b/+x").bytes, block.bytes));
  CHECK(listed(all, "") == std::vector<std::string>{"a b/+x"});

  TestStore reading(with(server.signature("rl", 600)), "azure");
  REQUIRE_MESSAGE(reading.created == JETCAPTURE_OK, reading.host.sentence());
  Block other("other", "x");
  CHECK(reading.put(other) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(reading, "permissions c and w"), reading.host.sentence());

  TestStore writing(with(server.signature("cw", 600)), "azure");
  REQUIRE_MESSAGE(writing.created == JETCAPTURE_OK, writing.host.sentence());
  REQUIRE(writing.host.logged().size() == 1);
  CHECK_MESSAGE(writing.put(block) == JETCAPTURE_OK, writing.host.sentence());

  TestStore old(with(server.signature("rwdlac", -600)), "azure");
  CHECK(old.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(old, "give a new one as sas"), old.host.sentence());
}

TEST_CASE("azure: what the service has not implemented is told at once, and so is a redirect, with the fix") {
  if (skipped("azurite"))
    return;
  Behind behind;
  Block block("x", "bytes");
  behind.proxy.on(is_put, {Kind::answer, error(501, "NotImplemented", {"x-ms-request-id: 1"})});
  CHECK(behind.store.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(behind.store, "leave out the option access-tier"), behind.store.host.sentence());
  CHECK(behind.proxy.pending() == 0);
  behind.proxy.on(is_put, {Kind::answer, http_answer(301, "", {"Location: https://x.example/blocks/x?a"})});
  CHECK(behind.store.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(behind.store, "it answers 301 and points to https://x.example/blocks/x; write https://"),
                behind.store.host.sentence());
}

TEST_CASE("azure: an account that takes https only, and one that has no address, are told with the setting") {
  HttpProxy service;
  service.serve([](const HttpRequest &) { return error(400, "AccountRequiresHttps", {"x-ms-request-id: 1"}); });
  const TestStore plain(azure_on(service.url() + "/devstoreaccount1"), "azure");
  CHECK(plain.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(plain, "write https:// for http:// into --store-opt url="), plain.host.sentence());
  // No name server is asked for a part of more than 63 characters.
  const TestStore unknown(azure_on("https://" + std::string(64, 'x') + ".blob.core.windows.net"), "azure");
  CHECK(unknown.created == JETCAPTURE_RETRY);
  CHECK_MESSAGE(says(unknown, "correct --store-opt account= or url="), unknown.host.sentence());
}
