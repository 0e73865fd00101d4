#include "ledger/last_manifest.hpp"

#include "files/durable.hpp"
#include "ledger/manifest_values.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace jetcapture::host {

std::optional<KnownManifest> read_last_manifest(const std::filesystem::path &file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const nlohmann::json line = nlohmann::json::parse(text, nullptr, false);
  if (!line.is_object())
    throw ManifestError("it is no JSON object");
  KnownManifest known = {text_in(line, "name"), hash_in(line, "sha256")};
  if (known.number() == 0)
    throw ManifestError("its name is not that of a manifest");
  return known;
}

std::optional<KnownManifest> LastManifest::of(const ChainName &chain) const {
  try {
    if (std::optional<KnownManifest> known = read_last_manifest(file_);
        known && known->name.starts_with(folder_of(chain)))
      return known;
  } catch (const ManifestError &error) {
    log_.warn("the file that says which manifest of this host was the last is damaged: whether some were removed from "
              "the store is not known",
              {{"file", file_.string()}, {"reason", error.what()}});
  }
  return std::nullopt;
}

void LastManifest::keep(const KnownManifest &manifest) {
  if (file_.empty())
    return;
  const nlohmann::ordered_json line = {{"name", manifest.name}, {"sha256", text_of_hash(manifest.sha256)}};
  const int error = replace_file(file_, line.dump() + "\n");
  if (error == 0)
    return;
  if (const auto held_back = lines_.admit())
    log_.warn("the state directory can't keep which manifest was the last; a later start may not see that it was "
              "removed",
              {{"file", file_.string()}, {"reason", std::strerror(error)}, {"others_not_shown", *held_back}});
}

} // namespace jetcapture::host
