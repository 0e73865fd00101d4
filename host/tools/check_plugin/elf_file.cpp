#include "tools/check_plugin/elf_file.hpp"

#include "settings/error.hpp"
#include "settings/file_text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <link.h>
#include <string_view>
#include <utility>

namespace jetcapture::host {
namespace {

using Header = ElfW(Ehdr);
using Section = ElfW(Shdr);
using Segment = ElfW(Phdr);
using Symbol = ElfW(Sym);
using Dynamic = ElfW(Dyn);

// The count items at offset, copied: nothing in a file is aligned for sure.
template <class Item>
std::vector<Item> items_at(std::string_view bytes, std::uint64_t offset, std::uint64_t count) {
  if (offset > bytes.size() || count > (bytes.size() - offset) / sizeof(Item))
    throw StartupError("the file is cut short or damaged");
  std::vector<Item> items(static_cast<std::size_t>(count));
  if (count > 0)
    std::memcpy(items.data(), bytes.data() + offset, items.size() * sizeof(Item));
  return items;
}

void read_symbols(std::string_view bytes, const Section &table, const std::vector<Section> &sections, ElfFacts &facts) {
  if (table.sh_link >= sections.size())
    throw StartupError("the file is cut short or damaged");
  const Section &names = sections[table.sh_link];
  const auto texts = items_at<char>(bytes, names.sh_offset, names.sh_size);
  for (const Symbol &symbol : items_at<Symbol>(bytes, table.sh_offset, table.sh_size / sizeof(Symbol))) {
    const auto binding = symbol.st_info >> 4;
    const auto visibility = symbol.st_other & 3;
    const bool visible = visibility == STV_DEFAULT || visibility == STV_PROTECTED;
    if (!visible || binding == STB_LOCAL || symbol.st_shndx == SHN_UNDEF || symbol.st_name >= texts.size())
      continue;
    const std::string_view rest(texts.data() + symbol.st_name, texts.size() - symbol.st_name);
    std::string name(rest.substr(0, rest.find('\0')));
    if (binding == STB_GNU_UNIQUE)
      facts.unique.push_back(name);
    facts.exported.push_back(std::move(name));
  }
}

// Go's linker gives each of its files one of these sections.
bool have_sections_of_go(std::string_view bytes, const std::vector<Section> &sections, std::size_t names_index) {
  if (names_index >= sections.size())
    return false;
  const auto names = items_at<char>(bytes, sections[names_index].sh_offset, sections[names_index].sh_size);
  return std::any_of(sections.begin(), sections.end(), [&](const Section &section) {
    if (section.sh_name >= names.size())
      return false;
    const std::string_view rest(names.data() + section.sh_name, names.size() - section.sh_name);
    const std::string_view name = rest.substr(0, rest.find('\0'));
    return name == ".go.buildinfo" || name == ".note.go.buildid";
  });
}

} // namespace

ElfFacts elf_facts(const std::filesystem::path &file) {
  const std::string bytes = file_text(file.string()).value_or("");
  const Header header = items_at<Header>(bytes, 0, 1).front();
  ElfFacts facts;
  const auto sections = items_at<Section>(bytes, header.e_shoff, header.e_shnum);
  for (const Section &section : sections)
    if (section.sh_type == SHT_DYNSYM)
      read_symbols(bytes, section, sections, facts);
  facts.is_of_go = have_sections_of_go(bytes, sections, header.e_shstrndx);
  bool has_stack_header = false;
  for (const Segment &segment : items_at<Segment>(bytes, header.e_phoff, header.e_phnum)) {
    if (segment.p_type == PT_GNU_STACK) {
      has_stack_header = true;
      facts.has_executable_stack = (segment.p_flags & PF_X) != 0;
    }
    if (segment.p_type != PT_DYNAMIC)
      continue;
    for (const Dynamic &entry : items_at<Dynamic>(bytes, segment.p_offset, segment.p_filesz / sizeof(Dynamic)))
      if (entry.d_tag == DT_TEXTREL || (entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_TEXTREL) != 0))
        facts.has_text_relocations = true;
  }
  facts.has_executable_stack = facts.has_executable_stack || !has_stack_header;
  return facts;
}

} // namespace jetcapture::host
