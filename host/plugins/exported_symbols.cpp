#include "plugins/exported_symbols.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <link.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <type_traits>
#include <unistd.h>

// The running program's own ELF header, defined by the linker: what this machine's files look like.
extern "C" const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

namespace jetcapture::host {
namespace {

using Header = ElfW(Ehdr);
using Section = ElfW(Shdr);
using Symbol = ElfW(Sym);

// Far above what any plug-in needs; a broken file must not make the host ask for terabytes.
constexpr std::uint64_t largest_table = 64ull << 20;
constexpr std::size_t longest_name = 4096;

class File {
public:
  explicit File(const std::filesystem::path &path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
      const int error = errno;
      close();
      throw UnusableReason("can't be read: " + std::generic_category().message(error));
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  ~File() { close(); }
  File(const File &) = delete;
  File &operator=(const File &) = delete;

  std::uint64_t size() const { return size_; }

  // The bytes [offset, offset + count). Throws where the file does not have them.
  template <class Item>
  std::vector<Item> read(std::uint64_t offset, std::uint64_t count) const {
    static_assert(std::is_trivially_copyable_v<Item>);
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(count, sizeof(Item), &bytes) || offset > size_ || bytes > size_ - offset)
      throw UnusableReason("is cut short or damaged");
    if (bytes > largest_table)
      throw UnusableReason("has a symbol table that is too large for a plug-in");
    std::vector<Item> items(static_cast<std::size_t>(count));
    auto *place = reinterpret_cast<char *>(items.data());
    for (std::uint64_t done = 0; done < bytes;) {
      const ssize_t got = ::pread(descriptor_, place + done, bytes - done, static_cast<off_t>(offset + done));
      if (got == 0)
        throw UnusableReason("is cut short or damaged");
      if (got < 0 && errno != EINTR)
        throw UnusableReason("can't be read: " + std::generic_category().message(errno));
      if (got > 0)
        done += static_cast<std::uint64_t>(got);
    }
    return items;
  }

private:
  void close() {
    if (descriptor_ >= 0)
      ::close(descriptor_);
  }
  int descriptor_;
  std::uint64_t size_ = 0;
};

Header read_header(const File &file) {
  if (file.size() < SELFMAG || std::memcmp(file.read<char>(0, SELFMAG).data(), ELFMAG, SELFMAG) != 0)
    throw UnusableReason("is not an ELF shared library");
  if (file.size() < EI_NIDENT)
    throw UnusableReason("is cut short or damaged");
  const auto identity = file.read<unsigned char>(0, EI_NIDENT);
  if (identity[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] || identity[EI_DATA] != __ehdr_start.e_ident[EI_DATA])
    throw UnusableReason("is built for another kind of machine");
  const Header header = file.read<Header>(0, 1).front();
  if (header.e_machine != __ehdr_start.e_machine)
    throw UnusableReason("is built for another kind of machine");
  if (header.e_type != ET_DYN)
    throw UnusableReason("is an ELF file, but not a shared library");
  return header;
}

bool is_visible(const Symbol &symbol) {
  const auto visibility = symbol.st_other & 3;
  return visibility == STV_DEFAULT || visibility == STV_PROTECTED;
}

bool is_exported(const Symbol &symbol) {
  const auto binding = symbol.st_info >> 4;
  return symbol.st_shndx != SHN_UNDEF && (binding == STB_GLOBAL || binding == STB_WEAK) && is_visible(symbol);
}

// use: called with each symbol that is wanted and its name. Throws UnusableReason.
template <class Wanted, class Use>
void for_dynamic_symbols(const std::filesystem::path &path, Wanted wanted, Use use) {
  const File file(path);
  const Header header = read_header(file);
  if (header.e_shoff == 0 || header.e_shnum == 0 || header.e_shentsize != sizeof(Section))
    throw UnusableReason("has no section table, so its symbols can't be read without running it");
  const auto sections = file.read<Section>(header.e_shoff, header.e_shnum);
  for (const Section &section : sections) {
    if (section.sh_type != SHT_DYNSYM)
      continue;
    if (section.sh_link >= sections.size() || section.sh_entsize != sizeof(Symbol))
      throw UnusableReason("is cut short or damaged");
    const auto symbols = file.read<Symbol>(section.sh_offset, section.sh_size / sizeof(Symbol));
    const Section &names_section = sections[section.sh_link];
    const auto names = file.read<char>(names_section.sh_offset, names_section.sh_size);
    for (const Symbol &symbol : symbols) {
      if (!wanted(symbol))
        continue;
      if (symbol.st_name >= names.size())
        throw UnusableReason("is cut short or damaged");
      const std::string_view rest(names.data() + symbol.st_name, names.size() - symbol.st_name);
      use(symbol, rest.substr(0, rest.find('\0')));
    }
  }
}

} // namespace

std::vector<ExportedSymbol> exported_symbols(const std::filesystem::path &file, std::string_view prefix) {
  std::vector<ExportedSymbol> exported;
  for_dynamic_symbols(file, is_exported, [&](const Symbol &symbol, std::string_view name) {
    if (!name.starts_with(prefix))
      return;
    if (name.size() > longest_name)
      throw UnusableReason("exports a symbol with a name of " + std::to_string(name.size()) + " bytes");
    exported.push_back({std::string(name), (symbol.st_info & 0xF) == STT_OBJECT});
  });
  return exported;
}

std::vector<std::string> names_to_bind(const std::filesystem::path &file) {
  const auto is_bound = [](const Symbol &symbol) {
    const auto type = symbol.st_info & 0xF;
    return (symbol.st_info >> 4) != STB_LOCAL && (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE) &&
           (symbol.st_shndx == SHN_UNDEF || (symbol.st_other & 3) == STV_DEFAULT);
  };
  std::vector<std::string> names;
  for_dynamic_symbols(file, is_bound, [&](const Symbol &, std::string_view name) { names.emplace_back(name); });
  return names;
}

} // namespace jetcapture::host
