// The files of a TLS connection, read again for each attempt to connect: certificates are renewed while the host runs,
// by other authorities too.
//
// nats.c reads them once, into an SSL_CTX that the options and their connection share, and has no function to read them
// again. They are therefore replaced in that SSL_CTX.
#pragma once

#include "settings/connection_settings.hpp"

#include <nats/nats.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace jetcapture::host {

class TlsFiles {
public:
  // Throws StartupError: a file can't be read, or holds something else.
  explicit TlsFiles(const ConnectionSettings &settings);

  // Makes a connection with these options use TLS and this object's files. Throws StartupError.
  void use(natsOptions *options);

  // [the thread that connects, before it does] Reads the files again. Empty: done. Else why that could not be, as a
  // sentence: it is tried again with the next attempt, for a file may be half written.
  std::string read_again();

private:
  struct Free {
    void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
  };
  const std::string authorities_; // empty: those of the system
  const std::string certificate_; // empty: none
  const std::string key_;
  std::unique_ptr<SSL_CTX, Free> context_; // shared with nats.c
};

} // namespace jetcapture::host
