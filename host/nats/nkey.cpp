#include "nats/nkey.hpp"

#include "settings/error.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string_view>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace jetcapture::host {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::uint8_t user_prefix = 20 << 3;
constexpr std::size_t key_bytes = 32;
constexpr std::size_t seed_bytes = 2 + key_bytes + 2; // prefix, key, CRC-16

// RFC 4648 base32 without padding. Empty: not base32.
std::vector<std::uint8_t> decode_base32(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos)
      return {};
    bits = (bits << 5) | static_cast<std::uint32_t>(value);
    count += 5;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  return bytes;
}

std::string encode_base32(const std::vector<std::uint8_t> &bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 5) {
      count -= 5;
      text += alphabet[(bits >> count) & 31];
    }
  }
  if (count > 0)
    text += alphabet[(bits << (5 - count)) & 31];
  return text;
}

// CRC-16/XMODEM.
std::uint16_t crc16(const std::uint8_t *bytes, std::size_t count) {
  std::uint32_t crc = 0;
  for (std::size_t i = 0; i < count; i++) {
    crc ^= static_cast<std::uint32_t>(bytes[i]) << 8;
    for (int bit = 0; bit < 8; bit++)
      crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return static_cast<std::uint16_t>(crc);
}

} // namespace

std::string public_key_of_seed_file(const std::string &file) {
  std::ifstream in(file);
  if (!in)
    throw StartupError("--nkey: the file " + file + " can't be read");
  std::string line;
  std::string seed;
  while (seed.empty() && std::getline(in, line)) {
    if (line.find("BEGIN NATS USER JWT") != std::string::npos)
      throw StartupError("--nkey: the file " + file + " is a credentials file, with a JWT: give it by --creds");
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
      line.pop_back();
    if (line.starts_with("SU"))
      seed = line;
  }
  OPENSSL_cleanse(line.data(), line.size());
  std::vector<std::uint8_t> raw = decode_base32(seed);
  OPENSSL_cleanse(seed.data(), seed.size());
  const auto wrong = [&] {
    return StartupError("--nkey: the file " + file + " holds no valid user seed (a line that begins with SU)");
  };
  if (raw.size() != seed_bytes ||
      crc16(raw.data(), seed_bytes - 2) != static_cast<std::uint16_t>(raw[seed_bytes - 2] | raw[seed_bytes - 1] << 8))
    throw wrong();
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY *)> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw.data() + 2, key_bytes), &EVP_PKEY_free);
  OPENSSL_cleanse(raw.data(), raw.size());
  std::vector<std::uint8_t> encoded(1 + key_bytes);
  encoded[0] = user_prefix;
  std::size_t size = key_bytes;
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), encoded.data() + 1, &size) != 1)
    throw wrong();
  const std::uint16_t crc = crc16(encoded.data(), encoded.size());
  encoded.push_back(static_cast<std::uint8_t>(crc));
  encoded.push_back(static_cast<std::uint8_t>(crc >> 8));
  return encode_base32(encoded);
}

} // namespace jetcapture::host
