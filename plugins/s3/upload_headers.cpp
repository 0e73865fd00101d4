#include "s3/upload_headers.hpp"

#include "http/content_encoding.hpp"
#include "http/digest.hpp"
#include "http/encoding.hpp"

namespace jetcapture::plugins {

namespace {

std::string tagging(const std::vector<std::string> &tags) {
  std::string text;
  for (const std::string &tag : tags) {
    const std::size_t equals = tag.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Misconfigured("the tag \"" + tag + "\" is no NAME=VALUE; write tags such as team=orders,source=nats");
    text += (text.empty() ? "" : "&") + percent_encoded(tag.substr(0, equals)) + "=" +
            percent_encoded(tag.substr(equals + 1));
  }
  return text;
}

} // namespace

UploadHeaders::UploadHeaders(const Options &given) : says_encoding_(says_content_encoding(given)) {
  const std::string encryption = given.text("server-side-encryption");
  const std::string key = given.text("kms-key");
  if (!key.empty() && !encryption.starts_with("aws:kms"))
    throw Misconfigured("kms-key is given without server-side-encryption=aws:kms; give both");
  if (!encryption.empty())
    chosen_.emplace_back("x-amz-server-side-encryption", encryption);
  if (!key.empty())
    chosen_.emplace_back("x-amz-server-side-encryption-aws-kms-key-id", key);
  if (const std::string storage_class = given.text("storage-class"); !storage_class.empty())
    chosen_.emplace_back("x-amz-storage-class", storage_class);
  if (const std::string tags = tagging(given.list("tags")); !tags.empty())
    chosen_.emplace_back("x-amz-tagging", tags);
}

std::vector<Header> UploadHeaders::of(const Object &object) const {
  const jetcapture_object &raw = object.raw();
  std::vector<Header> headers = chosen_;
  if (raw.content_type != nullptr && *raw.content_type != '\0')
    headers.emplace_back("content-type", raw.content_type);
  if (says_encoding_ && raw.content_encoding != nullptr && *raw.content_encoding != '\0')
    headers.emplace_back("content-encoding", raw.content_encoding);
  for (std::uint32_t i = 0; i < raw.metadata_count; i++)
    if (raw.metadata[i].value.size > 0)
      headers.emplace_back("x-amz-meta-" + std::string(view(raw.metadata[i].name)),
                           header_text(view(raw.metadata[i].value)));
  headers.emplace_back("x-amz-meta-" + std::string(sha256_metadata),
                       hex({reinterpret_cast<const char *>(raw.sha256), sizeof raw.sha256}));
  return headers;
}

} // namespace jetcapture::plugins
