#include "support/operator.hpp"

#include "support/base64.hpp"

#include <array>
#include <cstdint>
#include <ctime>
#include <memory>
#include <stdexcept>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

namespace jetcapture::test {

namespace {

using nlohmann::json;

// Ed25519 keys of the tests alone; made with `nk`.
struct Issuer {
  std::array<unsigned char, 32> private_key;
  const char *public_key;
};
constexpr Issuer operator_key = {{0xed, 0x7e, 0x4b, 0xd5, 0x36, 0x18, 0xa0, 0x1f, 0xaf, 0xe4, 0x40,
                                  0xbd, 0x33, 0xe1, 0x4b, 0x26, 0x03, 0x1d, 0x20, 0xa9, 0x0d, 0x78,
                                  0x71, 0x7f, 0x1f, 0x9b, 0x6a, 0x0a, 0x52, 0x29, 0x79, 0x2a},
                                 "OBEY4ROKHGTEIUECJ3SL4I4M4VNBSFVMSMI25JAT7GYHP2QZHTGYBF2A"};
constexpr Issuer account_key = {{0x41, 0x58, 0xca, 0x35, 0x56, 0x59, 0xc2, 0x08, 0xe9, 0x03, 0xbc,
                                 0x57, 0x69, 0x21, 0xdb, 0x0d, 0x34, 0xc2, 0x82, 0xd3, 0x65, 0x00,
                                 0x8e, 0x93, 0xa7, 0x4a, 0x76, 0xeb, 0x94, 0xf9, 0x6b, 0xc8},
                                "ACTODORIGA5CJZX66YESIMUJXTXQABQXIJKIIAGJSB5SYWS62QZMQHFE"};
constexpr const char *system_account = "AB6W35A43PMMXUWZN5BMRTRZ3HDRPWO7TPGQ357V4L2U3MCOYWKV7PHR";
constexpr const char *user_seed = "SUADRRR5JVWSFVY2GOKSBFR56LC5LBNRX5T5YROV3IID65YXVDVA5ONQ7M";
constexpr const char *user_key = "UAINX4LZUL3ZTUAR5UPAYJAOXEC6VIBULL7DDOIBUTYOYGNJOO4XIZDJ";

std::string signed_token(const Issuer &issuer, const char *subject, const json &nats, std::int64_t expires = 0) {
  json claims = {
      {"jti", "test"}, {"iat", std::time(nullptr)}, {"iss", issuer.public_key}, {"name", "test"}, {"sub", subject},
      {"nats", nats}};
  if (expires != 0)
    claims["exp"] = expires;
  const std::string text = token_part(R"({"typ":"JWT","alg":"ed25519-nkey"})") + "." + token_part(claims.dump());
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, issuer.private_key.data(), issuer.private_key.size()),
      &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::array<unsigned char, 64> signature{};
  std::size_t length = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &length, reinterpret_cast<const unsigned char *>(text.data()),
                     text.size()) != 1)
    throw std::runtime_error("a token can't be signed");
  return text + "." + token_part({reinterpret_cast<const char *>(signature.data()), length});
}

} // namespace

std::string operator_mode() {
  const std::string owner = signed_token(operator_key, operator_key.public_key,
                                         {{"type", "operator"}, {"version", 2}, {"system_account", system_account}});
  const std::string system = signed_token(operator_key, system_account, {{"type", "account"}, {"version", 2}});
  const json limits = {{"subs", -1},         {"data", -1},    {"payload", -1},  {"imports", -1},
                       {"exports", -1},      {"conn", -1},    {"leaf", -1},     {"mem_storage", -1},
                       {"disk_storage", -1}, {"streams", -1}, {"consumer", -1}, {"wildcards", true}};
  const std::string account =
      signed_token(operator_key, account_key.public_key, {{"type", "account"}, {"version", 2}, {"limits", limits}});
  return "operator: " + owner + "\nresolver: MEMORY\nresolver_preload: { " + account_key.public_key + ": " + account +
         ", " + system_account + ": " + system + " }\n";
}

std::string user_credentials(std::optional<std::chrono::seconds> lifetime) {
  const std::string user = signed_token(account_key, user_key,
                                        {{"type", "user"}, {"version", 2}, {"subs", -1}, {"data", -1}, {"payload", -1}},
                                        lifetime ? std::time(nullptr) + lifetime->count() : 0);
  return "-----BEGIN NATS USER JWT-----\n" + user + "\n------END NATS USER JWT------\n\n" +
         "-----BEGIN USER NKEY SEED-----\n" + user_seed + "\n------END USER NKEY SEED------\n";
}

} // namespace jetcapture::test
