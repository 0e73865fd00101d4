// Where the store "s3" has its credentials from, and how they are renewed. The server checks what is signed with them;
// the services that hand them out exist in clouds only, so a small one of the tests stands in.
#include "services/aws_environment.hpp"
#include "support/http_proxy.hpp"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <optional>
#include <utility>

using namespace jetcapture::test;
using Kind = Mischief::Kind;
using namespace std::chrono_literals;

namespace {

std::string time_from_now(std::int64_t seconds) {
  const std::time_t then = std::time(nullptr) + seconds;
  std::tm parts{};
  ::gmtime_r(&then, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string json(const std::string &access, const std::string &secret, const std::string &token, std::int64_t seconds) {
  return R"({"Code":"Success","AccessKeyId":")" + access + R"(","SecretAccessKey":")" + secret + R"(","Token":")" +
         token + R"(","Expiration":")" + time_from_now(seconds) + "\"}";
}

} // namespace

TEST_CASE("s3: credentials come from the environment and from a profile") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  {
    const Environment environment{{"AWS_ACCESS_KEY_ID", S3Server::access_key},
                                  {"AWS_SECRET_ACCESS_KEY", S3Server::secret_key}};
    TestStore store(without_keys(server.url()), "s3");
    CHECK_MESSAGE(works(store), store.host.sentence());
  }
  const Folder folder;
  std::ofstream(folder / "credentials") << "[default]\naws_access_key_id = AKNOTTHIS\naws_secret_access_key = x\n"
                                        << "# of the tests\n[backup]\naws_access_key_id=" << S3Server::access_key
                                        << "\n  aws_secret_access_key = indented\naws_secret_access_key = "
                                        << S3Server::secret_key << "\n";
  std::ofstream(folder / "config") << "[profile backup]\nregion = us-east-1\n[profile none]\nregion = us-east-1\n";
  const Environment environment{{"AWS_SHARED_CREDENTIALS_FILE", folder / "credentials"},
                                {"AWS_CONFIG_FILE", folder / "config"}};
  TestStore by_option(without_keys(server.url(), {"profile=backup"}), "s3");
  CHECK_MESSAGE(works(by_option), by_option.host.sentence());
  TestStore usual(without_keys(server.url()), "s3");
  CHECK(says(usual, "the profile default"));
  ::setenv("AWS_PROFILE", "backup", 1);
  TestStore by_variable(without_keys(server.url()), "s3");
  CHECK_MESSAGE(works(by_variable), by_variable.host.sentence());
  TestStore missing(without_keys(server.url(), {"profile=missing"}), "s3");
  CHECK(missing.created == JETCAPTURE_CONFIGURATION);
  CHECK(says(missing, "there is no profile missing"));
  TestStore without(without_keys(server.url(), {"profile=none"}), "s3");
  CHECK(without.created == JETCAPTURE_CONFIGURATION);
  CHECK(says(without, "aws_access_key_id"));
}

namespace {

// Where a profile may be written, and how it is chosen.
struct Way {
  std::string file;
  std::string section;
  std::string name;
  std::pair<const char *, const char *> variable = {};
};
const Way ways[] = {
    {"config", "[default]", "default"},
    {"config", "[profile default]", "default"},
    {"credentials", "[default]", "default"},
    {"config", "[profile backup]", "backup"},
    {"config", "[profile  \"backup\" ]", "backup"},
    {"config", "[profile backup]", "backup", {"AWS_PROFILE", "backup"}},
    {"config", "[profile backup]", "backup", {"AWS_DEFAULT_PROFILE", "backup"}},
    {"credentials", "[backup]", "backup"},
    {"credentials", "[backup]", "backup", {"AWS_PROFILE", "backup"}},
};

// The store with the settings in that profile, and beside it a default profile whose keys would work.
struct Profiled {
  Profiled(const Way &way, const std::string &settings, const std::string &of_credentials = "") {
    const bool in_config = way.file == "config";
    if (in_config)
      std::ofstream(folder / "config") << way.section << "\n" << settings;
    std::ofstream(folder / "credentials") << "[" << way.name << "]\n"
                                          << of_credentials << (in_config ? "" : settings)
                                          << (way.name == "default" ? "" : "[default]\n" + keys_of("AKOTHER"));
    service.serve([](const HttpRequest &) { return http_answer(200, "<ListMultipartUploadsResult/>"); });
    Given given = without_keys(service.url());
    if (way.variable.first != nullptr)
      ::setenv(way.variable.first, way.variable.second, 1);
    else if (way.name != "default")
      given.push_back("profile=" + way.name);
    store.emplace(given, "s3");
  }
  static std::string keys_of(const std::string &access) {
    return "AWS_ACCESS_KEY_ID = " + access + "\naws_secret_access_key = x\n";
  }
  const Folder folder;
  const Environment environment{{"AWS_SHARED_CREDENTIALS_FILE", folder / "credentials"},
                                {"AWS_CONFIG_FILE", folder / "config"}};
  HttpProxy service;
  std::optional<TestStore> store;
};

bool is_signed_with(const HttpProxy &service, const std::string &access) {
  const auto seen = service.seen();
  return !seen.empty() && header(seen[0], "authorization").find("Credential=" + access + "/") != std::string::npos;
}

} // namespace

TEST_CASE("s3: a profile whose identity is another than its keys is refused by name") {
  const std::string role = "role_arn = arn:aws:iam::1:role/x\n";
  struct Other {
    std::string settings, named;
    bool wins = true; // the AWS tools take it before keys of the credentials file
  };
  for (const Way &way : ways)
    for (const Other &other :
         {Other{role + "source_profile = default\n", "role_arn with source_profile"},
          Other{role + "source_profile = backup\n", "role_arn with source_profile"},
          Other{role + "credential_source = Environment\n", "role_arn with credential_source"},
          Other{role, "role_arn without web_identity_token_file"},
          Other{"Role_ARN = x\nSOURCE_PROFILE = y\n", "role_arn with source_profile"},
          Other{"sso_session = work\n", "sso_session"}, Other{"sso_start_url = https://x\n", "sso_start_url"},
          Other{"login_session = arn:aws:iam::1:user/x\n", "login_session", false}})
      for (const std::string &of_credentials : {std::string(), Profiled::keys_of("AK")}) {
        if (!of_credentials.empty() && !other.wins)
          continue;
        INFO(way.file, " ", way.section, " ", other.settings, of_credentials);
        const Profiled profiled(way, other.settings, of_credentials);
        CHECK(profiled.store->created == JETCAPTURE_CONFIGURATION);
        CHECK_MESSAGE(says(*profiled.store, "the profile " + way.name + " has " + other.named),
                      profiled.store->host.sentence());
      }
}

TEST_CASE("s3: half of a pair of keys is refused, and nobody else's are taken") {
  for (const Way &way : ways) {
    INFO(way.file, " ", way.section);
    const Profiled profiled(way, "aws_access_key_id = AK\n");
    CHECK(profiled.store->created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(*profiled.store, "the profile " + way.name + " has aws_access_key_id without"),
                  profiled.store->host.sentence());
  }
  const Environment environment{{"AWS_ACCESS_KEY_ID", "AK"}};
  ::unsetenv("AWS_SECRET_ACCESS_KEY");
  TestStore store(without_keys("http://127.0.0.1:9"), "s3");
  CHECK(store.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(store, "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"), store.host.sentence());
}

TEST_CASE("s3: keys of a profile are found wherever the AWS tools find them") {
  for (const Way &way : ways) {
    INFO(way.file, " ", way.section, " ", std::string(way.variable.first == nullptr ? "" : way.variable.first));
    const Profiled profiled(way, Profiled::keys_of("AKOFWAY"));
    CHECK_MESSAGE(is_signed_with(profiled.service, "AKOFWAY"), profiled.store->host.sentence());
  }
  const Profiled home({"config", "[profile other]", "default"}, "");
  const std::string usual_home = std::getenv("HOME");
  const Environment environment{{"HOME", home.folder.path().string()}, {"AWS_SHARED_CREDENTIALS_FILE", "~/keys"}};
  std::ofstream(home.folder / "keys") << "[default]\n" << Profiled::keys_of("AKOFHOME");
  TestStore store(without_keys(home.service.url()), "s3");
  CHECK_MESSAGE(is_signed_with(home.service, "AKOFHOME"), store.host.sentence());
  ::setenv("HOME", usual_home.c_str(), 1);
}

namespace {

// A command that prints what the file "output" beside it has, and counts how often it was run.
struct KeyCommand {
  void prints(const std::string &output) const { std::ofstream(folder / "output") << output; }
  std::string settings() const {
    return "credential_process = echo x >> \"" + folder / "runs" + "\"; cat \"" + folder / "output" + "\"\n";
  }
  std::size_t runs() const { return read_file(folder / "runs").size() / 2; }
  const Folder folder;
};

std::string printed(const std::string &access, std::int64_t seconds) {
  return R"({"Version":1,"AccessKeyId":")" + access + R"(","SecretAccessKey":"x","SessionToken":"token/of+it",)" +
         R"("Expiration":")" + time_from_now(seconds) + "\"}";
}

} // namespace

TEST_CASE("s3: a profile's credential_process is run wherever it is written, but for keys of the credentials file") {
  for (const Way &way : ways) {
    INFO(way.file, " ", way.section);
    const KeyCommand command;
    command.prints(printed("AKOFCOMMAND", 3600));
    const Profiled by_command(way, command.settings() + (way.file == "config" ? Profiled::keys_of("AKOFCONFIG") : ""));
    CHECK_MESSAGE(is_signed_with(by_command.service, "AKOFCOMMAND"), by_command.store->host.sentence());
    CHECK(header(by_command.service.seen().at(0), "x-amz-security-token") == "token/of+it");
    const Profiled by_keys(way, command.settings(), Profiled::keys_of("AKOFFILE"));
    CHECK_MESSAGE(is_signed_with(by_keys.service, "AKOFFILE"), by_keys.store->host.sentence());
    CHECK(command.runs() == 1);
  }
}

TEST_CASE("s3: a credential_process is run again before its credentials end, and when the service calls them expired") {
  const KeyCommand command;
  command.prints(printed("AKFIRST", 3600));
  Profiled profiled(ways[0], command.settings());
  REQUIRE_MESSAGE(profiled.store->created == JETCAPTURE_OK, profiled.store->host.sentence());
  profiled.service.serve([](const HttpRequest &request) {
    return header(request, "authorization").find("AKFIRST") == std::string::npos
               ? http_answer(200, "", {"ETag: \"1\""})
               : http_answer(400, "<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>");
  });
  CHECK(command.runs() == 1);
  command.prints(printed("AKSECOND", 60));
  Block block("x", "x");
  REQUIRE_MESSAGE(profiled.store->put(block) == JETCAPTURE_OK, profiled.store->host.sentence());
  CHECK(command.runs() == 2);
  REQUIRE_MESSAGE(profiled.store->put(block) == JETCAPTURE_OK, profiled.store->host.sentence());
  CHECK(command.runs() == 3); // a minute is too short to be kept
}

TEST_CASE("s3: a credential_process that fails or prints something else is told as such") {
  struct Wrong {
    std::string command, sentence;
  };
  for (const Wrong &wrong :
       {Wrong{"exit 3", "ended with status 3"}, Wrong{"kill -KILL $$", "was ended by signal 9"},
        Wrong{"echo keys", "\"Version\": 1"},
        Wrong{R"(echo '{"Version":2,"AccessKeyId":"AK","SecretAccessKey":"x"}')", "\"Version\": 1"},
        Wrong{R"(echo '{"Version":1,"AccessKeyId":"AK"}')", "no AccessKeyId with a SecretAccessKey"},
        Wrong{R"(echo '{"Version":1,"AccessKeyId":"AK","SecretAccessKey":"x","Expiration":"soon"}')", "Expiration"},
        Wrong{"cat /dev/zero", "prints more than"}}) {
    INFO(wrong.command);
    const Profiled profiled(ways[0], "credential_process = " + wrong.command + "\n");
    CHECK(profiled.store->created == JETCAPTURE_CONFIGURATION);
    CHECK_MESSAGE(says(*profiled.store, "the credential_process of the profile default "),
                  profiled.store->host.sentence());
    CHECK_MESSAGE(says(*profiled.store, wrong.sentence), profiled.store->host.sentence());
  }
}

TEST_CASE("s3: a credential_process that hangs is ended at the deadline, with what it has started") {
  const KeyCommand command;
  command.prints(printed("AK", 60));
  const std::string hangs = command.folder / "hangs", process = command.folder / "process";
  Profiled profiled(ways[0], "credential_process = if test -e \"" + hangs + "\"; then sleep 1000 & echo $! > \"" +
                                 process + "\"; wait; fi; cat \"" + command.folder / "output" + "\"\n");
  REQUIRE_MESSAGE(profiled.store->created == JETCAPTURE_OK, profiled.store->host.sentence());
  std::ofstream(hangs).flush();
  Block block("x", "x");
  block.object.object.deadline = nanoseconds_from_now(1'000'000'000);
  CHECK(profiled.store->put(block) == JETCAPTURE_RETRY);
  REQUIRE(eventually(10s, [&] { return !read_file(process).empty(); }));
  // A process that has ended and that nobody has waited for has no command line any more.
  const std::string command_line = "/proc/" + std::to_string(std::stoi(read_file(process))) + "/cmdline";
  CHECK(eventually(10s, [&] { return read_file(command_line).empty(); }));
}

TEST_CASE("s3: without any credentials the sentence says where they could come from") {
  const Environment environment{};
  TestStore store(without_keys("http://127.0.0.1:9"), "s3");
  CHECK(store.created == JETCAPTURE_CONFIGURATION);
  CHECK(says(store, "access-key and secret-key"));
  ::unsetenv("AWS_EC2_METADATA_DISABLED");
  ::setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9", 1);
  TestStore nowhere(without_keys("http://127.0.0.1:9"), "s3");
  CHECK(nowhere.created == JETCAPTURE_CONFIGURATION);
  CHECK(says(nowhere, "no credentials for S3 were found"));
  HttpProxy off;
  off.serve([](const HttpRequest &) { return http_answer(403); });
  ::setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", off.url().c_str(), 1);
  TestStore turned_off(without_keys("http://127.0.0.1:9"), "s3");
  CHECK(turned_off.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(turned_off, "answers 403 to a request for a session"), turned_off.host.sentence());
}

TEST_CASE("s3: a metadata service that takes the request and never answers is told with the hop limit of containers") {
  HttpProxy silent;
  silent.on([](const HttpRequest &) { return true; }, {Kind::hold});
  const Environment environment{{"AWS_EC2_METADATA_DISABLED", "false"},
                                {"AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.url()}};
  TestStore store(without_keys("http://127.0.0.1:9"), "s3");
  CHECK(store.created == JETCAPTURE_CONFIGURATION);
  CHECK_MESSAGE(says(store, "hop limit of 2"), store.host.sentence());
}

TEST_CASE("s3: a web identity token becomes a role's credentials, and is read again when they expire") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  const Folder folder;
  HttpProxy token_service;
  std::ofstream(folder / "token") << "first+token\n";
  token_service.serve([](const HttpRequest &request) -> std::optional<std::string> {
    if (request.body.find("Action=AssumeRoleWithWebIdentity") == std::string::npos ||
        request.body.find("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fbackup") == std::string::npos)
      return http_answer(400, "<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>");
    // The first ones last for a minute only: too short to be kept.
    return http_answer(200, "<AssumeRoleWithWebIdentityResponse><Credentials><AccessKeyId>" +
                                std::string(S3Server::access_key) + "</AccessKeyId><SecretAccessKey>" +
                                S3Server::secret_key + "</SecretAccessKey><Expiration>" + time_from_now(60) +
                                "</Expiration></Credentials></AssumeRoleWithWebIdentityResponse>");
  });
  const Environment environment{{"AWS_WEB_IDENTITY_TOKEN_FILE", folder / "token"},
                                {"AWS_ROLE_ARN", "arn:aws:iam::1:role/backup"},
                                {"AWS_ENDPOINT_URL_STS", token_service.url()}};
  TestStore store(without_keys(server.url()), "s3");
  CHECK_MESSAGE(works(store), store.host.sentence());
  std::ofstream(folder / "token") << "second";
  CHECK(works(store));
  const auto asked = token_service.seen();
  REQUIRE(asked.size() >= 3);
  CHECK(asked.front().body.find("WebIdentityToken=first%2Btoken") != std::string::npos);
  CHECK(asked.back().body.find("WebIdentityToken=second") != std::string::npos);
  ::setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/other", 1);
  TestStore refused(without_keys(server.url()), "s3");
  CHECK(refused.created == JETCAPTURE_CONFIGURATION);
  CHECK(says(refused, "check the role's trust"));
}

TEST_CASE("s3: a machine's role is asked with a session token, kept while it lasts, and renewed when the service calls "
          "it expired") {
  if (skipped("versitygw"))
    return;
  S3Server server;
  HttpProxy proxy(server.url());
  HttpProxy metadata;
  metadata.serve([](const HttpRequest &request) -> std::optional<std::string> {
    if (request.method == "PUT" && request.target == "/latest/api/token")
      return header(request, "x-aws-ec2-metadata-token-ttl-seconds").empty() ? http_answer(400)
                                                                             : http_answer(200, "session");
    if (header(request, "x-aws-ec2-metadata-token") != "session")
      return http_answer(401);
    if (request.target.ends_with("/security-credentials/"))
      return http_answer(200, "backup-role");
    if (request.target.ends_with("/security-credentials/backup-role"))
      return http_answer(200, json(S3Server::access_key, S3Server::secret_key, "", 3600));
    return std::nullopt;
  });
  const Environment environment{{"AWS_EC2_METADATA_DISABLED", "false"},
                                {"AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url()}};
  TestStore store(without_keys(proxy.url()), "s3");
  CHECK_MESSAGE(works(store), store.host.sentence());
  CHECK(metadata.seen().size() == 3);
  proxy.on([](const HttpRequest &request) { return request.method == "PUT"; },
           {Kind::answer, http_answer(400, "<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>")});
  CHECK_MESSAGE(works(store), store.host.sentence());
  CHECK(metadata.seen().size() == 6);
}

TEST_CASE("s3: keys that can't be renewed and have expired are told as such") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  HttpProxy proxy(server.url());
  TestStore store(s3_on(proxy.url()), "s3");
  REQUIRE(store.created == JETCAPTURE_OK);
  proxy.on([](const HttpRequest &request) { return request.method == "PUT"; },
           {Kind::answer, http_answer(400, "<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>")});
  Block block("x", "x");
  CHECK(store.put(block) == JETCAPTURE_CONFIGURATION);
  CHECK(says(store, "have expired; give new ones"));
}

TEST_CASE("s3: a container's role is asked with its token, and its session token goes with each request") {
  if (skipped("versitygw"))
    return;
  const S3Server server;
  HttpProxy proxy(server.url());
  HttpProxy container;
  const Folder folder;
  std::ofstream(folder / "token") << "of the pod\n";
  container.serve([](const HttpRequest &request) -> std::optional<std::string> {
    if (header(request, "authorization") != "of the pod")
      return http_answer(403);
    return http_answer(200, json(S3Server::access_key, S3Server::secret_key, "session/of+role", 3600));
  });
  const Environment environment{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url() + "/v1/credentials"},
                                {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", folder / "token"}};
  TestStore store(without_keys(proxy.url()), "s3");
  CHECK_MESSAGE(works(store), store.host.sentence());
  for (const HttpRequest &request : proxy.seen()) {
    CHECK(header(request, "x-amz-security-token") == "session/of+role");
    CHECK(header(request, "authorization").find("x-amz-security-token") != std::string::npos);
  }
}
