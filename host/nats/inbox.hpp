// Subjects on which answers come.
#pragma once

#include <string>

namespace jetcapture::host {

// A new one that nobody else has, below the prefix; empty: below the library's "_INBOX". Throws DeliveryError: out of
// memory.
std::string new_inbox(const std::string &prefix);

} // namespace jetcapture::host
