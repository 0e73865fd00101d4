#include "blocks/object_name.hpp"
#include "ledger/manifest.hpp"

#include <charconv>
#include <cstdio>
#include <system_error>

namespace jetcapture::host {

namespace {

constexpr std::uint64_t manifests_a_folder = 10'000;

std::string padded(const char *format, std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, format, static_cast<unsigned long long>(number));
  return text;
}

} // namespace

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
