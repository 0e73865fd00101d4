#include "restore/base64_bytes.hpp"

#include <openssl/evp.h>

namespace jetcapture::host {

std::string bytes_of_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  if (bytes.empty() ||
      EVP_DecodeBlock(reinterpret_cast<unsigned char *>(bytes.data()),
                      reinterpret_cast<const unsigned char *>(text.data()), static_cast<int>(text.size())) < 0)
    return {};
  // Zero bytes stand for what fills the text up.
  const std::size_t filling = text.size() - text.find_last_not_of('=') - 1;
  bytes.resize(bytes.size() - filling);
  return bytes;
}

} // namespace jetcapture::host
