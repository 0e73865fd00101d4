// What a connection string of Azure says.
#include "azure/connection_string.hpp"
#include "azure/place.hpp"
#include "jetcapture/plugin.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace jetcapture::plugins;

TEST_CASE("a connection string gives the account, its key or signature, and the URL of its blobs") {
  const auto usual = ConnectionString::of("DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=a2V5=="
                                          ";EndpointSuffix=core.chinacloudapi.cn\n");
  CHECK(usual.account == "mine");
  CHECK(usual.account_key == "a2V5==");
  CHECK(usual.sas.empty());
  CHECK(usual.url == "https://mine.blob.core.chinacloudapi.cn");

  const auto shared = ConnectionString::of(" BlobEndpoint = https://mine.blob.core.windows.net/ ;"
                                           "SharedAccessSignature=sv=2022&sig=x%3D;");
  CHECK(shared.account == "mine");
  CHECK(shared.account_key.empty());
  CHECK(shared.sas == "sv=2022&sig=x%3D");
  CHECK(shared.url == "https://mine.blob.core.windows.net/");

  CHECK(ConnectionString::of("accountname=mine;accountkey=x").url == "https://mine.blob.core.windows.net");
  const auto development = ConnectionString::of("UseDevelopmentStorage=true");
  CHECK(development.account == "devstoreaccount1");
  CHECK(development.url == "http://127.0.0.1:10000/devstoreaccount1");
  CHECK(ConnectionString::of("  ").account.empty());
}

TEST_CASE("a connection string that names no account is refused, and its secret is not shown") {
  try {
    ConnectionString::of("AccountKey=very-secret");
    FAIL("it was taken");
  } catch (const jetcapture::Misconfigured &refused) {
    CHECK(std::string(refused.what()).find("has no AccountName") != std::string::npos);
    CHECK(std::string(refused.what()).find("very-secret") == std::string::npos);
  }
}

TEST_CASE("the container $root is refused, since names of blocks have slashes") {
  CHECK_THROWS_WITH_AS(AzurePlace("mine", "$root", ""),
                       "names of blocks have slashes, which blobs of the container $root can't have; give another "
                       "container",
                       jetcapture::Misconfigured);
  CHECK(AzurePlace("mine", "$web", "").container() == "$web");
}
