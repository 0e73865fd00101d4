// The store "s3": create-only puts, ranges, pages of listings, and where a hash comes from.
#include "services/s3_on.hpp"
#include "services/store_abilities.hpp"
#include "support/http_proxy.hpp"

#include <utility>

using namespace jetcapture::test;

namespace {

constexpr std::size_t MiB = 1 << 20;
constexpr const char *current = "versitygw-current";

std::string error(const std::string &code) {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>so it is</Message></Error>";
}

bool is_put(const HttpRequest &request) {
  return request.method == "PUT";
}
bool is_complete(const HttpRequest &request) {
  return request.method == "POST" && request.has("uploadId=");
}

// A service of which the test writes the answers; without one of its own it takes puts, and has no objects.
struct Stub {
  explicit Stub(std::function<std::optional<std::string>(const HttpRequest &)> answer) {
    service.serve([answer = std::move(answer)](const HttpRequest &request) -> std::optional<std::string> {
      if (auto given = answer(request))
        return given;
      if (is_put(request))
        return http_answer(200, "", {"ETag: \"1\""});
      return request.method == "HEAD" ? http_answer(404) : http_answer(200, "<ListMultipartUploadsResult/>");
    });
    store.emplace(s3_on(service.url()), "s3");
    REQUIRE_MESSAGE(store->created == JETCAPTURE_OK, store->host.sentence());
  }
  HttpProxy service;
  std::optional<TestStore> store;
};

// 32 bytes of zero, in base64.
const std::string zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

} // namespace

TEST_CASE("s3: a put that creates only stores a new key, whole or in parts, and leaves what is there as it is") {
  if (skipped(current))
    return;
  const S3Server server("us-east-1", current);
  TestStore store(s3_on(server.url(), {"part-size=5MiB"}), "s3");
  REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  CHECK((store.description.flags & JETCAPTURE_STORE_CREATES) != 0);
  check_that_it_creates_once(store, "small", 10);
  check_that_it_creates_once(store, "large", 6 * MiB);
  CHECK(server.unfinished_uploads() == 0);
}

TEST_CASE("s3: of many that create one key, one stores it and all others are told that it exists") {
  if (skipped(current))
    return;
  const S3Server server("us-east-1", current);
  TestStore one(s3_on(server.url()), "s3"), other(s3_on(server.url()), "s3");
  REQUIRE_MESSAGE(one.created == JETCAPTURE_OK, one.host.sentence());
  check_that_one_of_many_creates({&one, &other}, "race/", 1000, 20);
}

TEST_CASE("s3: a service that passes If-None-Match over replaces, which only a second put shows") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  TestStore store(s3_on(server.url()), "s3");
  Created first("x", "1"), second("x", "2");
  CHECK(store.put(first) == JETCAPTURE_OK);
  CHECK(store.put(second) == JETCAPTURE_OK);
}

TEST_CASE("s3: a create-only put whose answer was lost is there, and is told as one that exists") {
  if (skipped(current))
    return;
  const S3Server server("us-east-1", current);
  HttpProxy proxy(server.url());
  TestStore store(s3_on(proxy.url(), {"part-size=5MiB"}), "s3");
  proxy.on(is_put, {Mischief::Kind::lose_answer});
  Created small("small", "mine");
  CHECK(store.put(small) == JETCAPTURE_EXISTS);
  CHECK(got(store, "small") == "mine");
  proxy.on(is_complete, {Mischief::Kind::lose_answer});
  Created large("large", random_bytes(6 * MiB));
  // Who completes an upload again may be told that it is complete.
  const jetcapture_status status = store.put(large);
  CHECK((status == JETCAPTURE_OK || status == JETCAPTURE_EXISTS));
  CHECK(same(got(store, "large"), large.bytes));
  CHECK(proxy.pending() == 0);
  CHECK(server.unfinished_uploads() == 0);
}

TEST_CASE("s3: 412 is an object that exists, and a conflict of two writers is tried again") {
  std::atomic<int> conflicts = 0;
  Stub stub([&](const HttpRequest &request) -> std::optional<std::string> {
    if (!is_put(request))
      return std::nullopt;
    CHECK(request.headers.at("if-none-match") == "*");
    if (request.has("taken"))
      return http_answer(412, error("PreconditionFailed"));
    if (conflicts++ < 2)
      return http_answer(409, error("ConditionalRequestConflict"));
    return std::nullopt;
  });
  Created taken("taken", "x"), contested("contested", "x");
  CHECK(stub.store->put(taken) == JETCAPTURE_EXISTS);
  CHECK(stub.store->put(contested) == JETCAPTURE_OK);
  CHECK(conflicts == 3);
}

TEST_CASE("s3: a service that has no create-only puts asks someone to act, with a sentence that says so") {
  Stub stub([](const HttpRequest &request) -> std::optional<std::string> {
    if (is_put(request) && request.headers.contains("if-none-match"))
      return http_answer(501, error("NotImplemented"));
    return std::nullopt;
  });
  Created object("x", "x");
  CHECK(stub.store->put(object) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(*stub.store, "If-None-Match"), stub.store->host.sentence());
  Block plain("x", "x");
  CHECK(stub.store->put(plain) == JETCAPTURE_OK);
}

TEST_CASE("s3: get gives any part of an object, and nothing from its end on") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  TestStore store(s3_on(server.url(), {"prefix=p"}), "s3");
  check_ranges(store);
}

TEST_CASE("s3: a service that answers a range with the whole object is refused, and gives no wrong bytes") {
  Stub stub([](const HttpRequest &request) -> std::optional<std::string> {
    if (request.method == "HEAD")
      return "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n";
    if (request.has("/x") && request.method == "GET")
      return http_answer(200, "abcdef");
    return std::nullopt;
  });
  TestVisitor visitor;
  CHECK(stub.store->get("x", 2, 2, visitor) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(*stub.store, "a part of an object"), stub.store->host.sentence());
  CHECK(visitor.bytes.empty());
}

TEST_CASE("s3: pages of a listing with 2,500 keys are together what one listing gives") {
  if (skipped(current))
    return;
  const S3Server server("us-east-1", current);
  TestStore store(s3_on(server.url(), {"prefix=p"}), "s3");
  std::vector<std::string> names;
  for (int i = 0; i < 2500; i++) {
    names.push_back("many/" + std::to_string(i % 3) + (i % 2 == 0 ? "/" : "-") + std::to_string(i));
    server.place("p/" + names.back(), "x");
  }
  server.place("q/x", "x");
  check_pages(store, "many/", names);
}

TEST_CASE("s3: a bucket that does not list in the order of keys is refused, and never gives wrong pages") {
  Stub stub([](const HttpRequest &request) -> std::optional<std::string> {
    if (!request.has("list-type=2"))
      return std::nullopt;
    return http_answer(200, "<ListBucketResult><Contents><Key>b</Key><Size>1</Size></Contents><Contents><Key>a</Key>"
                            "<Size>1</Size></Contents></ListBucketResult>");
  });
  TestVisitor visitor;
  CHECK(stub.store->list("", "", 0, visitor) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(*stub.store, "order of their names"), stub.store->host.sentence());
}

TEST_CASE("s3: a hash is verified where the service keeps one of the whole, else it is what was claimed") {
  std::string more;
  bool refuses = false;
  const std::string claimed = "x-amz-meta-jetcapture-sha256: " + std::string(64, '1') + "\r\n";
  Stub stub([&](const HttpRequest &request) -> std::optional<std::string> {
    if (request.method != "HEAD")
      return std::nullopt;
    const bool with_checksum = request.headers.contains("x-amz-checksum-mode");
    if (with_checksum && refuses)
      return http_answer(403);
    return "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n" + claimed + (with_checksum ? more : "") + "\r\n";
  });
  const auto first_byte = [&](std::uint32_t source) {
    const auto status = stat_of(*stub.store, "x");
    CHECK(status.hash_source == source);
    return status.sha256[0];
  };
  CHECK(first_byte(JETCAPTURE_HASH_CLAIMED) == 0x11);
  more = "x-amz-checksum-sha256: " + zeros + "\r\nx-amz-checksum-type: FULL_OBJECT\r\n";
  CHECK(first_byte(JETCAPTURE_HASH_VERIFIED) == 0);
  refuses = true;
  CHECK(first_byte(JETCAPTURE_HASH_CLAIMED) == 0x11);
  refuses = false;
  for (const std::string &of_parts : {"x-amz-checksum-sha256: " + zeros + "-2\r\n",
                                      "x-amz-checksum-sha256: " + zeros + "\r\nx-amz-checksum-type: COMPOSITE\r\n"}) {
    more = of_parts;
    CHECK(first_byte(JETCAPTURE_HASH_CLAIMED) == 0x11);
  }
}

TEST_CASE("s3: a current service verifies the hash of an object that went up whole") {
  if (skipped(current))
    return;
  const S3Server server("us-east-1", current);
  TestStore store(s3_on(server.url(), {"part-size=5MiB"}), "s3");
  Block small("small", "abc"), large("large", random_bytes(6 * MiB));
  REQUIRE_MESSAGE(store.put(small) == JETCAPTURE_OK, store.host.sentence());
  REQUIRE_MESSAGE(store.put(large) == JETCAPTURE_OK, store.host.sentence());
  const auto status = stat_of(store, "small");
  CHECK(status.hash_source == JETCAPTURE_HASH_VERIFIED);
  CHECK(std::memcmp(status.sha256, small.object.object.sha256, 32) == 0);
  CHECK(stat_of(store, "large").hash_source == JETCAPTURE_HASH_CLAIMED);
}

TEST_CASE("s3: the content encoding is left off where that is chosen") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  TestStore store(s3_on(server.url(), {"content-encoding=none", "part-size=5MiB"}), "s3");
  Block small("small.gz", "x"), large("large.gz", random_bytes(6 * MiB));
  for (Block *const block : {&small, &large}) {
    block->object.object.content_encoding = "gzip";
    REQUIRE_MESSAGE(store.put(*block) == JETCAPTURE_OK, store.host.sentence());
  }
  CHECK(server.metadata("small.gz", "content-encoding").empty());
  CHECK(server.metadata("large.gz", "content-encoding").empty());
  CHECK(server.metadata("small.gz", "content-type") == "text/plain");
}
