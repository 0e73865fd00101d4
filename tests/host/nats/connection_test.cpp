#include "nats/connection.hpp"
#include "nats/subscription.hpp"
#include "settings/error.hpp"
#include "support/operator.hpp"
#include "support/proxy.hpp"
#include "support/server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <thread>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

std::string refusal(const ConnectionSettings &settings) {
  Log log(Level::error, LogFormat::text, 2);
  try {
    const Connection connection(settings, "test", log);
    return "";
  } catch (const StartupError &error) {
    return error.what();
  }
}

ConnectionSettings to(const std::string &url) {
  ConnectionSettings settings;
  settings.servers = {url};
  settings.connect_timeout = 3s;
  return settings;
}

bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

void run(const std::string &command) {
  REQUIRE(std::system(command.c_str()) == 0);
}

// An authority, a certificate for the server and one for a client, by the openssl program.
struct Certificates {
  Folder folder;
  Certificates() {
    const std::string in = "cd " + folder.path().string() + " && ";
    const std::string quiet = " 2>/dev/null";
    run(in + "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority" +
        quiet);
    for (const std::string name : {"server", "client"}) {
      run(in + "openssl req -newkey rsa:2048 -nodes -keyout " + name + ".key -out " + name + ".csr -subj /CN=" + name +
          quiet);
      write_file(folder / (name + ".ext"), "subjectAltName=DNS:" + name + ".test,IP:127.0.0.1\n");
      run(in + "openssl x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile " +
          name + ".ext -out " + name + ".pem" + quiet);
    }
  }
};

} // namespace

// A PONG of the connection before that nats.c reads after a reconnect is counted with those after it.
TEST_CASE("a flush is answered also where the library has counted a PONG too many") {
  Server server;
  Proxy proxy(server.url());
  Log log(Level::error, LogFormat::text, 2);
  Connection connection(to(proxy.url()), "test", log);
  proxy.repeat_pongs(1);
  CHECK(connection.flush() == NATS_OK);
  CHECK(proxy.pongs_to_repeat() == 0);
  // Nothing is known that answers. The first flush may have been given the second PONG.
  CHECK(eventually(5s, [&] { return connection.flush(200ms) == NATS_TIMEOUT; }));
  SUBCASE("by the answer to a request")
  connection.set_answering("$JS.API.INFO", "");
  SUBCASE("by the server's word that nobody is there")
  connection.set_answering("nobody.there", "");
  for (int i = 0; i < 3; i++)
    CHECK(connection.flush() == NATS_OK);
  proxy.cut();
  REQUIRE(eventually(10s, [&] { return !connection.connected(); }));
  CHECK(connection.flush(200ms) != NATS_OK);
  proxy.go_on();
  REQUIRE(eventually(10s, [&] { return connection.reconnects() == 1; }));
  CHECK(connection.flush() == NATS_OK);
}

TEST_CASE("subscriptions end without a wait where the library has counted a PONG too many") {
  Server server;
  Proxy proxy(server.url());
  Log log(Level::error, LogFormat::text, 2);
  Connection connection(to(proxy.url()), "test", log);
  connection.set_answering("$JS.API.INFO", "");
  proxy.repeat_pongs(1);
  CHECK(connection.flush() == NATS_OK);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; i++)
    const Subscription subscription(connection, "some.thing");
  CHECK(std::chrono::steady_clock::now() - began < 10s); // one flush has waited for two seconds
}

TEST_CASE("a subscription may end while messages come for it, again and again") {
  Server server;
  Log log(Level::error, LogFormat::text, 2);
  Connection connection(to(server.url()), "test", log);
  std::atomic<bool> stop = false;
  std::thread publisher([&] {
    natsConnection *publishing = nullptr;
    natsConnection_ConnectTo(&publishing, server.url().c_str());
    while (!stop)
      natsConnection_PublishString(publishing, "flood", "x");
    natsConnection_Destroy(publishing);
  });
  const auto end = std::chrono::steady_clock::now() + 2s;
  std::uint64_t received = 0;
  while (std::chrono::steady_clock::now() < end) {
    const Subscription subscription(connection, "flood");
    natsMsg *message = nullptr;
    if (natsSubscription_NextMsg(&message, subscription.get(), 100) == NATS_OK)
      received++;
    natsMsg_Destroy(message);
  }
  stop = true;
  publisher.join();
  CHECK(received > 0);
}

TEST_CASE("a server that does not answer is named, without the password in its address") {
  ConnectionSettings settings = to("nats://somebody:secret@127.0.0.1:1");
  const std::string sentence = refusal(settings);
  CHECK(has(sentence, "no NATS server answers at nats://127.0.0.1:1"));
  CHECK_FALSE(has(sentence, "secret"));
}

TEST_CASE("the first server that answers is used") {
  Server server;
  ConnectionSettings settings = to("nats://127.0.0.1:1");
  settings.servers.push_back(server.url());
  CHECK(refusal(settings) == "");
}

TEST_CASE("a token connects, and a wrong one is refused") {
  Server server("authorization { token: \"s3cret\" }\n");
  ConnectionSettings settings = to(server.url());
  settings.token = "s3cret";
  CHECK(refusal(settings) == "");
  settings.token = "wrong-one";
  CHECK(has(refusal(settings), "refuses the token"));
  CHECK_FALSE(has(refusal(settings), "wrong-one"));
  settings.token.clear();
  CHECK(has(refusal(settings), "refuses no credentials"));
}

TEST_CASE("an nkey seed file connects, whatever is given to be signed") {
  Server server("authorization { users: [ { nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 } ] }\n");
  Folder folder;
  write_file(folder / "seed", "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY\n");
  ConnectionSettings settings = to(server.url());
  settings.nkey_file = folder / "seed";
  for (int i = 0; i < 300; i++)
    REQUIRE(refusal(settings) == "");
}

TEST_CASE("a credentials file connects") {
  Server server(operator_mode());
  Folder folder;
  write_file(folder / "user.creds", user_credentials());
  ConnectionSettings settings = to(server.url());
  settings.creds_file = folder / "user.creds";
  CHECK(refusal(settings) == "");
  settings.creds_file.clear();
  CHECK(has(refusal(settings), "refuses no credentials"));
}

TEST_CASE("a credentials file that can't be read, is none, or has expired, is refused, without showing what is in it") {
  Server server(operator_mode());
  Folder folder;
  ConnectionSettings settings = to(server.url());
  settings.creds_file = "/nowhere.creds";
  CHECK(has(refusal(settings), "/nowhere.creds can't be read"));
  settings.creds_file = folder / "user.creds";
  write_file(settings.creds_file, "");
  CHECK(has(refusal(settings), "holds no NATS USER JWT"));
  const std::string good = user_credentials();
  write_file(settings.creds_file, good.substr(0, good.find("-----BEGIN USER")));
  CHECK(has(refusal(settings), "holds no USER NKEY SEED"));
  write_file(settings.creds_file, "-----BEGIN NATS USER JWT-----\nhello\n------END NATS USER JWT------\n" +
                                      good.substr(good.find("-----BEGIN USER")));
  CHECK(has(refusal(settings), "refuses the credentials file"));
  write_file(settings.creds_file, user_credentials(std::chrono::seconds(-5)));
  CHECK(has(refusal(settings), "expired at 20"));
  CHECK_FALSE(has(refusal(settings), "SUADRRR5"));
}

TEST_CASE("a file of credentials given by the flag of another kind is refused with the flag that takes it") {
  Server server(operator_mode());
  Folder folder;
  write_file(folder / "user.creds", user_credentials());
  write_file(folder / "seed", "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY\n");
  ConnectionSettings as_nkey = to(server.url()), as_creds = to(server.url());
  as_nkey.nkey_file = folder / "user.creds";
  as_creds.creds_file = folder / "seed";
  CHECK(refusal(as_nkey) ==
        "--nkey: the file " + as_nkey.nkey_file + " is a credentials file, with a JWT: give it by --creds");
  CHECK(refusal(as_creds) == "--creds: the file " + as_creds.creds_file + " is an nkey seed file: give it by --nkey");
}

TEST_CASE("a server that wants a client certificate says so, and one that it refuses is named") {
  const Certificates certificates, others;
  const std::string folder = certificates.folder.path().string();
  Server server("tls { cert_file: \"" + folder + "/server.pem\", key_file: \"" + folder + "/server.key\", ca_file: \"" +
                folder + "/ca.pem\", verify: true }\n");
  ConnectionSettings settings = to(server.url());
  settings.tls_ca = folder + "/ca.pem";
  // What comes first, the server's alert or the end of the connection, is luck.
  for (int tries = 0; tries < 10; tries++)
    CHECK(refusal(settings) == "NATS at " + server.url() +
                                   " ends the connection during TLS, as a server does that wants a client "
                                   "certificate: give --tlscert and --tlskey");
  settings.tls_cert = others.folder / "client.pem";
  settings.tls_key = others.folder / "client.key";
  for (int tries = 0; tries < 10; tries++)
    CHECK(refusal(settings) == "NATS at " + server.url() + " refuses the client certificate " + settings.tls_cert +
                                   ": check that it is valid, and that its authority is one that the server trusts");
}

TEST_CASE("a user without a password that is refused is told that there was none") {
  Server server("authorization { user: a, password: b }\n");
  ConnectionSettings settings = to(server.url());
  settings.user = "a";
  CHECK(has(refusal(settings), "refuses user a without a password: "));
  settings.password = "wrong";
  CHECK(has(refusal(settings), "refuses user a: "));
}

TEST_CASE("TLS connects with the authority, a client certificate and the server's name, and not without them") {
  Certificates certificates;
  const std::string folder = certificates.folder.path().string();
  Server server("tls { cert_file: \"" + folder + "/server.pem\", key_file: \"" + folder + "/server.key\", ca_file: \"" +
                folder + "/ca.pem\", verify: true }\n");
  ConnectionSettings settings = to(server.url());
  settings.tls_ca = folder + "/ca.pem";
  settings.tls_cert = folder + "/client.pem";
  settings.tls_key = folder + "/client.key";
  settings.tls_server_name = "server.test";
  CHECK(refusal(settings) == "");
  settings.tls_server_name = "other.test";
  CHECK_FALSE(refusal(settings).empty());
  settings.tls_server_name = "server.test";
  settings.tls_ca.clear();
  CHECK_FALSE(refusal(settings).empty());
  settings.tls_ca = folder + "/client.key";
  CHECK(has(refusal(settings), "--tlsca"));
}

TEST_CASE("a reconnect after a restart of the server is noted") {
  Server server;
  Log log(Level::error, LogFormat::text, 2);
  const Connection connection(to(server.url()), "test", log);
  CHECK(connection.connected());
  CHECK(connection.reconnects() == 0);
  server.stop();
  CHECK(eventually(10s, [&] { return !connection.connected(); }));
  // What can't be sent now is refused, not kept for later.
  CHECK(natsConnection_PublishString(connection.get(), "a", "b") != NATS_OK);
  server.start();
  CHECK(eventually(20s, [&] { return connection.reconnects() == 1; }));
  CHECK_FALSE(connection.closed());
}
