// The store "s3" where the URL is not that of the service, or something stands between: the sentence names the fix.
#include "services/s3_on.hpp"
#include "support/http_proxy.hpp"

#include <cstdlib>
#include <utility>

using namespace jetcapture::test;
using Kind = Mischief::Kind;

namespace {

// The sentence at the start, of a store on a service that answers so to everything.
std::string sentence_of(const std::string &answer) {
  HttpProxy service;
  service.serve([&](const HttpRequest &) { return answer; });
  const TestStore store(s3_on(service.url()), "s3");
  CHECK(store.created == JETCAPTURE_CONFIGURATION);
  CHECK(service.seen().size() == 2); // no further tries
  return store.host.sentence();
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("s3: a redirect to https is told with where it points, and so is one to a web page") {
  for (const int status : {301, 302, 307, 308}) {
    INFO(status);
    const std::string to_https =
        sentence_of(http_answer(status, "<html>moved</html>", {"Location: https://s3.example/blocks/?uploads="}));
    CHECK_MESSAGE(has(to_https, std::to_string(status) + " and points to https://s3.example/blocks/; write https://"),
                  to_https);
    const std::string to_page = sentence_of(http_answer(status, "", {"Location: /minio/login"}));
    CHECK_MESSAGE(has(to_page, "points to /minio/login, so this is not the service itself"), to_page);
  }
}

TEST_CASE("s3: a redirect of the service itself to the same region is tried again") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  HttpProxy proxy(server.url());
  TestStore store(s3_on(proxy.url()), "s3");
  REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  Block block("x", "bytes");
  for (const std::string &answer :
       {http_answer(307, "<Error><Code>TemporaryRedirect</Code><Message>Please re-send</Message></Error>",
                    {"Location: https://blocks.s3.example/x"}),
        http_answer(307, "", {"Location: https://blocks.s3.example/x", "x-amz-bucket-region: us-east-1"})}) {
    proxy.on([](const HttpRequest &request) { return request.method == "PUT"; }, {Kind::answer, answer}, 2);
    REQUIRE_MESSAGE(store.put(block) == JETCAPTURE_OK, store.host.sentence());
    CHECK(proxy.pending() == 0);
  }
  CHECK(server.object("x") == "bytes");
}

TEST_CASE("s3: a port that speaks https, and one that speaks http, are told as such") {
  for (const char *words :
       {"Client sent an HTTP request to an HTTPS server.\n",
        "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
        "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"}) {
    const std::string sentence = sentence_of(http_answer(400, words));
    CHECK_MESSAGE(has(sentence, "the port speaks https; write https:// for http:// into --store-opt endpoint="),
                  sentence);
  }
  if (skipped("versitygw"))
    return;
  const S3Server server;
  TestStore store(s3_on("https" + server.url().substr(4)), "s3");
  CHECK(store.created == JETCAPTURE_RETRY);
  CHECK_MESSAGE(says(store, "the port seems to speak http: write http:// for https://"), store.host.sentence());
}

TEST_CASE("s3: a port that answers plain HTTP with an alert of TLS is told with https") {
  HttpProxy service;
  service.serve([](const HttpRequest &) { return std::string("\x15\x03\x01\x00\x02\x02\x46", 7); });
  const TestStore store(s3_on(service.url()), "s3");
  CHECK(store.created == JETCAPTURE_RETRY);
  CHECK_MESSAGE(says(store, "the port seems to speak https: write https:// for http://"), store.host.sentence());
}

TEST_CASE("s3: an endpoint that has the bucket in it already is told as such") {
  for (const char *service : {"versitygw", "versitygw-current"}) {
    if (skipped(service))
      return;
    const S3Server server("us-east-1", service);
    const TestStore store(s3_on(server.url() + "/blocks"), "s3");
    CHECK(store.created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(store, "has the bucket in it already (NoSuchKey); leave it out of --store-opt endpoint="),
                  store.host.sentence());
  }
}

TEST_CASE("s3: a host that has no address is told with the setting that names it") {
  // No name server is asked for a part of more than 63 characters.
  const std::string unknown(64, 'x');
  struct Named {
    Given given;
    std::string fix;
  };
  for (const Named &named : {Named{{"endpoint=", "region=" + unknown}, "correct --store-opt region="},
                             Named{{"endpoint=http://" + unknown + ".example"}, "wrong, correct --store-opt endpoint="},
                             Named{{"endpoint=http://" + unknown + ".example", "path-style=false"},
                                   "give --store-opt path-style=true, or correct --store-opt endpoint="}}) {
    const TestStore store(s3_on("", named.given), "s3");
    CHECK(store.created == JETCAPTURE_RETRY);
    CHECK_MESSAGE(says(store, named.fix), store.host.sentence());
  }
}

TEST_CASE("s3: a proxy that wants a user, or refuses to connect, is told at once") {
  HttpProxy proxy;
  int status = 407;
  proxy.serve([&](const HttpRequest &) { return http_answer(status, "<html>ask your administrator</html>"); });
  for (const char *name : {"http_proxy", "https_proxy"})
    ::setenv(name, proxy.url().c_str(), 1);
  for (const char *name : {"no_proxy", "NO_PROXY"})
    ::unsetenv(name);
  for (const char *url : {"http://192.0.2.1:9000", "https://192.0.2.1:9000"}) {
    const TestStore store(s3_on(url), "s3");
    CHECK(store.created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(store, "the proxy wants a user and a password (407)"), store.host.sentence());
  }
  CHECK(proxy.seen().size() == 2);
  status = 403;
  const TestStore refused(s3_on("https://192.0.2.1:9000"), "s3");
  CHECK(refused.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(refused, "the proxy refuses to connect, with 403"), refused.host.sentence());
  CHECK(proxy.seen().size() == 3);
  for (const char *name : {"http_proxy", "https_proxy"})
    ::unsetenv(name);
}

TEST_CASE("s3: the words of an answer that is not the service's own are shown") {
  const std::string page = "<!DOCTYPE html><html><head><script>var x = 1 < 2;</script></head><body><h1>Blocked</h1>"
                           "by the\n  firewall</body></html>";
  HttpProxy service;
  service.serve([&](const HttpRequest &request) {
    if (request.method == "PUT")
      return http_answer(403, page);
    return http_answer(200, "<ListMultipartUploadsResult/>");
  });
  TestStore store(s3_on(service.url()), "s3");
  REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  Block block("x", "bytes");
  CHECK(store.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(store, "(Blocked by the firewall)"), store.host.sentence());
}

TEST_CASE("s3: a service that wants the bucket in the host is told with the option") {
  const std::string sentence = sentence_of(
      http_answer(403, "<Error><Code>SecondLevelDomainForbidden</Code><Message>Please use virtual hosted style to "
                       "access.</Message></Error>"));
  CHECK_MESSAGE(has(sentence, "path-style=false"), sentence);
}
