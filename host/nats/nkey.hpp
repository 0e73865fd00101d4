// NKeys: from a user's seed file to the public key that the server knows (github.com/nats-io/nkeys).
#pragma once

#include <string>

namespace jetcapture::host {

// The public key "U…" of the seed "SU…" that the file holds. Throws StartupError with a sentence; never shows the seed.
std::string public_key_of_seed_file(const std::string &file);

} // namespace jetcapture::host
