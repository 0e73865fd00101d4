#include "plugins/library_bindings.hpp"

#include "plugins/exported_symbols.hpp"

#include <algorithm>
#include <cstdint>
#include <dlfcn.h>
#include <link.h>
#include <memory>
#include <utility>

namespace jetcapture::host {
namespace {

// Where the libraries are in memory. Asked instead of dladdr(), which reads all symbols of a library for each address.
class LoadedLibraries {
public:
  LoadedLibraries() {
    ::dl_iterate_phdr(
        [](dl_phdr_info *library, std::size_t, void *self) {
          static_cast<LoadedLibraries *>(self)->add(*library);
          return 0;
        },
        this);
    std::sort(segments_.begin(), segments_.end(), [](const Segment &a, const Segment &b) { return a.begin < b.begin; });
  }

  // The library that the address is in; empty: the program itself, or none is known.
  std::string file_of(const void *address) const {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    const auto after =
        std::upper_bound(segments_.begin(), segments_.end(), at,
                         [](std::uintptr_t wanted, const Segment &segment) { return wanted < segment.begin; });
    return after != segments_.begin() && at < (after - 1)->end ? (after - 1)->file : std::string();
  }

  std::set<std::string> files() const {
    std::set<std::string> files;
    for (const Segment &segment : segments_)
      files.insert(segment.file);
    return files;
  }

private:
  struct Segment {
    std::uintptr_t begin;
    std::uintptr_t end;
    std::string file;
  };

  void add(const dl_phdr_info &library) {
    for (const ElfW(Phdr) *header = library.dlpi_phdr; header != library.dlpi_phdr + library.dlpi_phnum; ++header)
      if (header->p_type == PT_LOAD) {
        const std::uintptr_t begin = library.dlpi_addr + header->p_vaddr;
        segments_.push_back({begin, begin + header->p_memsz, library.dlpi_name});
      }
  }

  std::vector<Segment> segments_;
};

} // namespace

HostLibraries::HostLibraries() : files_(LoadedLibraries().files()) {}

std::vector<ForeignBinding> HostLibraries::foreign_bindings(const std::filesystem::path &plugin) const {
  const auto close = [](void *library) { ::dlclose(library); };
  const std::unique_ptr<void, decltype(close)> library(::dlopen(plugin.c_str(), RTLD_LAZY | RTLD_NOLOAD), close);
  if (library == nullptr)
    return {};
  const LoadedLibraries loaded;
  std::vector<ForeignBinding> foreign;
  for (std::string &name : names_to_bind(plugin)) {
    const void *const bound = ::dlsym(RTLD_DEFAULT, name.c_str());
    const void *const own = bound == nullptr ? nullptr : ::dlsym(library.get(), name.c_str());
    if (own == nullptr || own == bound)
      continue;
    // What the program itself has of a library's constants are the linker's copies, of the same library.
    ForeignBinding binding = {std::move(name), loaded.file_of(bound), loaded.file_of(own)};
    if (!binding.bound.empty() && !binding.own.empty() && binding.bound != binding.own && !files_.contains(binding.own))
      foreign.push_back(std::move(binding));
  }
  return foreign;
}

} // namespace jetcapture::host
