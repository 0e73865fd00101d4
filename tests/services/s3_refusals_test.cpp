// The store "s3" with buckets that demand a checksum of each upload or forbid to replace objects, and with services
// that refuse a header that they don't know.
#include "services/s3_on.hpp"
#include "support/http_proxy.hpp"

#include <algorithm>
#include <optional>
#include <utility>

using namespace jetcapture::test;
using Kind = Mischief::Kind;

namespace {

constexpr std::size_t MiB = 1 << 20;
constexpr int always = 1000;

std::string error(const std::string &code, const std::string &message = "so it is") {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>";
}

bool is_put(const HttpRequest &request) {
  return request.method == "PUT";
}
bool is_complete(const HttpRequest &request) {
  return request.method == "POST" && request.has("uploadId=");
}
bool has_checksum(const HttpRequest &request) {
  return request.headers.contains("x-amz-checksum-sha256") || request.headers.contains("x-amz-checksum-algorithm");
}
bool has_checksum_of_put(const HttpRequest &request) {
  return is_put(request) && has_checksum(request);
}
bool has_no_md5(const HttpRequest &request) {
  return is_put(request) && !request.headers.contains("content-md5");
}
bool lacks_checksum(const HttpRequest &request) {
  return is_put(request) && !has_checksum(request);
}

// A store behind a proxy. An upload of 11 MiB has three parts.
struct Behind {
  S3Server server;
  HttpProxy proxy{server.url()};
  TestStore store{s3_on(proxy.url(), {"part-size=5MiB"}), "s3"};
  Behind() { REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence()); }

  void check_stored(Block &block) {
    REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
    CHECK(same(server.object({block.object.object.name.data, block.object.object.name.size}), block.bytes));
    CHECK(server.unfinished_uploads() == 0);
  }
  std::size_t requests_that(bool (*match)(const HttpRequest &)) const {
    const auto seen = proxy.seen();
    return static_cast<std::size_t>(std::count_if(seen.begin(), seen.end(), match));
  }
};

} // namespace

TEST_CASE("s3: each put and each part carries its SHA-256 as a checksum, which the service keeps with the object") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block small("small", "bytes"), large("large", random_bytes(11 * MiB));
  behind.check_stored(small);
  behind.check_stored(large);
  for (const HttpRequest &request : behind.proxy.seen())
    if (is_put(request))
      CHECK(request.headers.contains("x-amz-checksum-sha256"));
  const std::string of_small = behind.server.metadata("small", "checksums");
  const std::string of_large = behind.server.metadata("large", "checksums");
  CHECK_MESSAGE(of_small.find("J3CJ2RwL308uaGK6fkoHYFEZQx9dE/cm3TUrBvGyBqk=") != std::string::npos, of_small);
  CHECK_MESSAGE(of_large.find("COMPOSITE") != std::string::npos, of_large);
  CHECK(behind.store.host.logged().empty());
}

TEST_CASE("s3: a bucket that refuses each put and part without a checksum takes blocks, whole and in parts") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  behind.proxy.on(
      lacks_checksum,
      {Kind::answer, http_answer(400, error("InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is "
                                                              "required for Put Part requests with Object "
                                                              "Lock parameters"))},
      always);
  Block small("small", "bytes"), large("large", random_bytes(11 * MiB));
  behind.check_stored(small);
  behind.check_stored(large);
  CHECK(behind.requests_that(lacks_checksum) == 0);
}

TEST_CASE("s3: a service that does not know the checksum gets an MD5 from then on, and one line tells it") {
  if (skipped("versitygw"))
    return;
  for (const std::string &answer :
       {http_answer(400,
                    error("InvalidArgument", "Unsupported header 'x-amz-checksum-sha256' received for this API call.")),
        http_answer(501,
                    error("NotImplemented", "Header 'x-amz-checksum-algorithm' with value 'SHA256' not implemented")),
        http_answer(403, error("SignatureDoesNotMatch")), http_answer(400)}) {
    INFO(answer);
    for (const std::size_t size : {std::size_t{5}, 6 * MiB}) {
      Behind behind;
      behind.proxy.on(has_checksum, {Kind::answer, answer}, always);
      Block first("first", random_bytes(size)), second("second", "bytes");
      behind.check_stored(first);
      behind.check_stored(second);
      CHECK(behind.requests_that(has_checksum) == 1);
      CHECK(behind.requests_that(has_no_md5) == behind.requests_that(has_checksum_of_put));
      REQUIRE(behind.store.host.logged().size() == 1);
      CHECK(behind.store.host.logged()[0].find("x-amz-checksum-sha256") != std::string::npos);
    }
  }
}

TEST_CASE("s3: a bucket that demands an MD5, of a service that does not know the checksum, takes blocks, whole and in "
          "parts") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  behind.proxy.on(has_checksum, {Kind::answer, http_answer(400, error("InvalidArgument", "Unsupported header"))},
                  always);
  behind.proxy.on(has_no_md5, {Kind::answer, http_answer(400, error("InvalidRequest", "Content-MD5 is required"))},
                  always);
  Block small("small", "bytes"), large("large", random_bytes(11 * MiB));
  behind.check_stored(small);
  behind.check_stored(large);
  CHECK(behind.store.host.logged().size() == 1);
  // The service compares it with what it has received.
  behind.proxy.on(is_put, {Kind::corrupt});
  Block again("again", random_bytes(6 * MiB));
  behind.check_stored(again);
}

TEST_CASE("s3: a service that refuses checksums in the list of parts gets the upload without them") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  behind.proxy.on(is_complete, {Kind::answer, http_answer(400, error("MalformedXML"))});
  Block large("large", random_bytes(11 * MiB));
  behind.check_stored(large);
  CHECK(behind.store.host.logged().size() == 1);
}

TEST_CASE("s3: a refusal with and without a checksum is the block's own, and checksums are sent as before") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block block("x", "bytes");
  behind.proxy.on(is_put, {Kind::answer, http_answer(400, error("InvalidRequest", "the first"))});
  behind.proxy.on(is_put, {Kind::answer, http_answer(400, error("InvalidRequest", "the second"))});
  CHECK(behind.store.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(behind.store, "the first"), behind.store.host.sentence());
  const std::size_t without = behind.requests_that(lacks_checksum);
  behind.check_stored(block);
  CHECK(behind.requests_that(lacks_checksum) == without);
  CHECK(behind.store.host.logged().empty());
}

TEST_CASE("s3: a bucket that comes to demand checksums gets them again, also after uploads went without") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block first("first", "bytes"), second("second", "bytes"), third("third", "bytes");
  behind.proxy.on(has_checksum, {Kind::answer, http_answer(501, error("NotImplemented"))});
  behind.check_stored(first);
  behind.proxy.on(lacks_checksum, {Kind::answer, http_answer(400, error("InvalidRequest"))}, always);
  behind.check_stored(second);
  behind.check_stored(third);
  CHECK(behind.store.host.logged().size() == 2);
}

TEST_CASE("s3: what a service has not implemented is told at once, with the options to leave out") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  behind.proxy.on(
      is_put, {Kind::answer, http_answer(501, error("NotImplemented", "Header 'x-amz-tagging' is not known"))}, always);
  Block block("x", "bytes");
  CHECK(behind.store.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(behind.store, "x-amz-tagging"), behind.store.host.sentence());
  CHECK_MESSAGE(says(behind.store, "leave out the option tags"), behind.store.host.sentence());
  CHECK_MESSAGE(!says(behind.store, "kms-key"), behind.store.host.sentence());
  CHECK(behind.requests_that(is_put) == 2); // with a checksum and without
}

TEST_CASE("s3: what a service has not implemented of an upload in parts is told at once, and nothing of it is left") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  const auto is_begin = [](const HttpRequest &request) { return request.method == "POST" && request.has("?uploads="); };
  behind.proxy.on(
      is_begin,
      {Kind::answer, http_answer(501, error("NotImplemented", "Header 'x-amz-storage-class' is not implemented"))},
      always);
  Block large("large", random_bytes(11 * MiB));
  CHECK(behind.store.put(large) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(behind.store, "leave out the option storage-class"), behind.store.host.sentence());
  CHECK(behind.requests_that(is_begin) == 2); // with a checksum and without
  CHECK(behind.requests_that(is_put) == 0);
  CHECK(behind.server.unfinished_uploads() == 0);
}

namespace {

// A service that answers the listing of uploads so, and that of objects as said.
struct Lister {
  Lister(const std::string &of_uploads, const std::string &of_objects) {
    service.serve([=](const HttpRequest &request) { return request.has("list-type=2") ? of_objects : of_uploads; });
    store.emplace(s3_on(service.url()), "s3");
  }
  HttpProxy service;
  std::optional<TestStore> store;
};

} // namespace

TEST_CASE("s3: a service that refuses to list uploads in whatever way is started on, and one line tells it") {
  for (const std::string &answer :
       {http_answer(501, error("NotImplemented")), http_answer(501), http_answer(405),
        http_answer(405, error("MethodNotAllowed")), http_answer(400), http_answer(400, error("InvalidArgument")),
        http_answer(404, error("NoSuchUpload")), http_answer(404), http_answer(403),
        http_answer(403, error("AccessDenied")), http_answer(400, "<html>no such page</html>")}) {
    INFO(answer);
    const Lister lister(answer, http_answer(200, "<ListBucketResult/>"));
    CHECK_MESSAGE(lister.store->created == JETCAPTURE_OK, lister.store->host.sentence());
    REQUIRE(lister.store->host.logged().size() == 1);
    CHECK_MESSAGE(lister.store->host.logged()[0].find("unfinished uploads of earlier runs stay") != std::string::npos,
                  lister.store->host.logged()[0]);
    CHECK_MESSAGE(lister.store->host.logged()[0].find("tags") == std::string::npos, lister.store->host.logged()[0]);
    CHECK(lister.service.seen().size() == 2);
  }
}

TEST_CASE("s3: where no uploads can be listed, the listing of objects shows whether bucket and credentials are right") {
  for (const std::string &answer : {http_answer(403), http_answer(403, error("AccessDenied")), http_answer(501)}) {
    INFO(answer);
    const Lister lister(http_answer(405), answer);
    CHECK_MESSAGE(lister.store->created == JETCAPTURE_OK, lister.store->host.sentence());
    CHECK(lister.store->host.logged().size() == 1);
  }
  for (const auto &[answer, sentence] :
       {std::pair(http_answer(404, error("NoSuchBucket")), "there is no bucket"),
        std::pair(http_answer(403, error("InvalidAccessKeyId")), "does not know the access key"),
        std::pair(http_answer(403, error("SignatureDoesNotMatch")), "correct the secret key"),
        std::pair(http_answer(405, "<html><style>p { color: red }</style><p>not\n here</p></html>"), "405: not here"),
        std::pair(http_answer(200, "<html>welcome</html>"), "is not an S3 service: it answers")}) {
    INFO(answer);
    const Lister lister(http_answer(405), answer);
    CHECK(lister.store->created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(*lister.store, sentence), lister.store->host.sentence());
  }
}

TEST_CASE("s3: an upload whose beginning was answered to nobody goes on where uploads can't be listed") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  behind.proxy.on([](const HttpRequest &request) { return request.method == "POST" && request.has("?uploads="); },
                  {Kind::lose_answer});
  behind.proxy.on([](const HttpRequest &request) { return request.method == "GET" && request.has("uploads="); },
                  {Kind::answer, http_answer(405)}, always);
  Block large("large", random_bytes(11 * MiB));
  REQUIRE_MESSAGE(behind.store.put(large) == JETCAPTURE_OK, behind.store.host.sentence());
  CHECK(same(behind.server.object("large"), large.bytes));
  CHECK(behind.store.host.logged().size() == 1);
}

TEST_CASE("s3: a block that a bucket with Object Lock has already, after an answer that was lost, is stored") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  behind.server.lock_objects();
  Block block("x", "bytes"), other("x", "other bytes"), large("large", random_bytes(11 * MiB));
  behind.proxy.on(is_put, {Kind::lose_answer});
  behind.check_stored(block);
  CHECK(behind.proxy.pending() == 0);
  behind.check_stored(block);
  behind.check_stored(large);
  CHECK(behind.store.put(other) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(behind.store, "WORM protected"), behind.store.host.sentence());
  CHECK_MESSAGE(says(behind.store, "an object of 5 bytes"), behind.store.host.sentence());
  CHECK(behind.server.object("x") == "bytes");
}

TEST_CASE(
    "s3: whatever a service says when it refuses to replace an object, the same object is stored, and another one "
    "is told") {
  if (skipped("versitygw"))
    return;
  for (const std::string &answer : {http_answer(403, error("AccessDenied")), http_answer(409, error("FileImmutable")),
                                    http_answer(412, error("PreconditionFailed"))}) {
    INFO(answer);
    Behind behind;
    Block small("small", "bytes"), large("large", random_bytes(11 * MiB)), other("small", "other bytes"),
        missing("missing", "bytes");
    behind.proxy.on(is_put, {Kind::lose_answer});
    behind.proxy.on(is_put, {Kind::answer, answer});
    behind.check_stored(small);
    behind.proxy.on(is_complete, {Kind::lose_answer});
    behind.proxy.on(is_complete, {Kind::answer, answer});
    behind.check_stored(large);
    CHECK(behind.proxy.pending() == 0);

    behind.proxy.on(is_put, {Kind::answer, answer}, 2);
    CHECK(behind.store.put(missing) == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(!says(behind.store, "there is already"), behind.store.host.sentence());
    CHECK(behind.store.put(other) == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(behind.store, "there is already an object of 5 bytes with another SHA-256"),
                  behind.store.host.sentence());
    CHECK(behind.server.object("small") == "bytes");
  }
}

TEST_CASE("s3: where a service refuses to replace objects and may not be asked for them, the right to grant is told") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block block("x", "bytes");
  behind.check_stored(block);
  behind.proxy.on(is_put, {Kind::answer, http_answer(409, error("FileImmutable"))});
  behind.proxy.on([](const HttpRequest &request) { return request.method == "HEAD"; },
                  {Kind::answer, http_answer(403)});
  CHECK(behind.store.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(behind.store, "FileImmutable"), behind.store.host.sentence());
  CHECK_MESSAGE(says(behind.store, "s3:GetObject"), behind.store.host.sentence());
}
