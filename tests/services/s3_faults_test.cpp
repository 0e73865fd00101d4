// The store "s3" when the service or the network fails: nothing is said to be stored that is not, and no upload is left
// behind.
#include "services/s3_on.hpp"
#include "support/http_proxy.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

using namespace jetcapture::test;
using Kind = Mischief::Kind;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t MiB = 1 << 20;

std::string error(const std::string &code, const std::string &message = "so it is") {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>";
}

bool is_part(const HttpRequest &request) {
  return request.has("partNumber=");
}
bool is_part_two(const HttpRequest &request) {
  return request.has("partNumber=2");
}
bool is_begin(const HttpRequest &request) {
  return request.method == "POST" && request.has("?uploads=");
}
bool is_complete(const HttpRequest &request) {
  return request.method == "POST" && request.has("uploadId=");
}
bool is_put(const HttpRequest &request) {
  return request.method == "PUT";
}

// A store behind a proxy.
struct Behind {
  S3Server server;
  HttpProxy proxy{server.url()};
  TestStore store;
  explicit Behind(Given more = {}) : store(s3_on(proxy.url(), with_small_parts(std::move(more))), "s3") {
    REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  }
  static Given with_small_parts(Given more) {
    more.insert(more.begin(), "part-size=5MiB");
    return more;
  }
  // Stored whole, and the fault has happened.
  void check_stored(Block &block) {
    REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
    CHECK(proxy.pending() == 0);
    CHECK(same(server.object(block_name(block)), block.bytes));
    CHECK(server.unfinished_uploads() == 0);
  }
  static std::string block_name(const Block &block) {
    return {block.object.object.name.data, block.object.object.name.size};
  }
};

} // namespace

TEST_CASE("s3: 500, 503 and a connection that is cut within a part are tried again, and the object is whole") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block small("small", "bytes"), large("large", random_bytes(16 * MiB));
  behind.proxy.on(is_put, {Kind::answer, http_answer(500, error("InternalError"))}, 2);
  behind.check_stored(small);
  behind.proxy.on(is_part_two, {Kind::answer, http_answer(503, error("SlowDown"))}, 2);
  behind.proxy.on(is_part, {Kind::cut});
  behind.proxy.on(is_begin, {Kind::answer, http_answer(503)});
  behind.proxy.on(is_complete, {Kind::answer, http_answer(200, error("InternalError"))});
  behind.check_stored(large);
}

TEST_CASE("s3: an answer of 200 without the service's proof in it is not taken for stored") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block small("small", "bytes"), large("large", random_bytes(11 * MiB));
  behind.proxy.on(is_put, {Kind::answer, http_answer(200, "<html>welcome</html>")});
  behind.check_stored(small);
  behind.proxy.on(is_part_two, {Kind::answer, http_answer(200)});
  behind.check_stored(large);
  for (const char *body : {"", "<?xml version=\"1.0\"?>   ", "<html>welcome</html>",
                           "<CompleteMultipartUploadResult><ETag>x</ETag>", "<CompleteMultipartUploadResult/>"}) {
    INFO(body);
    const std::string name = "large" + std::to_string(behind.proxy.seen().size());
    Block again(name, random_bytes(11 * MiB));
    behind.proxy.on(is_complete, {Kind::answer, http_answer(200, body)});
    behind.check_stored(again);
  }
}

TEST_CASE(
    "s3: a service that never proves that an upload is complete gives the block back, unless the object is there") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block large("large", random_bytes(11 * MiB));
  behind.proxy.on(is_complete, {Kind::answer, http_answer(200, "<html>welcome</html>")}, 3);
  CHECK(behind.store.put(large) == JETCAPTURE_RETRY);
  CHECK(says(behind.store, "200 with"));
  CHECK(behind.server.objects().empty());
  CHECK(behind.server.unfinished_uploads() == 0);

  REQUIRE_MESSAGE(behind.store.put(large) == JETCAPTURE_OK, behind.store.host.sentence());
  behind.proxy.on(is_complete, {Kind::answer, http_answer(200)});
  // The object of the put before proves it, without another try.
  const auto completions = [&] {
    const auto seen = behind.proxy.seen();
    return std::count_if(seen.begin(), seen.end(), is_complete);
  };
  const auto before = completions();
  behind.check_stored(large);
  CHECK(completions() == before + 1);
}

TEST_CASE("s3: a web server that answers 200 to everything is refused at the start as no S3 service") {
  for (const char *body : {"<html>welcome</html>", "", "{}"}) {
    INFO(body);
    HttpProxy web;
    web.serve([&](const HttpRequest &) { return http_answer(200, body, {"Content-Type: text/html"}); });
    TestStore store(s3_on(web.url()), "s3");
    CHECK(store.created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(store, "is not an S3 service: it answers"), store.host.sentence());
  }
  for (const char *body : {"<ListMultipartUploadsResult/>",
                           "<ListMultipartUploadsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\" />",
                           "<?xml version=\"1.0\"?>\n<ListMultipartUploadsResult\n "
                           "xmlns=\"x\"><Bucket>b</Bucket></ListMultipartUploadsResult>\n"}) {
    INFO(body);
    HttpProxy service;
    service.serve([&](const HttpRequest &) { return http_answer(200, body); });
    TestStore store(s3_on(service.url()), "s3");
    CHECK_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  }
}

TEST_CASE("s3: Retry-After is waited for, and past the deadline the put comes back at once, to be tried again") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block block("x", "bytes");
  behind.proxy.on(is_put, {Kind::answer, http_answer(503, error("SlowDown"), {"Retry-After: 2"})});
  const auto begin = std::chrono::steady_clock::now();
  behind.check_stored(block);
  CHECK(std::chrono::steady_clock::now() - begin >= 2s);

  behind.proxy.on(is_put, {Kind::answer, http_answer(503, error("SlowDown"), {"Retry-After: 60"})});
  block.object.object.deadline = nanoseconds_from_now(20'000'000'000);
  const auto again = std::chrono::steady_clock::now();
  CHECK(behind.store.put(block) == JETCAPTURE_RETRY);
  CHECK(says(behind.store, "SlowDown"));
  CHECK(std::chrono::steady_clock::now() - again < 15s);
}

TEST_CASE("s3: an answer before the service has read the bytes is that of the put, which is tried again or refused") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block small("small", random_bytes(4 * MiB)), large("large", random_bytes(12 * MiB));
  behind.proxy.on(is_put, {Kind::refuse, http_answer(503, error("SlowDown"), {"Connection: close"})}, 2);
  behind.check_stored(small);
  behind.proxy.on(is_part_two, {Kind::refuse, http_answer(503, error("SlowDown"))}, 2);
  behind.check_stored(large);
  behind.proxy.on(is_put, {Kind::refuse, http_answer(403, error("AccessDenied"), {"Connection: close"})});
  Block refused("refused", random_bytes(4 * MiB));
  CHECK(behind.store.put(refused) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(behind.store, "lack the right s3:PutObject"), behind.store.host.sentence());
}

TEST_CASE("s3: an answer that is lost after the object was stored does no harm") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block small("small", "bytes"), large("large", random_bytes(12 * MiB));
  behind.proxy.on(is_put, {Kind::lose_answer});
  behind.check_stored(small);
  behind.proxy.on(is_begin, {Kind::lose_answer});
  behind.proxy.on(is_part_two, {Kind::lose_answer});
  behind.proxy.on(is_complete, {Kind::lose_answer});
  behind.check_stored(large);
}

TEST_CASE("s3: bytes that change on their way are refused by the service, and sent again") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block small("small", random_bytes(1000)), large("large", random_bytes(12 * MiB));
  behind.proxy.on(is_put, {Kind::corrupt});
  behind.check_stored(small);
  behind.proxy.on(is_part_two, {Kind::corrupt});
  behind.check_stored(large);
}

TEST_CASE("s3: a block whose bytes are not those of its hash is never stored") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block small("small", "bytes"), large("large", random_bytes(6 * MiB)), brief("brief", random_bytes(6 * MiB));
  small.object.object.sha256[0] ^= 1;
  large.object.object.sha256[0] ^= 1;
  brief.object.object.bytes += 1;
  CHECK(behind.store.put(small) == JETCAPTURE_RETRY);
  CHECK(behind.store.put(large) == JETCAPTURE_BAD_DATA);
  CHECK(says(behind.store, "SHA-256"));
  CHECK(behind.store.put(brief) == JETCAPTURE_BAD_DATA);
  CHECK(says(behind.store, "instead of"));
  Block unreadable("unreadable", random_bytes(6 * MiB));
  unreadable.before_read = [](std::uint64_t offset) { return offset > 0 ? -1 : 0; };
  CHECK(behind.store.put(unreadable) == JETCAPTURE_RETRY);
  CHECK(says(behind.store, "can't be read"));
  CHECK(behind.server.objects().empty());
  CHECK(behind.server.unfinished_uploads() == 0);
}

TEST_CASE("s3: a service that stays broken gives the block back for another try, and its upload is aborted") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block large("large", random_bytes(12 * MiB));
  behind.proxy.on(is_part_two, {Kind::answer, http_answer(500, error("InternalError"))}, 100);
  CHECK(behind.store.put(large) == JETCAPTURE_RETRY);
  CHECK(says(behind.store, "InternalError"));
  CHECK(behind.server.objects().empty());
  CHECK(behind.server.unfinished_uploads() == 0);
}

TEST_CASE("s3: slow is not broken, and silence is given up after stall-timeout") {
  if (skipped("versitygw"))
    return;
  Behind behind({"stall-timeout=1s"});
  Block slow("slow", random_bytes(4 * MiB)), held("held", "bytes");
  behind.proxy.on(is_put, {Kind::slow});
  behind.check_stored(slow);
  behind.proxy.on(is_put, {Kind::hold});
  behind.check_stored(held);
}

TEST_CASE(
    "s3: a deadline and the end of the host are heeded long before the stall timeout, and the upload is aborted") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block block("large", random_bytes(12 * MiB));
  behind.proxy.on(is_part_two, {Kind::hold});
  block.object.object.deadline = nanoseconds_from_now(1'000'000'000);
  auto begin = std::chrono::steady_clock::now();
  CHECK(behind.store.put(block) == JETCAPTURE_RETRY);
  CHECK(says(behind.store, "deadline"));
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  CHECK(behind.server.unfinished_uploads() == 0);

  behind.proxy.on(is_part_two, {Kind::hold});
  block.object.object.deadline = INT64_MAX;
  std::jthread ending([&] {
    eventually(20s, [&] { return behind.proxy.pending() == 0; });
    behind.store.host.wants_to_end = true;
  });
  begin = std::chrono::steady_clock::now();
  CHECK(behind.store.put(block) == JETCAPTURE_RETRY);
  CHECK(says(behind.store, "wants to end"));
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  CHECK(behind.server.unfinished_uploads() == 0);
  CHECK(behind.server.objects().empty());
}

TEST_CASE("s3: what a killed process leaves is aborted at the next start when it is older than an hour, and only "
          "blocks are") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  const Given given = s3_on(server.url(), {"part-size=5MiB", "prefix=p"});
  const std::string block_name = "eu/S-000000000001-000000001000-5f3a9c0d12ab.csv";
  const int child = in_a_child([&] {
    TestStore store(given, "s3");
    for (const std::string &name : {block_name, std::string("eu/somebody-elses.bin")}) {
      if (::fork() == 0) {
        Block block(name, random_bytes(12 * MiB));
        block.before_read = [](std::uint64_t offset) -> std::int64_t {
          return offset > 11 * MiB ? ::raise(SIGKILL) : 0;
        };
        store.put(block);
        ::_exit(0);
      }
      ::wait(nullptr);
    }
    return 0;
  });
  CHECK(child == 0);
  REQUIRE(server.unfinished_uploads() == 2);
  CHECK(TestStore(given, "s3").created == JETCAPTURE_OK);
  CHECK(server.unfinished_uploads() == 2);

  // As if the hour were over.
  Given at_once = given;
  at_once.push_back("abort-unfinished-after=0s");
  TestStore later(at_once, "s3");
  REQUIRE_MESSAGE(later.created == JETCAPTURE_OK, later.host.sentence());
  CHECK(server.unfinished_uploads() == 1);
  CHECK(later.host.logged().size() == 1);
}

TEST_CASE("s3: settings that are wrong are refused at the start, with a sentence that names the fix") {
  if (skipped("versitygw"))
    return;
  S3Server server;
  server.add_user("AKNORIGHTS", "nothing-allowed");
  struct Wrong {
    Given given;
    std::string sentence;
  };
  for (const Wrong &wrong : {Wrong{{"bucket=other"}, "make it, or correct --store-opt bucket="},
                             Wrong{{"access-key=AKUNKNOWN"}, "does not know the access key"},
                             Wrong{{"region=eu-west-1"}, "correct --store-opt region="},
                             Wrong{{"secret-key=wrong"}, "correct the secret key"}}) {
    TestStore store(s3_on(server.url(), wrong.given), "s3");
    INFO(store.host.sentence());
    CHECK(store.created == JETCAPTURE_CONFIGURATION);
    CHECK(says(store, wrong.sentence));
    CHECK_FALSE(says(store, "secret/of"));
  }
  // Listing uploads is a right of its own: without it the start goes on, and the put tells what is missing.
  TestStore poor(s3_on(server.url(), {"access-key=AKNORIGHTS", "secret-key=nothing-allowed"}), "s3");
  REQUIRE_MESSAGE(poor.created == JETCAPTURE_OK, poor.host.sentence());
  REQUIRE(poor.host.logged().size() == 1);
  CHECK(poor.host.logged()[0].find("s3:ListBucketMultipartUploads") != std::string::npos);
  Block block("x", "x");
  CHECK(poor.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK(says(poor, "s3:PutObject"));
}

TEST_CASE("s3: a service that is not there is refused at the start") {
  TestStore store(s3_on("http://127.0.0.1:9"), "s3");
  CHECK(store.created == JETCAPTURE_RETRY);
  CHECK(says(store, "127.0.0.1:9"));
}

TEST_CASE("s3: a clock that is wrong is told as such") {
  if (skipped("versitygw"))
    return;
  Behind behind;
  Block block("x", "x");
  behind.proxy.on(
      is_put, {Kind::answer, http_answer(403, error("RequestTimeTooSkewed"), {"Date: Tue, 24 Nov 2026 12:00:00 GMT"})});
  CHECK(behind.store.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK(says(behind.store, "clock"));
  CHECK(says(behind.store, "Tue, 24 Nov 2026"));
  CHECK(behind.store.put(block) == JETCAPTURE_OK);
}

TEST_CASE("s3: a bucket in another region is found there, and the region to give is logged") {
  if (skipped("versitygw"))
    return;
  const S3Server server("eu-west-1");
  HttpProxy proxy(server.url());
  // As AWS says it; this server only calls the signature wrong.
  proxy.on(
      [](const HttpRequest &request) {
        return request.headers.at("authorization").find("/us-east-1/") != std::string::npos;
      },
      {Kind::answer,
       http_answer(400, "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The region 'us-east-1' is wrong; "
                        "expecting 'eu-west-1'</Message><Region>eu-west-1</Region></Error>")},
      100);
  TestStore store(s3_on(proxy.url()), "s3");
  REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  REQUIRE(store.host.logged().size() == 1);
  CHECK(store.host.logged()[0].find("--store-opt region=eu-west-1") != std::string::npos);
  Block block("x", "x");
  CHECK(store.put(block) == JETCAPTURE_OK);
  // A redirect that leads nowhere new is an error, and no circle.
  proxy.on(is_put, {Kind::answer, http_answer(301, error("PermanentRedirect"), {"x-amz-bucket-region: eu-west-1"})});
  CHECK(store.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK(says(store, "region="));
}
