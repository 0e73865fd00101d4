#include "ledger/manifest_values.hpp"

#include "blocks/destination_key.hpp"
#include "jetcapture/payload.h"
#include "log/time_text.hpp"
#include "strings/base64.hpp"

#include <openssl/evp.h>

namespace jetcapture::host {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

const nlohmann::json &member(const nlohmann::json &line, const char *name) {
  const auto found = line.find(name);
  if (found == line.end())
    throw ManifestError(std::string("a line of it has no \"") + name + '"');
  return *found;
}

[[noreturn]] void refuse(const char *name, const char *what) {
  throw ManifestError(std::string("a line of it has a \"") + name + "\" that is no " + what);
}

bool is_utf8(std::string_view text) {
  return jetcapture_is_utf8({text.data(), text.size()}) != 0;
}

// Whether decode_key() can take it.
bool is_key(std::string_view text) {
  while (!text.empty()) {
    std::uint32_t size = 0;
    if (text.size() < sizeof size)
      return false;
    std::memcpy(&size, text.data(), sizeof size);
    text.remove_prefix(sizeof size);
    if (size == no_part)
      continue;
    if (size > text.size())
      return false;
    text.remove_prefix(size);
  }
  return true;
}

} // namespace

std::uint64_t unsigned_in(const nlohmann::json &line, const char *name) {
  const nlohmann::json &value = member(line, name);
  if (!value.is_number_unsigned())
    refuse(name, "number from 0 on");
  return value.get<std::uint64_t>();
}

std::uint32_t small_in(const nlohmann::json &line, const char *name) {
  const std::uint64_t value = unsigned_in(line, name);
  if (value > UINT32_MAX)
    refuse(name, "number of 32 bits");
  return static_cast<std::uint32_t>(value);
}

std::int64_t signed_in(const nlohmann::json &line, const char *name) {
  const nlohmann::json &value = member(line, name);
  const bool fits = value.is_number_integer() &&
                    !(value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX));
  if (!fits)
    refuse(name, "whole number");
  return value.get<std::int64_t>();
}

bool flag_in(const nlohmann::json &line, const char *name) {
  const nlohmann::json &value = member(line, name);
  if (!value.is_boolean())
    refuse(name, "true or false");
  return value.get<bool>();
}

const std::string &text_in(const nlohmann::json &line, const char *name) {
  const nlohmann::json &value = member(line, name);
  if (!value.is_string())
    refuse(name, "text");
  return value.get_ref<const std::string &>();
}

std::int64_t time_in(const nlohmann::json &line, const char *name) {
  const std::optional<std::int64_t> time = time_of_text(text_in(line, name));
  if (!time)
    refuse(name, "time");
  return *time;
}

const nlohmann::json &list_in(const nlohmann::json &line, const char *name) {
  const nlohmann::json &value = member(line, name);
  if (!value.is_array())
    refuse(name, "list");
  return value;
}

std::vector<std::uint64_t> unsigned_list_in(const nlohmann::json &line, const char *name) {
  std::vector<std::uint64_t> values;
  for (const nlohmann::json &value : list_in(line, name)) {
    if (!value.is_number_unsigned())
      refuse(name, "list of numbers from 0 on");
    values.push_back(value.get<std::uint64_t>());
  }
  return values;
}

std::string text_of_hash(const Sha256 &hash) {
  std::string text;
  text.reserve(2 * hash.size());
  for (const std::uint8_t byte : hash) {
    text += hex_digits[byte >> 4];
    text += hex_digits[byte & 15];
  }
  return text;
}

Sha256 hash_in(const nlohmann::json &line, const char *name) {
  const std::string &text = text_in(line, name);
  Sha256 hash{};
  if (text.size() != 2 * hash.size() || text.find_first_not_of(hex_digits) != std::string::npos)
    refuse(name, "SHA-256");
  for (std::size_t i = 0; i < hash.size(); i++)
    hash[i] = static_cast<std::uint8_t>(hex_digits.find(text[2 * i]) << 4 | hex_digits.find(text[2 * i + 1]));
  return hash;
}

std::string base64_in(const nlohmann::json &line, const char *name) {
  const std::string &text = text_in(line, name);
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = text.size() % 4 != 0 ? -1
                                        : EVP_DecodeBlock(reinterpret_cast<unsigned char *>(bytes.data()),
                                                          reinterpret_cast<const unsigned char *>(text.data()),
                                                          static_cast<int>(text.size()));
  if (size < 0)
    refuse(name, "Base64");
  // EVP_DecodeBlock counts the padding as bytes.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

void put_key(std::string_view key, nlohmann::ordered_json &line) {
  nlohmann::ordered_json parts = nlohmann::ordered_json::array();
  bool utf8 = true;
  for (const std::string_view part : decode_key(key)) {
    if (part.data() == nullptr)
      parts.push_back(nullptr);
    else
      parts.push_back(part);
    utf8 = utf8 && is_utf8(part);
  }
  line["key"] = std::move(parts);
  if (!utf8)
    line["key_bytes"] = to_base64(key);
}

std::string key_in(const nlohmann::json &line) {
  if (line.contains("key_bytes")) {
    std::string key = base64_in(line, "key_bytes");
    if (!is_key(key))
      refuse("key_bytes", "encoded key");
    return key;
  }
  std::string key;
  for (const nlohmann::json &part : list_in(line, "key")) {
    if (!part.is_null() && !part.is_string())
      refuse("key", "list of texts");
    const std::string_view text = part.is_null() ? std::string_view() : part.get_ref<const std::string &>();
    const jetcapture_text encoded = {text.data(), text.size()};
    encode_key(&encoded, 1, key);
  }
  return key;
}

} // namespace jetcapture::host
