#include "azure/shared_key.hpp"

#include "http/digest.hpp"
#include "http/encoding.hpp"

#include <algorithm>

namespace jetcapture::plugins {

std::string shared_key_text(const SharedKeyParts &parts) {
  const auto value = [&](std::string_view name) {
    const auto found = std::find_if(parts.headers.begin(), parts.headers.end(),
                                    [&](const Header &header) { return header.first == name; });
    return found == parts.headers.end() ? std::string() : found->second;
  };
  std::string text = std::string(parts.method) + "\n" + value("content-encoding") + "\n" + value("content-language") +
                     "\n" + (parts.content_length == 0 ? "" : std::to_string(parts.content_length)) + "\n" +
                     value("content-md5") + "\n" + value("content-type") + "\n" + value("date") + "\n" +
                     value("if-modified-since") + "\n" + value("if-match") + "\n" + value("if-none-match") + "\n" +
                     value("if-unmodified-since") + "\n" + value("range") + "\n";
  std::vector<Header> own;
  for (const Header &header : parts.headers)
    if (header.first.starts_with("x-ms-"))
      own.push_back(header);
  std::sort(own.begin(), own.end());
  for (const auto &[name, header] : own)
    text += name + ":" + header + "\n";
  text += "/" + std::string(parts.account) + std::string(parts.path);
  std::vector<std::pair<std::string, std::string>> query = parts.query;
  std::sort(query.begin(), query.end());
  for (const auto &[name, given] : query)
    text += "\n" + name + ":" + given;
  return text;
}

std::string shared_key_authorization(std::string_view key, const SharedKeyParts &parts) {
  return "SharedKey " + std::string(parts.account) + ":" + base64(bytes_of(hmac_sha256(key, shared_key_text(parts))));
}

} // namespace jetcapture::plugins
