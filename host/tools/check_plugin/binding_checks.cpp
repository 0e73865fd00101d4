#include "plugins/library_bindings.hpp"
#include "tools/check_plugin/check.hpp"

#include <array>
#include <dlfcn.h>

namespace jetcapture::host {
namespace {

void binds_to_its_own_libraries(const Subject &subject) {
  const HostLibraries libraries;
  if (::dlopen(subject.file.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr)
    skip("it can't be loaded");
  const std::vector<ForeignBinding> foreign = libraries.foreign_bindings(subject.file);
  if (foreign.empty())
    return;
  const ForeignBinding &first = foreign.front();
  const std::string others = foreign.size() > 1 ? " and " + std::to_string(foreign.size() - 1) + " more" : "";
  warn("it calls " + first.symbol + others + " of " + first.bound + ", which the host has loaded, and not of " +
       first.own +
       "; use the host's version of that library, or link your own statically and with the SDK's version "
       "script, $(pkg-config --libs jetcapture-sdk)");
}

constexpr std::array<Check, 1> checks = {
    {{"load-bindings", "it calls the libraries that it was linked with", "load-works", binds_to_its_own_libraries}}};

} // namespace

std::span<const Check> binding_checks() {
  return checks;
}

} // namespace jetcapture::host
