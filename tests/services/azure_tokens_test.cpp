// Tokens of Entra for the store "azure". Azurite looks at a token's issuer, audience and times over TLS; the services
// that hand tokens out exist in the cloud only, so a small one of the tests stands in.
#include "services/azure_on.hpp"
#include "support/base64.hpp"
#include "support/http_proxy.hpp"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

using namespace jetcapture::test;

namespace {

// With what Azurite looks at.
std::string token(const std::string &audience = "https://storage.azure.com") {
  const std::int64_t now = std::time(nullptr);
  const std::string claims = R"({"aud":")" + audience +
                             R"(","iss":"https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/","iat":)" +
                             std::to_string(now - 60) + R"(,"nbf":)" + std::to_string(now - 60) + R"(,"exp":)" +
                             std::to_string(now + 3600) + "}";
  return token_part(R"({"alg":"RS256","typ":"JWT"})") + "." + token_part(claims) + "." + token_part("unsigned");
}

std::string answer_with(const std::string &given, const std::string &lasts = R"("expires_in":3599)") {
  return http_answer(200, R"({"token_type":"Bearer",)" + lasts + R"(,"access_token":")" + given + "\"}");
}

// The environment of Azure's tools, for one test. Other tests are other processes.
struct Environment {
  Environment(std::initializer_list<std::pair<const char *, std::string>> variables) {
    for (const char *const name :
         {"AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN",
          "IMDS_ENDPOINT", "MSI_ENDPOINT", "IDENTITY_SERVER_THUMBPRINT", "AZURE_TENANT_ID", "AZURE_CLIENT_ID",
          "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST", "AZURE_CLIENT_CERTIFICATE_PATH",
          "AZURE_USERNAME", "IDENTITY_ENDPOINT", "AZURE_PASSWORD", "IDENTITY_HEADER"})
      ::unsetenv(name);
    for (const auto &[name, value] : variables)
      ::setenv(name, value.c_str(), 1);
  }
};

Given with_token(const AzureServer &server, Given more = {}) {
  more.insert(more.begin(), "account-key=");
  return azure_on(server.url(), more);
}

bool works(TestStore &store) {
  Block block("x", "x");
  return store.created == JETCAPTURE_OK && store.put(block) == JETCAPTURE_OK && got(store, "x") == "x";
}

} // namespace

TEST_CASE(
    "azure: an application's secret becomes a token, which is kept, and a wrong secret and a wrong audience are told") {
  if (skipped("azurite"))
    return;
  const AzureServer server(true);
  HttpProxy authority;
  authority.serve([](const HttpRequest &request) -> std::optional<std::string> {
    if (request.target != "/tenant-1/oauth2/v2.0/token" ||
        request.body.find("scope=https%3A%2F%2Fstorage.azure.com%2F.default") == std::string::npos ||
        request.body.find("client_secret=s%2B%2F%3D") == std::string::npos)
      return http_answer(
          401, R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."})");
    return answer_with(request.body.find("client_id=other") != std::string::npos ? token("https://graph.microsoft.com")
                                                                                 : token());
  });
  const Environment environment{{"SSL_CERT_FILE", server.certificate()},
                                {"AZURE_AUTHORITY_HOST", authority.url() + "/"}};
  TestStore store(with_token(server, {"tenant-id=tenant-1", "client-id=app", "client-secret=s+/="}), "azure");
  REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  CHECK_MESSAGE(works(store), store.host.sentence());
  CHECK(authority.seen().size() == 1);

  TestStore wrong(with_token(server, {"tenant-id=tenant-1", "client-id=app", "client-secret=wrong-one"}), "azure");
  CHECK(wrong.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(wrong, "AADSTS7000215"), wrong.host.sentence());
  CHECK(says(wrong, "check tenant-id, client-id and client-secret"));
  CHECK_FALSE(says(wrong, "wrong-one"));

  TestStore other(with_token(server, {"tenant-id=tenant-1", "client-id=other", "client-secret=s+/="}), "azure");
  CHECK(other.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(other, "the application other"), other.host.sentence());
}

TEST_CASE("azure: a workload identity's token file is read again at each renewal") {
  if (skipped("azurite"))
    return;
  const AzureServer server(true);
  const Folder folder;
  HttpProxy authority;
  std::ofstream(folder / "token") << "first.assertion\n";
  // They last for a minute only: too short to be kept.
  authority.serve([](const HttpRequest &request) -> std::optional<std::string> {
    return request.body.find("client_assertion_type=urn%3Aietf") == std::string::npos
               ? http_answer(400)
               : answer_with(token(), R"("expires_in":60)");
  });
  const Environment environment{{"SSL_CERT_FILE", server.certificate()},
                                {"AZURE_AUTHORITY_HOST", authority.url()},
                                {"AZURE_TENANT_ID", "t"},
                                {"AZURE_CLIENT_ID", "c"},
                                {"AZURE_FEDERATED_TOKEN_FILE", folder / "token"}};
  TestStore store(with_token(server), "azure");
  CHECK_MESSAGE(works(store), store.host.sentence());
  std::ofstream(folder / "token") << "second.assertion";
  CHECK(works(store));
  const auto asked = authority.seen();
  CHECK(asked.front().body.find("client_assertion=first.assertion") != std::string::npos);
  CHECK(asked.back().body.find("client_assertion=second.assertion") != std::string::npos);
}

TEST_CASE("azure: a machine's and an app's managed identity give a token, and a refused token is renewed at once") {
  if (skipped("azurite"))
    return;
  const AzureServer server(true);
  HttpProxy metadata;
  int given = 0;
  metadata.serve([&](const HttpRequest &request) -> std::optional<std::string> {
    const bool of_machine = request.has("/metadata/identity/oauth2/token?") &&
                            request.has("resource=https%3A%2F%2Fstorage.azure.com") &&
                            request.has("api-version=2018-02-01") && request.headers.contains("metadata");
    const bool of_app =
        request.has("/msi?") && request.has("client_id=mine") && request.headers.contains("x-identity-header");
    if (!of_machine && !of_app)
      return http_answer(400);
    // The first one is for something else; its times come as text, as that service gives them.
    return answer_with(given++ == 0 ? token("https://graph.microsoft.com") : token(), R"("expires_in":"86399")");
  });
  {
    const Environment environment{{"SSL_CERT_FILE", server.certificate()},
                                  {"AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata.url()}};
    TestStore store(with_token(server), "azure");
    CHECK_MESSAGE(works(store), store.host.sentence());
    CHECK(metadata.seen().size() == 2);
  }
  const Environment environment{{"SSL_CERT_FILE", server.certificate()},
                                {"IDENTITY_ENDPOINT", metadata.url() + "/msi"},
                                {"IDENTITY_HEADER", "h"}};
  TestStore store(with_token(server, {"client-id=mine"}), "azure");
  CHECK_MESSAGE(works(store), store.host.sentence());
  CHECK(metadata.seen().size() == 3);
}

TEST_CASE(
    "azure: without any credentials the sentence says which there are, and an unknown certificate is told as such") {
  {
    const Environment environment{{"AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9"}};
    TestStore store(azure_on("http://127.0.0.1:9/devstoreaccount1", {"account-key="}), "azure");
    CHECK(store.created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(store, "give account-key, sas, or tenant-id"), store.host.sentence());
  }
  if (skipped("azurite"))
    return;
  ::unsetenv("SSL_CERT_FILE");
  const AzureServer server(true);
  TestStore store(azure_on(server.url()), "azure");
  CHECK(store.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(store, "SSL_CERT_FILE"), store.host.sentence());
}

TEST_CASE("azure: a connection string in the environment names account and key, and options win over it") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  const std::string string = "AccountName=" + std::string(AzureServer::account) + ";AccountKey=" + AzureServer::key +
                             ";BlobEndpoint=" + server.url() + ";\n";
  const Environment environment{{"AZURE_STORAGE_CONNECTION_STRING", string}, {"AZURE_STORAGE_KEY", "b3RoZXI="}};
  TestStore all({"container=blocks", "create-container=true"}, "azure");
  CHECK_MESSAGE(works(all), all.host.sentence());
  TestStore key({"container=blocks", "url=" + server.url()}, "azure");
  CHECK_MESSAGE(works(key), key.host.sentence());
  TestStore other({"container=blocks", "url=" + server.url(), "account-key=b3RoZXI="}, "azure");
  CHECK(other.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(other, "the account key is not that of the account"), other.host.sentence());
}

TEST_CASE("azure: a metadata service that answers 404 or 410 while the machine starts is asked again") {
  HttpProxy metadata, blobs;
  int asked = 0;
  metadata.serve([&](const HttpRequest &) {
    asked++;
    return asked == 1   ? http_answer(404, R"({"error":"not_found"})")
           : asked == 2 ? http_answer(410, "")
                        : answer_with("a.b.c");
  });
  blobs.serve([](const HttpRequest &) { return http_answer(200, "", {"x-ms-request-id: 1"}); });
  const Environment environment{{"AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata.url()}};
  TestStore store({"container=blocks", "url=" + blobs.url() + "/devstoreaccount1"}, "azure");
  CHECK_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
  CHECK(asked == 3);
}

TEST_CASE("azure: managed identities that are asked in another way are refused by name") {
  for (const auto &[variable, name] :
       {std::pair("IMDS_ENDPOINT", "Azure Arc"), std::pair("MSI_ENDPOINT", "Cloud Shell"),
        std::pair("IDENTITY_SERVER_THUMBPRINT", "Service Fabric")}) {
    const Environment environment{{variable, "http://127.0.0.1:9"}, {"IDENTITY_ENDPOINT", "http://127.0.0.1:9"}};
    TestStore store({"container=blocks", "url=http://127.0.0.1:9/devstoreaccount1"}, "azure");
    CHECK(store.created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(store, "the managed identity of " + std::string(name)), store.host.sentence());
  }
}

TEST_CASE("azure: an application's certificate and a user's password are refused by name before any other identity") {
  HttpProxy blobs;
  blobs.serve([](const HttpRequest &) { return http_answer(200, "", {"x-ms-request-id: 1"}); });
  const Given given{"container=blocks", "url=" + blobs.url() + "/devstoreaccount1"};
  using Variables = std::vector<std::pair<const char *, std::string>>;
  for (const Variables &variables :
       {Variables{{"AZURE_CLIENT_CERTIFICATE_PATH", "app.pem"}, {"AZURE_TENANT_ID", "t"}},
        Variables{{"AZURE_USERNAME", "u"}, {"AZURE_PASSWORD", "p"}},
        Variables{{"AZURE_USERNAME", "u"}, {"AZURE_PASSWORD", "p"}, {"AZURE_TENANT_ID", "t"}}}) {
    const Environment environment{{"AZURE_CLIENT_ID", "app"}, {"AZURE_FEDERATED_TOKEN_FILE", "/nonexistent"}};
    for (const auto &[name, value] : variables)
      ::setenv(name, value.c_str(), 1);
    const TestStore refused(given, "azure");
    CHECK(refused.created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(refused, variables.front().first + std::string(" is set, but")), refused.host.sentence());
    Given with_key = given;
    with_key.push_back(std::string("account-key=") + AzureServer::key);
    const TestStore by_key(with_key, "azure");
    CHECK_MESSAGE(by_key.created == JETCAPTURE_OK, by_key.host.sentence());
  }
}

TEST_CASE("azure: line ends around a key and a signature in options and variables are passed over") {
  if (skipped("azurite"))
    return;
  const AzureServer server;
  TestStore by_key(azure_on(server.url(), {std::string("account-key=") + AzureServer::key + "\r\n"}), "azure");
  CHECK_MESSAGE(works(by_key), by_key.host.sentence());
  const std::string signature = server.signature("rwdlac", 600);
  TestStore by_signature(with_token(server, {"create-container=false", "sas=?" + signature + "\r\n"}), "azure");
  CHECK_MESSAGE(works(by_signature), by_signature.host.sentence());
  for (const auto &[name, value] : {std::pair("AZURE_STORAGE_KEY", std::string(AzureServer::key)),
                                    std::pair("AZURE_STORAGE_SAS_TOKEN", signature)}) {
    const Environment environment{{name, value + "\r\n"}};
    TestStore store(with_token(server, {"create-container=false"}), "azure");
    CHECK_MESSAGE(works(store), store.host.sentence());
  }
}

TEST_CASE("azure: authorities come from the variables of OpenSSL, of the AWS tools and of curl") {
  if (skipped("azurite"))
    return;
  const AzureServer server(true);
  const Folder folder;
  std::filesystem::copy_file(server.certificate(), folder / "one.pem");
  Program rehash({"openssl", "rehash", folder.path().string()}, folder / "rehash.log");
  REQUIRE(rehash.wait(std::chrono::seconds(20)) == 0);
  const std::vector<std::pair<const char *, std::string>> ways = {{"SSL_CERT_FILE", server.certificate()},
                                                                  {"AWS_CA_BUNDLE", server.certificate()},
                                                                  {"CURL_CA_BUNDLE", server.certificate() + "\n"},
                                                                  {"SSL_CERT_DIR", folder.path().string()},
                                                                  {"AWS_CA_BUNDLE", folder.path().string()}};
  for (const auto &[name, value] : ways) {
    INFO(std::string(name), " ", value);
    for (const auto &[other, none] : ways)
      ::unsetenv(other);
    const TestStore before(azure_on(server.url()), "azure");
    CHECK(before.created == JETCAPTURE_CONFIGURATION);
    ::setenv(name, value.c_str(), 1);
    TestStore store(azure_on(server.url()), "azure");
    CHECK_MESSAGE(works(store), store.host.sentence());
  }
}
