// Addresses and ports of loopback, and sockets that listen there.
#pragma once

#include <netinet/in.h>

namespace jetcapture::test {

// Port 0: any free one.
sockaddr_in loopback(int port);

struct Listener {
  int socket; // the caller closes it
  int port;
};
// On a free port. Throws std::runtime_error.
Listener listen_on_loopback(int backlog);

// A port for a program that can't choose one itself, or that is to listen there again after a restart: until this
// process ends no other one is given it here, and no connection takes it. Throws std::runtime_error.
int free_port();

} // namespace jetcapture::test
