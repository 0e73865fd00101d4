// Where the store "s3" asks: endpoints and hosts as the AWS tools choose them.
#include "services/aws_environment.hpp"

#include <cstdlib>
#include <fstream>
#include <utility>
#include <vector>

using namespace jetcapture::test;

TEST_CASE("s3: line ends around credentials and endpoints in variables and options are passed over, and a scheme is in "
          "any case") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  const Environment environment{{"AWS_ACCESS_KEY_ID", S3Server::access_key + std::string("\n")},
                                {"AWS_SECRET_ACCESS_KEY", S3Server::secret_key + std::string("\r\n")},
                                {"AWS_REGION", " us-east-1\n"},
                                {"AWS_ENDPOINT_URL_S3", "HTTP" + server.url().substr(4) + "\n"}};
  TestStore by_variable({"bucket=blocks"}, "s3");
  CHECK_MESSAGE(works(by_variable), by_variable.host.sentence());
  TestStore by_option(without_keys(" Http" + server.url().substr(4) + "/\r\n",
                                   {std::string("access-key=") + S3Server::access_key + "\r\n",
                                    std::string("secret-key=") + S3Server::secret_key + "\r", "session-token=\n"}),
                      "s3");
  CHECK_MESSAGE(works(by_option), by_option.host.sentence());
}

TEST_CASE("s3: the endpoint comes from where the AWS tools take it, and is the token service's as well") {
  struct Configured {
    std::string of_profile, services; // in the config file; S3 and STS stand for URLs
    std::vector<std::pair<const char *, std::string>> variables;
    bool is_there = true;
  };
  for (const Configured &configured :
       {Configured{"endpoint_url = URL\n", "", {}}, Configured{"Endpoint_URL = URL\nservices = none\n", "", {}},
        Configured{"services = mine\nendpoint_url = http://127.0.0.1:9\n",
                   "[services mine]\ns3 =\n  endpoint_url = URL\nsts = \n  endpoint_url = URL\n",
                   {}},
        Configured{"endpoint_url = http://127.0.0.1:9\n", "", {{"AWS_ENDPOINT_URL", "URL\n"}}},
        Configured{
            "", "", {{"AWS_ENDPOINT_URL_S3", "URL"}, {"AWS_ENDPOINT_URL_STS", "URL"}, {"AWS_ENDPOINT_URL", "x"}}},
        Configured{"endpoint_url = URL\n", "", {{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}}, false},
        Configured{"endpoint_url = URL\nignore_configured_endpoint_urls = true\n", "", {}, false}}) {
    INFO(configured.of_profile, configured.services);
    HttpProxy service;
    service.serve([](const HttpRequest &request) {
      if (request.method != "POST")
        return http_answer(200, "<ListMultipartUploadsResult/>");
      return http_answer(200, "<AccessKeyId>AKOFROLE</AccessKeyId><SecretAccessKey>x</SecretAccessKey>");
    });
    const auto with_url = [&](std::string text) {
      for (std::size_t at = text.find("URL\n"); at != std::string::npos; at = text.find("URL\n"))
        text.replace(at, 3, service.url());
      return text == "URL" ? service.url() : text;
    };
    const Folder folder;
    std::ofstream(folder / "config") << "[default]\nrole_arn = arn:aws:iam::1:role/x\nweb_identity_token_file = "
                                     << folder / "token"
                                     << "\n"
                                     << with_url(configured.of_profile) << with_url(configured.services);
    std::ofstream(folder / "token") << "token";
    const Environment environment{{"AWS_CONFIG_FILE", folder / "config"}};
    for (const auto &[name, value] : configured.variables)
      ::setenv(name, with_url(value).c_str(), 1);
    // Nothing of AWS itself is asked.
    for (const char *name : {"http_proxy", "https_proxy"})
      ::setenv(name, "http://127.0.0.1:9", 1);
    ::setenv("no_proxy", "127.0.0.1", 1);
    TestStore store({"bucket=blocks"}, "s3");
    CHECK_MESSAGE((store.created == JETCAPTURE_OK) == configured.is_there, store.host.sentence());
    REQUIRE(service.seen().size() == (configured.is_there ? 2 : 0));
    if (configured.is_there) {
      CHECK(service.seen()[0].body.find("AssumeRoleWithWebIdentity") != std::string::npos);
      CHECK(service.seen()[1].target.starts_with("/blocks/?"));
    }
  }
  for (const char *name : {"http_proxy", "https_proxy", "no_proxy"})
    ::unsetenv(name);
}

TEST_CASE("s3: bucket and token service are asked under the names of the region's partition") {
  HttpProxy proxy; // which connects to nothing
  proxy.serve([](const HttpRequest &) { return http_answer(403); });
  const Folder folder;
  std::ofstream(folder / "token") << "token";
  ::setenv("https_proxy", proxy.url().c_str(), 1);
  for (const auto &[region, domain] : {std::pair<std::string, std::string>{"eu-west-1", "amazonaws.com"},
                                       {"cn-north-1", "amazonaws.com.cn"},
                                       {"eusc-de-east-1", "amazonaws.eu"}}) {
    const std::string end = "." + region + "." + domain + ":443";
    const Environment with_role{{"AWS_REGION", region},
                                {"AWS_WEB_IDENTITY_TOKEN_FILE", folder / "token"},
                                {"AWS_ROLE_ARN", "arn:aws:iam::1:role/x"}};
    const TestStore by_role({"bucket=blocks"}, "s3");
    CHECK(proxy.seen().back().target == "sts" + end);
    const TestStore by_keys({"bucket=blocks", "access-key=AK", "secret-key=x"}, "s3");
    CHECK(proxy.seen().back().target == "blocks.s3" + end);
  }
  ::unsetenv("https_proxy");
}

TEST_CASE("s3: an endpoint in a profile or a variable that is no URL is refused with where it stands") {
  const Folder folder;
  std::ofstream(folder / "config") << "[profile backup]\nendpoint_url = minio:9000\n";
  const Environment environment{{"AWS_CONFIG_FILE", folder / "config"}, {"AWS_PROFILE", "backup"}};
  TestStore of_profile({"bucket=blocks"}, "s3");
  CHECK(of_profile.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(of_profile, "in the profile backup, \"minio:9000\", is no http or https URL"),
                of_profile.host.sentence());
  ::setenv("AWS_ENDPOINT_URL", "minio", 1);
  TestStore of_variable({"bucket=blocks"}, "s3");
  CHECK(of_variable.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(of_variable, "AWS_ENDPOINT_URL"), of_variable.host.sentence());
}

TEST_CASE("s3: hosts of FIPS and of both versions of IP are asked where variables or the profile say so") {
  HttpProxy proxy; // which connects to nothing
  proxy.serve([](const HttpRequest &) { return http_answer(403); });
  const Folder folder;
  std::ofstream(folder / "token") << "token";
  ::setenv("https_proxy", proxy.url().c_str(), 1);
  struct Chosen {
    std::string of_profile;
    std::vector<std::pair<const char *, std::string>> variables;
    std::string s3, sts;
  };
  const std::string usual = ".eu-west-1.amazonaws.com:443";
  for (const Chosen &chosen :
       {Chosen{"", {{"AWS_USE_FIPS_ENDPOINT", "TRUE\n"}}, "s3-fips" + usual, "sts-fips" + usual},
        Chosen{"use_fips_endpoint = true\n", {}, "s3-fips" + usual, "sts-fips" + usual},
        Chosen{"use_fips_endpoint = true\n", {{"AWS_USE_FIPS_ENDPOINT", "false"}}, "s3" + usual, "sts" + usual},
        Chosen{"Use_Dualstack_Endpoint = true\n", {}, "s3.dualstack" + usual, "sts.eu-west-1.api.aws:443"},
        Chosen{"",
               {{"AWS_USE_FIPS_ENDPOINT", "true"}, {"AWS_USE_DUALSTACK_ENDPOINT", "true"}},
               "s3-fips.dualstack" + usual,
               "sts-fips.eu-west-1.api.aws:443"}}) {
    INFO(chosen.of_profile, chosen.s3);
    std::ofstream(folder / "config") << "[default]\nregion = eu-west-1\n" << chosen.of_profile;
    const Environment environment{{"AWS_CONFIG_FILE", folder / "config"},
                                  {"AWS_WEB_IDENTITY_TOKEN_FILE", folder / "token"},
                                  {"AWS_ROLE_ARN", "arn:aws:iam::1:role/x"}};
    for (const auto &[name, value] : chosen.variables)
      ::setenv(name, value.c_str(), 1);
    const TestStore by_role({"bucket=blocks"}, "s3");
    CHECK(proxy.seen().back().target == chosen.sts);
    const TestStore by_keys({"bucket=blocks", "access-key=AK", "secret-key=x"}, "s3");
    CHECK(proxy.seen().back().target == "blocks." + chosen.s3);
  }
  for (const char *name : {"https_proxy", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"})
    ::unsetenv(name);
}

TEST_CASE("s3: the addressing style of the profile is taken where the option path-style is not given") {
  HttpProxy service;
  service.serve([](const HttpRequest &) { return http_answer(200, "<ListMultipartUploadsResult/>"); });
  const std::string host = "s3.localhost" + service.url().substr(service.url().rfind(':'));
  const std::string in_host = "blocks." + host + " /?", in_path = host + " /blocks/?";
  struct Chosen {
    std::string style;
    Given option;
    std::string asked;
  };
  const Folder folder;
  for (const Chosen &chosen :
       {Chosen{"virtual", {}, in_host}, Chosen{"path", {}, in_path}, Chosen{"auto", {}, in_path},
        Chosen{"virtual", {"path-style=true"}, in_path}, Chosen{"path", {"path-style=false"}, in_host}}) {
    INFO(chosen.style);
    std::ofstream(folder / "config") << "[default]\r\ns3 =\r\n  max_queue_size = 9\r\n  addressing_style = "
                                     << chosen.style << "\r\n";
    std::ofstream(folder / "credentials") << "[default]\r\naws_access_key_id = AK\r\naws_secret_access_key = x\r\n";
    const Environment environment{{"AWS_CONFIG_FILE", folder / "config"},
                                  {"AWS_SHARED_CREDENTIALS_FILE", folder / "credentials"}};
    const TestStore store(without_keys("http://" + host, chosen.option), "s3");
    REQUIRE_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
    const HttpRequest asked = service.seen().back();
    CHECK((header(asked, "host") + " " + asked.target).starts_with(chosen.asked));
    CHECK(header(asked, "authorization").find("Credential=AK/") != std::string::npos);
  }
}

TEST_CASE("s3: an endpoint may be an address of IPv6, have a path, and end with slashes") {
  HttpProxy proxy;
  proxy.serve([](const HttpRequest &) { return http_answer(200, "<ListMultipartUploadsResult/>"); });
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  for (const auto &[url, target] :
       {std::pair<std::string, std::string>{"http://[fd00::1]:9000", "http://[fd00::1]:9000"},
        {"http://[fd00::1]", "http://[fd00::1]"},
        {"http://gateway.example/s3/v1//", "http://gateway.example/s3/v1"}}) {
    const TestStore store(s3_on(url), "s3");
    CHECK_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
    CHECK(proxy.seen().back().target.starts_with(target + "/blocks/?"));
  }
  ::unsetenv("http_proxy");
}

TEST_CASE("s3: hosts in NO_PROXY are asked past the proxy, in capitals and in small letters") {
  HttpProxy proxy, service;
  proxy.serve([](const HttpRequest &) { return http_answer(403); });
  service.serve([](const HttpRequest &) { return http_answer(200, "<ListMultipartUploadsResult/>"); });
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  for (const auto &[name, value] :
       {std::pair("NO_PROXY", "example,127.0.0.1"), std::pair("no_proxy", "127.0.0.1"), std::pair("no_proxy", "*")}) {
    ::setenv(name, value, 1);
    const TestStore store(s3_on(service.url()), "s3");
    CHECK_MESSAGE(store.created == JETCAPTURE_OK, store.host.sentence());
    ::unsetenv(name);
  }
  CHECK(proxy.seen().empty());
  const TestStore by_proxy(s3_on(service.url()), "s3");
  CHECK_FALSE(proxy.seen().empty());
  ::unsetenv("http_proxy");
}
