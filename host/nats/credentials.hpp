// A NATS credentials file (`nsc generate creds`): a user's JWT and its seed, read again for each connection that is
// made.
//
// nats.c gives a connection up for good after two refusals in a row. What has expired is therefore not shown to the
// server at
// all: connecting fails here, is tried again, and works once the file is renewed.
#pragma once

#include "threads/mutex.hpp"

#include <nats/nats.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::host {

struct Credentials {
  std::string jwt;
  std::string seed;                    // a secret: wiped when it goes
  std::optional<std::int64_t> expires; // seconds since 1970, of the JWT's claim "exp"

  ~Credentials();
};

// Throws StartupError with a sentence when the text holds no JWT or no seed; never shows either. file: for the
// sentence.
Credentials parse_credentials(std::string_view text, const std::string &file);

class CredentialsFile {
public:
  explicit CredentialsFile(std::string file);

  // Makes a connection with these options ask this object, which has to outlive it.
  natsStatus use(natsOptions *options);
  // [any-thread] Why the last attempt was not even made; empty: it was.
  std::string refusal();

private:
  static natsStatus on_jwt(char **jwt, char **refusal, void *self);
  static natsStatus on_nonce(char **refusal, unsigned char **signature, int *length, const char *nonce, void *self);
  std::string read_jwt() NEEDS_LOCK(mutex_); // throws StartupError: unreadable, nothing in it, expired

  std::string file_;
  Mutex mutex_;
  std::string seed_ GUARDED_BY(mutex_);
  std::string refusal_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
