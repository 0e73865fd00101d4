// Addresses of loopback, and sockets that listen there.
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

} // namespace jetcapture::test
