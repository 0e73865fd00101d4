// Bytes as text: hexadecimal, base64 (RFC 4648), and percent-encoding as signatures want it (RFC 3986).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jetcapture::plugins {

// Lower case.
std::string hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

std::string base64(std::string_view bytes);
// Nothing where it is no base64 with its padding.
std::optional<std::string> from_base64(std::string_view text);

// Everything but letters, digits and -._~ as %XX; slashes stay where keep_slashes says so.
std::string percent_encoded(std::string_view text, bool keep_slashes = false);

using Query = std::vector<std::pair<std::string, std::string>>;
// Sorted and encoded: "a=1&b=%20".
std::string canonical_query(const Query &query);

// "https://host:port/path" in its parts.
struct Url {
  std::string scheme;    // in lower case
  std::string authority; // host, with the port where one is given
  std::string path;      // as written, without a slash at its end
};
// Blanks and line ends around it are passed over. Nothing where it is no http or https URL, or has a user, a query or a
// fragment.
std::optional<Url> split_url(std::string_view text);

} // namespace jetcapture::plugins
