// The store "s3" against a server that checks signatures and hashes.
#include "services/s3_on.hpp"
#include "support/http_proxy.hpp"

#include <atomic>
#include <fstream>
#include <thread>

#include <fcntl.h>

using namespace jetcapture::test;

namespace {

constexpr std::size_t MiB = 1 << 20;

} // namespace

TEST_CASE("s3: an object has its bytes, its type, its encoding and its metadata") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  TestStore store(s3_on(server.url(), {"prefix=backup/orders/"}), "s3");
  REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  Block block("eu/2026/x.csv.gz", "a,b\n");
  block.object.object.content_type = "text/csv";
  block.object.object.content_encoding = "gzip";
  REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
  CHECK(store.last_location == "s3://blocks/backup/orders/eu/2026/x.csv.gz");
  const std::string key = "backup/orders/eu/2026/x.csv.gz";
  CHECK(server.objects() == std::vector<std::string>{key});
  CHECK(server.object(key) == "a,b\n");
  CHECK(server.metadata(key, "content-type") == "text/csv");
  CHECK(server.metadata(key, "content-encoding") == "gzip");
  CHECK(server.metadata(key, "X-Amz-Meta.jetcapture-messages") == "17");
  CHECK(server.metadata(key, "X-Amz-Meta.jetcapture-reason") == "age");
  const auto status = stat_of(store, "eu/2026/x.csv.gz");
  CHECK(status.exists == 1);
  CHECK(status.bytes == 4);
  CHECK(status.hash_source == JETCAPTURE_HASH_VERIFIED);
  CHECK(std::memcmp(status.sha256, block.object.object.sha256, 32) == 0);
  CHECK(got(store, "eu/2026/x.csv.gz") == "a,b\n");
}

TEST_CASE("s3: names and prefixes with spaces, percent, plus, quotes and unicode are keys as they stand") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  const std::string names[] = {
      "a b/c d",    "100%25/x%20y", "a+b/c=d&e",  "gr\xc3\xbc\xc3\x9f/\xe6\x97\xa5\xe6\x9c\xac", "it's (1)*!;:@,$~.x",
      "#?[x]\"<y>", "~/=a.",        "back\\slash"};
  for (const std::string prefix : {"", "pre fix/50% +/\xc3\xa4"}) {
    TestStore store(s3_on(server.url(), {"prefix=" + prefix}), "s3");
    REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
    for (const std::string &name : names) {
      INFO(prefix, " ", name);
      Block block(name, "of " + name);
      REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
      CHECK(server.object(prefix.empty() ? name : prefix + "/" + name) == "of " + name);
      CHECK(got(store, name) == "of " + name);
      CHECK(stat_of(store, name).hash_source != JETCAPTURE_HASH_NONE);
      CHECK(listed(store, name) == std::vector<std::string>{name});
    }
  }
}

TEST_CASE("s3: names that could mean another place are refused with a sentence") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  TestStore store(s3_on(server.url()), "s3");
  for (const std::string &name :
       {std::string(""), std::string("/a"), std::string("a//b"), std::string("a/../b"), std::string("."),
        std::string("a/"), std::string("a\nb"), std::string("a\0b", 3), std::string("\xff"), std::string(1025, 'x')}) {
    Block block(name, "x");
    CHECK(store.put(block) == JETCAPTURE_CONFIGURATION);
    CHECK(says(store, "is refused"));
  }
  CHECK(server.objects().empty());
  for (const std::string wrong :
       {"prefix=/a", "prefix=a//b", "prefix=../a", "part-size=1MiB", "parallel-parts=0", "bucket=s3://blocks",
        "endpoint=localhost:9000", "kms-key=x", "tags=justaname", "session-token=x", "secret-key="})
    CHECK(TestStore(s3_on(server.url(),
                          wrong == "session-token=x" ? Given{"access-key=", "secret-key=", wrong} : Given{wrong}),
                    "s3")
              .created == JETCAPTURE_CONFIGURATION);
}

TEST_CASE("s3: a large object goes up in parts, from memory and from a descriptor, and is the same") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  const Folder source;
  TestStore store(s3_on(server.url(), {"part-size=5MiB", "parallel-parts=3"}), "s3");
  const std::string bytes = random_bytes(17 * MiB + 3);
  Block in_memory("large/m", bytes);
  in_memory.most_at_once = 100'000;
  REQUIRE_MESSAGE(store.put(in_memory) == JETCAPTURE_OK, store.host.sentence());
  std::ofstream(source / "s", std::ios::binary) << bytes;
  const int descriptor = ::open((source / "s").c_str(), O_RDONLY | O_CLOEXEC);
  Block in_file("large/f", bytes);
  in_file.object.object.descriptor = descriptor;
  in_file.before_read = [](std::uint64_t) { return -1; };
  REQUIRE_MESSAGE(store.put(in_file) == JETCAPTURE_OK, store.host.sentence());
  ::close(descriptor);
  for (const char *const name : {"large/m", "large/f"}) {
    CHECK(same(server.object(name), bytes));
    CHECK(same(got(store, name), bytes));
    const auto status = stat_of(store, name);
    CHECK(status.bytes == bytes.size());
    CHECK(status.hash_source == JETCAPTURE_HASH_CLAIMED);
    CHECK(std::memcmp(status.sha256, in_memory.object.object.sha256, 32) == 0);
    CHECK(server.metadata(name, "X-Amz-Meta.jetcapture-messages") == "17");
  }
  CHECK(server.unfinished_uploads() == 0);
}

TEST_CASE("s3: objects of no bytes, and of exactly one part, arrive") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  TestStore store(s3_on(server.url(), {"part-size=5MiB"}), "s3");
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, 5 * MiB, 5 * MiB + 1, 10 * MiB}) {
    const std::string name = "of/" + std::to_string(size);
    Block block(name, random_bytes(size));
    REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
    CHECK(same(server.object(name), block.bytes));
    CHECK(same(got(store, name), block.bytes));
  }
}

TEST_CASE("s3: a put of the same name replaces the object, and may come at the same time from many threads") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  TestStore store(s3_on(server.url(), {"part-size=5MiB"}), "s3");
  const std::string bytes = random_bytes(6 * MiB);
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
  for (const std::string &key : server.objects())
    CHECK(same(server.object(key), bytes));
  CHECK(server.objects().size() == 4);
  Block shorter("same", "now short");
  CHECK(store.put(shorter) == JETCAPTURE_OK);
  CHECK(server.object("same") == "now short");
  CHECK(server.unfinished_uploads() == 0);
}

TEST_CASE(
    "s3: list gives the names below the prefix, over pages, and remove and what is missing are as the interface says") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  TestStore store(s3_on(server.url(), {"prefix=p"}), "s3");
  TestStore outside(s3_on(server.url()), "s3");
  Block foreign("q/x", "x");
  REQUIRE(outside.put(foreign) == JETCAPTURE_OK);
  for (const char *const name : {"eu/1", "eu/2", "us/3"}) {
    Block block(name, name);
    REQUIRE(store.put(block) == JETCAPTURE_OK);
  }
  using Names = std::vector<std::string>;
  CHECK(listed(store, "") == Names{"eu/1", "eu/2", "us/3"});
  CHECK(listed(store, "eu/") == Names{"eu/1", "eu/2"});
  CHECK(listed(store, "no").empty());
  // The posix backend takes a file for an object: a thousand of them make a second page.
  for (int i = 0; i < 1005; i++)
    server.place("p/many/" + std::to_string(i), "x");
  CHECK(listed(store, "many/").size() == 1005);
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

TEST_CASE("s3: encryption, storage class and tags are sent as chosen") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  HttpProxy proxy(server.url());
  TestStore store(s3_on(proxy.url(), {"server-side-encryption=aws:kms", "kms-key=key-1", "storage-class=STANDARD_IA",
                                      "tags=team=or ders,from=nats", "part-size=5MiB"}),
                  "s3");
  Block small("small", "x"), large("large", random_bytes(6 * MiB));
  REQUIRE_MESSAGE(store.put(small) == JETCAPTURE_OK, store.host.sentence());
  REQUIRE_MESSAGE(store.put(large) == JETCAPTURE_OK, store.host.sentence());
  int puts = 0;
  for (const HttpRequest &request : proxy.seen()) {
    if (request.method == "GET" || request.has("partNumber") || request.has("uploadId"))
      continue;
    puts++;
    CHECK(request.headers.at("x-amz-server-side-encryption") == "aws:kms");
    CHECK(request.headers.at("x-amz-server-side-encryption-aws-kms-key-id") == "key-1");
    CHECK(request.headers.at("x-amz-storage-class") == "STANDARD_IA");
    CHECK(request.headers.at("x-amz-tagging") == "team=or%20ders&from=nats");
  }
  CHECK(puts == 2);
}

TEST_CASE("s3: connections are kept from one put to the next") {
  HttpProxy service; // versitygw closes them
  service.serve([](const HttpRequest &request) {
    return request.method == "PUT" ? http_answer(200, "", {"ETag: \"1\""})
                                   : http_answer(200, "<ListMultipartUploadsResult/>");
  });
  TestStore store(s3_on(service.url()), "s3");
  REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  for (int i = 0; i < 20; i++) {
    const std::string name = std::to_string(i);
    Block block(name, "x");
    REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
  }
  CHECK(service.seen().size() == 21);
  CHECK(service.connections() == 1);
}

TEST_CASE("s3: a connection that the service closes between two puts without saying so costs no put") {
  HttpProxy service;
  service.serve([](const HttpRequest &) { return http_answer(200, "<ListMultipartUploadsResult/>"); });
  service.on([](const HttpRequest &request) { return request.method == "PUT"; },
             {Mischief::Kind::close, http_answer(200, "", {"ETag: \"1\""})}, 5);
  TestStore store(s3_on(service.url()), "s3");
  REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  Block block("x", random_bytes(100'000));
  for (int i = 0; i < 5; i++)
    REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
  CHECK(service.seen().size() == 6);
}

TEST_CASE("s3: a key of 1024 bytes with the prefix is taken, and one more is refused") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  TestStore store(s3_on(server.url(), {"prefix=p"}), "s3");
  std::string name; // files of the server have 255 bytes at most
  while (name.size() < 800)
    name += std::string(199, 'x') + "/";
  name += std::string(1022 - name.size(), 'y');
  Block longest(name, "bytes");
  REQUIRE_MESSAGE(store.put(longest) == JETCAPTURE_OK, store.host.sentence());
  CHECK(server.object("p/" + name) == "bytes");
  CHECK(got(store, name) == "bytes");
  CHECK(listed(store, "x") == std::vector<std::string>{name});
  Block longer(name + "y", "bytes");
  CHECK(store.put(longer) == JETCAPTURE_CONFIGURATION);
}
