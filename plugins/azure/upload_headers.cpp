#include "azure/upload_headers.hpp"

#include "http/encoding.hpp"

#include <algorithm>

namespace jetcapture::plugins {

namespace {

std::string metadata_name(std::string_view name) {
  std::string text(name);
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')); }, '_');
  return text;
}

} // namespace

std::vector<Header> blob_headers(const Object &object, const BlobChoices &choices, const Md5 &md5) {
  const jetcapture_object &raw = object.raw();
  std::vector<Header> headers{{"x-ms-blob-content-md5", base64(bytes_of(md5))}};
  if (raw.content_type != nullptr && *raw.content_type != '\0')
    headers.emplace_back("x-ms-blob-content-type", raw.content_type);
  if (choices.says_encoding && raw.content_encoding != nullptr && *raw.content_encoding != '\0')
    headers.emplace_back("x-ms-blob-content-encoding", raw.content_encoding);
  if (!choices.tier.empty())
    headers.emplace_back("x-ms-access-tier", choices.tier);
  if (object.create_only())
    headers.emplace_back("if-none-match", "*");
  for (std::uint32_t i = 0; i < raw.metadata_count; i++)
    if (raw.metadata[i].value.size > 0)
      headers.emplace_back("x-ms-meta-" + metadata_name(view(raw.metadata[i].name)),
                           header_text(view(raw.metadata[i].value)));
  headers.emplace_back("x-ms-meta-" + std::string(sha256_metadata),
                       hex({reinterpret_cast<const char *>(raw.sha256), sizeof raw.sha256}));
  return headers;
}

} // namespace jetcapture::plugins
