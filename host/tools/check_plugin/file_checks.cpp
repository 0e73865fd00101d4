#include "tools/check_plugin/check.hpp"
#include "tools/check_plugin/elf_file.hpp"

#include <array>
#include <set>

namespace jetcapture::host {
namespace {

const std::string remedy = "; link it with the SDK's version script, as jetcapture_add_plugin and $(pkg-config --libs "
                           "jetcapture-sdk) do";

// A few of the names, for a sentence.
std::string some_of(const std::vector<std::string> &names) {
  constexpr std::size_t most = 3;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most; i++)
    text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > most ? text + " and " + std::to_string(names.size() - most) + " more" : text;
}

void exports_only_stages(const Subject &subject) {
  static const std::set<std::string> of_the_linker = {"_init", "_fini", "_edata", "_end", "__bss_start"};
  std::vector<std::string> others;
  for (const std::string &name : elf_facts(subject.file).exported)
    if (!name.starts_with("jetcapture_") && !name.starts_with("__") && !of_the_linker.contains(name))
      others.push_back(name);
  if (!others.empty())
    warn("it exports " + some_of(others) + " too, which another plug-in's symbols may be mistaken for" + remedy);
}

void has_no_unique_symbols(const Subject &subject) {
  const ElfFacts facts = elf_facts(subject.file);
  if (!facts.unique.empty())
    fail("the symbol " + some_of(facts.unique) +
         " is unique in the process (STB_GNU_UNIQUE), so other plug-ins use this one's" + remedy);
}

void has_no_text_relocations(const Subject &subject) {
  require(!elf_facts(subject.file).has_text_relocations,
          "its code has relocations (DT_TEXTREL), which hardened systems refuse; build it with -fPIC");
}

void has_no_executable_stack(const Subject &subject) {
  require(!elf_facts(subject.file).has_executable_stack,
          "it asks for an executable stack, for the whole process; link it with -z noexecstack");
}

constexpr std::array<Check, 4> checks = {
    {{"file-exports", "it exports its stages and nothing else", "", exports_only_stages},
     {"file-unique", "no symbol is shared with other plug-ins", "", has_no_unique_symbols},
     {"file-relocations", "its code needs no relocations", "", has_no_text_relocations},
     {"file-stack", "it needs no executable stack", "", has_no_executable_stack}}};

} // namespace

std::span<const Check> file_checks() {
  return checks;
}

} // namespace jetcapture::host
