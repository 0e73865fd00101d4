// Three real nats-servers that form a cluster on loopback, with JetStream.
//
// Of the usual line (support/server.hpp).
#pragma once

#include "support/folder.hpp"
#include "support/program.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::test {

class Cluster {
public:
  static constexpr std::size_t size = 3;

  // Starts them; they answer JetStream requests when it returns.
  Cluster();
  Cluster(const Cluster &) = delete;
  Cluster &operator=(const Cluster &) = delete;

  // Of all members, separated by commas.
  std::string urls() const;
  // Members are named n0, n1, n2: as the JetStream API tells them.
  void kill(const std::string &name); // SIGKILL, and waits
  void start(const std::string &name);

private:
  struct Member {
    std::string config;
    std::string url;
    std::unique_ptr<Program> program;
  };
  Member &member(const std::string &name);

  Folder folder_;
  std::array<Member, size> members_;
  int starts_ = 0;
};

} // namespace jetcapture::test
