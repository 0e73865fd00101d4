// TLS files that are renewed while the host runs, and connections that can't be made again.
#include "capture/watched_host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

void run(const std::string &command) {
  REQUIRE(std::system((command + " 2>/dev/null").c_str()) == 0);
}

// An authority, a certificate for the server and one for clients, made anew by renew(): nothing of before is good then.
struct Certificates {
  Folder folder;
  Certificates() { renew(); }
  void renew() const {
    const std::string in = "cd " + folder.path().string() + " && ";
    run(in + "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority");
    for (const std::string name : {"server", "client"}) {
      run(in + "openssl req -newkey rsa:2048 -nodes -keyout " + name + ".key -out " + name + ".csr -subj /CN=" + name);
      write_file(folder / (name + ".ext"), "subjectAltName=IP:127.0.0.1\n");
      run(in + "openssl x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile " +
          name + ".ext -out " + name + ".pem");
    }
  }
  // Where the server's configuration includes this, it speaks TLS, or does not.
  std::string include() const { return "include \"../" + folder.path().filename().string() + "/tls.conf\"\n"; }
  void tls(bool on) const {
    const std::string in = folder.path().string();
    write_file(folder / "tls.conf", !on ? ""
                                        : "tls { cert_file: \"" + in + "/server.pem\", key_file: \"" + in +
                                              "/server.key\", ca_file: \"" + in + "/ca.pem\", verify: true }\n");
  }
  std::vector<std::string> flags() const {
    return {"--tlsca", folder / "ca.pem", "--tlscert", folder / "client.pem", "--tlskey", folder / "client.key"};
  }
};

void publish(const Server &server, bool make) {
  Client client(server.url());
  if (make) {
    client.make_stream("S", {"s.>"});
    client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 100000}});
  }
  client.publish(100, over_three_subjects);
}

} // namespace

TEST_CASE("certificates, keys and authorities that are renewed while the host runs are used at the next reconnect") {
  Certificates certificates;
  certificates.tls(false);
  Server server(certificates.include());
  const auto restart = [&](bool tls) {
    server.stop();
    certificates.tls(tls);
    server.start();
  };
  publish(server, true);
  restart(true);
  WatchedHost host(server);
  std::vector<std::string> flags = certificates.flags();
  flags.insert(flags.end(), {"--max-age", "1s"});
  host.start_watched(flags);
  REQUIRE_MESSAGE(eventually(20s, [&] { return each_once(host.sequences(), 100); }), host.output());
  server.stop();
  certificates.renew();
  server.start();
  CHECK_MESSAGE(eventually(20s, [&] { return host.lines_with("reconnected to NATS").size() == 2; }), host.output());
  CHECK(eventually(20s, [&] { return host.ready_status() == 200; }));
  // Without TLS it is not talked to.
  restart(false);
  publish(server, false);
  CHECK_MESSAGE(eventually(20s, [&] { return host.lines_with("Secure Connection not available").size() >= 2; }),
                host.output());
  CHECK_MESSAGE(host.ready().dump().find("Secure Connection not available") != std::string::npos, host.ready().dump());
  // By an authority that the host does not know yet.
  server.stop();
  write_file(certificates.folder / "kept.pem", read_file(certificates.folder / "ca.pem"));
  certificates.renew();
  certificates.tls(true);
  const std::string authority = read_file(certificates.folder / "ca.pem");
  server.start();
  write_file(certificates.folder / "ca.pem", read_file(certificates.folder / "kept.pem"));
  CHECK_MESSAGE(eventually(20s, [&] { return host.lines_with("unable to get local issuer certificate").size() >= 1; }),
                host.output());
  write_file(certificates.folder / "ca.pem", authority);
  CHECK_MESSAGE(eventually(30s, [&] { return each_once(host.sequences(), 200); }), host.output());
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
}

TEST_CASE("why a reconnect fails is told in the log, once and not with each attempt, and by readiness") {
  Server server;
  Client(server.url()).make_stream("S", {"s.>"});
  WatchedHost host(server);
  host.start_watched({"--create-consumer"});
  REQUIRE(eventually(20s, [&] { return host.ready_status() == 200; }));
  server.stop();
  const auto told = [&] { return host.lines_with("reconnecting to NATS failed").size(); };
  CHECK_MESSAGE(eventually(20s, [&] { return told() == 2; }), host.output());
  pass(4s);
  CHECK_MESSAGE(told() == 2, host.output());
  const std::string reasons = host.ready()["reasons"].dump();
  CHECK_MESSAGE(reasons.find("not connected to NATS: reconnecting; ") != std::string::npos, reasons);
  server.start();
  CHECK(eventually(20s, [&] { return host.ready_status() == 200; }));
}
