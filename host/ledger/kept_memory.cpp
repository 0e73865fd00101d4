#include "ledger/kept_memory.hpp"

#include "files/durable.hpp"
#include "ledger/earlier_lines.hpp"
#include "strings/strings.hpp"

#include "jetcapture/abi.h"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include <sys/stat.h>

namespace jetcapture::host {

namespace {

// The newest one with what stages keep; nullopt: no chain has one. Throws StoreFailure.
std::optional<Manifest> newest_with_memory(const Store &store, const std::string &stream, const std::string &capture,
                                           Log &log) {
  constexpr std::chrono::nanoseconds puts_nothing{};
  std::optional<Manifest> newest;
  for (const ChainName &name : chains_of(store, stream, capture)) {
    Chain chain(store, name, "", puts_nothing);
    const ManifestHeader last = end_of_chain(chain, log).header;
    const std::optional<std::string> bytes = last.memory_in == 0 ? std::nullopt : chain.read(last.memory_in);
    if (!bytes)
      continue;
    Manifest manifest = decode_manifest(*bytes);
    if (!newest || manifest.written > newest->written)
      newest = std::move(manifest);
  }
  return newest;
}

} // namespace

KeptMemory read_memory(const std::filesystem::path &folder) {
  KeptMemory memory;
  std::error_code none;
  for (const auto &entry : std::filesystem::directory_iterator(folder, none)) {
    if (!entry.is_regular_file(none) || entry.path().extension() == ".new")
      continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (text.size() <= JETCAPTURE_MOST_MEMORY)
      memory.emplace(entry.path().filename().string(), std::move(text));
  }
  return memory;
}

void restore_memory(const Store &store, const std::string &stream, const std::string &capture,
                    const std::filesystem::path &folder, Log &log) {
  try {
    const std::optional<Manifest> manifest = newest_with_memory(store, stream, capture, log);
    if (!manifest)
      return;
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
      throw std::system_error(errno, std::generic_category(), folder.string());
    for (const auto &[stage, text] : manifest->memory) {
      if (stage.empty() || stage.front() == '.' || stage.find('/') != std::string::npos)
        continue;
      if (const int error = replace_file(folder / stage, text); error != 0)
        throw std::system_error(error, std::generic_category(), (folder / stage).string());
    }
    log.info("the state directory is new: what stages keep over restarts is taken from a manifest",
             {{"manifest", name_of(manifest->chain, manifest->number)}, {"stages", manifest->memory.size()}});
  } catch (const std::exception &error) {
    log.warn("what stages kept over restarts can't be taken from the manifests in the store; they begin anew",
             {{"reason", error.what()}});
  }
}

} // namespace jetcapture::host
