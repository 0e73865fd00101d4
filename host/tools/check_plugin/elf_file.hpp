// What the headers of an ELF shared library say, beyond the stages it exports.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace jetcapture::host {

struct ElfFacts {
  std::vector<std::string> exported; // names of all defined, visible symbols
  std::vector<std::string> unique;   // of them, those with STB_GNU_UNIQUE: they keep the library loaded
  bool has_text_relocations = false; // DT_TEXTREL, or DF_TEXTREL in DT_FLAGS
  bool has_executable_stack = false; // PT_GNU_STACK with execute, or none at all
  bool is_of_go = false;             // it carries the runtime of Go
};

// The file is known to be an ELF library of this machine (stages_of_file). Throws StartupError where it is damaged.
ElfFacts elf_facts(const std::filesystem::path &file);

} // namespace jetcapture::host
