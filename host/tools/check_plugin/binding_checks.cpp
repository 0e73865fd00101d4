#include "tools/check_plugin/check.hpp"
#include "tools/check_plugin/elf_file.hpp"

#include <array>
#include <dlfcn.h>

namespace jetcapture::host {
namespace {

// The library that an address is in; empty: none is known.
std::string library_of(const void *address) {
  Dl_info info{};
  return address != nullptr && ::dladdr(address, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : "";
}

// The loader looks for a name in the host and its libraries first, and only then in the plug-in and what it was linked
// with. Where both have it, the plug-in calls the host's.
void binds_to_its_own_libraries(const Subject &subject) {
  void *library = ::dlopen(subject.file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    skip("it can't be loaded");
  const ElfFacts facts = elf_facts(subject.file);
  // What the program itself has of a library's constants are the linker's copies, of the same library.
  const std::string program = library_of(reinterpret_cast<const void *>(&binding_checks));
  for (const auto *names : {&facts.imported, &facts.exported})
    for (const std::string &name : *names) {
      const std::string own = library_of(::dlsym(library, name.c_str()));
      const std::string bound = library_of(::dlsym(RTLD_DEFAULT, name.c_str()));
      if (!own.empty() && !bound.empty() && own != bound && bound != program)
        warn("it calls " + name + " of " + bound + ", which the host has loaded, and not of " + own +
             "; use the host's version of that library, or link your own statically and with the SDK's version "
             "script, $(pkg-config --libs jetcapture-sdk)");
    }
}

constexpr std::array<Check, 1> checks = {
    {{"load-bindings", "it calls the libraries that it was linked with", "load-works", binds_to_its_own_libraries}}};

} // namespace

std::span<const Check> binding_checks() {
  return checks;
}

} // namespace jetcapture::host
