// The names that an ELF shared library exports and imports, read from its file without running its code.
//
// Not boost::dll::library_info: before Boost 1.77 it reads .symtab, which a stripped library lacks (boostorg/dll#41),
// and it trusts the offsets in the file. Here each one is checked, so that a broken file is a reason and not a crash.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// Why a file can't be used, as a clause: "is not an ELF shared library".
struct UnusableReason : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ExportedSymbol {
  std::string name;
  bool is_object; // data, not a function
};

// The defined, visible symbols whose names begin with prefix. Throws UnusableReason. The file must be a regular one.
std::vector<ExportedSymbol> exported_symbols(const std::filesystem::path &file, std::string_view prefix);

// The functions and data that the loader looks for by name when it loads the file: what others have to define, and what
// is defined in the file and may be replaced by another's. Throws UnusableReason.
std::vector<std::string> names_to_bind(const std::filesystem::path &file);

} // namespace jetcapture::host
