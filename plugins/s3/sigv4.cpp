#include "s3/sigv4.hpp"

#include "http/digest.hpp"
#include "http/encoding.hpp"

#include <algorithm>

namespace jetcapture::plugins {

namespace {

// Runs of blanks become one, as the service does it.
std::string trimmed(std::string_view value) {
  std::string text;
  for (const char c : value)
    if (c != ' ' || (!text.empty() && text.back() != ' '))
      text += c;
  if (text.ends_with(' '))
    text.pop_back();
  return text;
}

} // namespace

std::string canonical_query(const Query &query) {
  Query encoded;
  for (const auto &[name, value] : query)
    encoded.emplace_back(percent_encoded(name), percent_encoded(value));
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto &[name, value] : encoded)
    text += (text.empty() ? "" : "&") + name + "=" + value;
  return text;
}

std::string authorization(const SigningKey &key, const SignedParts &parts) {
  std::vector<Header> headers = parts.headers;
  std::sort(headers.begin(), headers.end());
  std::string canonical_headers;
  std::string names;
  for (const auto &[name, value] : headers) {
    canonical_headers += name + ":" + trimmed(value) + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string request = std::string(parts.method) + "\n" + std::string(parts.path) + "\n" +
                              std::string(parts.query) + "\n" + canonical_headers + "\n" + names + "\n" +
                              std::string(parts.payload_sha256);

  const std::string day(parts.time.substr(0, 8));
  const std::string scope = day + "/" + key.region + "/" + key.service + "/aws4_request";
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + std::string(parts.time) + "\n" + scope + "\n" + hex(bytes_of(sha256_of(request)));
  const Sha256 of_day = hmac_sha256("AWS4" + key.secret_key, day);
  const Sha256 of_region = hmac_sha256(bytes_of(of_day), key.region);
  const Sha256 of_service = hmac_sha256(bytes_of(of_region), key.service);
  const Sha256 of_scope = hmac_sha256(bytes_of(of_service), "aws4_request");
  const Sha256 signature = hmac_sha256(bytes_of(of_scope), to_sign);
  return "AWS4-HMAC-SHA256 Credential=" + key.access_key + "/" + scope + ",SignedHeaders=" + names +
         ",Signature=" + hex(bytes_of(signature));
}

} // namespace jetcapture::plugins
