#include "blocks/object_name.hpp"
#include "ledger/manifest.hpp"

#include <charconv>
#include <cstdio>
#include <system_error>

namespace jetcapture::host {

namespace {

constexpr std::uint64_t manifests_a_folder = 10'000;
constexpr std::string_view claim_prefix = "claim-";

std::string padded(const char *format, std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, format, static_cast<unsigned long long>(number));
  return text;
}

} // namespace

std::string claim_chain(std::uint64_t number) {
  return std::string(claim_prefix) + padded("%012llu", number);
}

std::optional<std::uint64_t> claim_in(std::string_view host) {
  if (!host.starts_with(claim_prefix))
    return std::nullopt;
  const std::string_view digits = host.substr(claim_prefix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  // A host's own id ends with eight digits.
  const bool whole = error == std::errc() && end == digits.data() + digits.size() && host == claim_chain(number);
  return whole ? std::optional(number) : std::nullopt;
}

std::string folder_of(const ChainName &chain) {
  return std::string(manifest_root) + escape_part(chain.stream) + "/" + escape_part(chain.capture) + "/" +
         escape_part(chain.host) + "/";
}

std::string name_of(const ChainName &chain, std::uint64_t number) {
  return folder_of(chain) + padded("%08llu", number / manifests_a_folder) + "/" + padded("%012llu", number) +
         std::string(manifest_suffix);
}

std::uint64_t number_in(std::string_view name) {
  if (!name.starts_with(manifest_root) || !name.ends_with(manifest_suffix))
    return 0;
  name.remove_suffix(manifest_suffix.size());
  name.remove_prefix(name.rfind('/') + 1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = error == std::errc() && (end == name.data() + name.size() || *end == '-');
  return whole ? number : 0;
}

} // namespace jetcapture::host
