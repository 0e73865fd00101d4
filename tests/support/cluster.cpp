#include "support/cluster.hpp"

#include "support/loopback.hpp"
#include "support/server.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace jetcapture::test {

using namespace std::chrono_literals;

Cluster::Cluster() {
  std::vector<int> ports(2 * size);
  std::generate(ports.begin(), ports.end(), free_port);
  std::string routes;
  for (std::size_t i = 0; i < size; i++)
    routes += (i == 0 ? "\"nats://127.0.0.1:" : ", \"nats://127.0.0.1:") + std::to_string(ports[size + i]) + '"';
  for (std::size_t i = 0; i < size; i++) {
    const std::string name = "n" + std::to_string(i);
    Member &member = members_[i];
    member.url = "nats://127.0.0.1:" + std::to_string(ports[i]);
    member.config = folder_ / (name + ".conf");
    write_file(member.config, "server_name: " + name + "\nlisten: 127.0.0.1:" + std::to_string(ports[i]) +
                                  "\njetstream { store_dir: \"" + folder_ / name +
                                  "\" }\ncluster { name: test, listen: 127.0.0.1:" + std::to_string(ports[size + i]) +
                                  ", routes: [ " + routes + "] }\n");
    start(name);
  }
  std::string reason;
  const bool ready = eventually(60s, [&] {
    try {
      Client client(urls());
      client.make_stream("READY", {"ready"}, {{"num_replicas", size}});
      client.api("STREAM.DELETE.READY");
      return true;
    } catch (const std::runtime_error &error) {
      reason = error.what();
      return false;
    }
  });
  if (!ready)
    throw std::runtime_error("the cluster did not become ready: " + reason + "\n" + members_[0].program->output());
}

std::string Cluster::urls() const {
  std::string urls;
  for (const Member &member : members_)
    urls += (urls.empty() ? "" : ",") + member.url;
  return urls;
}

Cluster::Member &Cluster::member(const std::string &name) {
  return members_.at(std::stoul(name.substr(1)));
}

void Cluster::kill(const std::string &name) {
  Member &killed = member(name);
  killed.program->signal(SIGKILL);
  killed.program->wait(10s);
}

void Cluster::start(const std::string &name) {
  Member &started = member(name);
  started.program = std::make_unique<Program>(std::vector<std::string>{server_binary(), "-c", started.config},
                                              folder_ / (name + "-" + std::to_string(++starts_) + ".log"));
  if (!eventually(15s, [&] { return started.program->output().find("Server is ready") != std::string::npos; }))
    throw std::runtime_error("nats-server did not start: " + started.program->output());
}

} // namespace jetcapture::test
