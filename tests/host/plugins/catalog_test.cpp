#include "plugins/catalog.hpp"

#include "host/plugins/fixtures.hpp"
#include "plugins/exported_symbols.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <elf.h>
#include <iterator>
#include <random>
#include <sys/stat.h>

using namespace jetcapture::host;
namespace fs = std::filesystem;

namespace {

std::string content_of(const fs::path &file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string file_refusal(const fs::path &file, bool allow_writable = false) {
  return refusal([&] { return stages_of_file(file, allow_writable); });
}

// The reason for the one file that can't be used.
std::string reason(const Catalog &catalog) {
  REQUIRE(catalog.unusable.size() == 1);
  return catalog.unusable.front().reason;
}

const std::string holds_none =
    "holds no jetcapture stage: it exports no jetcapture_decoder_1_NAME, jetcapture_writer_1_NAME, "
    "jetcapture_store_1_NAME or jetcapture_reader_1_NAME";
const std::string remedy = "; take the right away (chmod o-w), or allow it with --allow-writable-plugins";

} // namespace

TEST_CASE("the stages of a file are read from its symbols") {
  const auto stages = stages_of_file(fixture("trio"), false);
  REQUIRE(stages.size() == 4);
  int writers = 0;
  for (const StageFile &stage : stages) {
    CHECK(stage.abi_major == 1);
    CHECK(stage.file == fs::canonical(fixture("trio")));
    CHECK(stage.name.starts_with("trio"));
    writers += stage.kind == StageKind::writer ? 1 : 0;
  }
  CHECK(writers == 2);
}

TEST_CASE("the stages of a stripped file are found as well") {
  const auto stages = stages_of_file(fixture("stripped"), false);
  REQUIRE(stages.size() == 1);
  CHECK(stages.front().name == "good");
}

TEST_CASE("a search runs no code of the files") {
  ::unsetenv("FIXTURE_WAS_LOADED");
  const PluginFolder folder;
  folder.add("marks_load");
  const Catalog catalog = search_folders({folder.path()}, false);
  REQUIRE(catalog.stages.size() == 1);
  CHECK(catalog.stages.front().name == "marks_load");
  CHECK(std::getenv("FIXTURE_WAS_LOADED") == nullptr);
}

TEST_CASE("the catalog is sorted by kind and name, with every ABI of a stage") {
  const PluginFolder folder;
  folder.add("trio");
  folder.add("good");
  folder.add("both_abis");
  folder.file("README.txt", "not a plug-in");
  folder.file("libold.so.1", "nor this");
  const Catalog catalog = search_folders({folder.path(), "/does/not/exist"}, false);
  std::string names;
  for (const StageFile &stage : catalog.stages)
    names += std::string(to_string(stage.kind)) + "/" + stage.name + "/" + std::to_string(stage.abi_major) + " ";
  CHECK(names ==
        "decoder/both/1 decoder/both/2 decoder/good/1 decoder/trio/1 writer/trio/1 writer/trio_other/1 store/trio/1 ");
  CHECK(catalog.unusable.empty());
  CHECK(catalog.folders.size() == 2);
}

TEST_CASE("a file that can't be used has a reason, and the others are found all the same") {
  const PluginFolder folder;
  folder.add("good");
  SUBCASE("text") {
    folder.file("bad.so", "#!/bin/sh\n");
    CHECK(reason(search_folders({folder.path()}, false)) == "is not an ELF shared library");
  }
  SUBCASE("empty") {
    folder.file("bad.so", "");
    CHECK(reason(search_folders({folder.path()}, false)) == "is not an ELF shared library");
  }
  SUBCASE("only the magic") {
    folder.file("bad.so", "\x7f"
                          "ELF");
    CHECK(reason(search_folders({folder.path()}, false)) == "is cut short or damaged");
  }
  SUBCASE("a folder") {
    fs::create_directory(folder.path() / "bad.so");
    CHECK(reason(search_folders({folder.path()}, false)) == "is a folder, not a file");
  }
  SUBCASE("a dangling link") {
    fs::create_symlink("nowhere", folder.path() / "bad.so");
    CHECK(reason(search_folders({folder.path()}, false)) == "is a link to nothing");
  }
  SUBCASE("a link to itself") {
    fs::create_symlink("bad.so", folder.path() / "bad.so");
    CHECK(reason(search_folders({folder.path()}, false)).starts_with("can't be read: "));
  }
  SUBCASE("a FIFO, which nobody writes") {
    REQUIRE(::mkfifo((folder.path() / "bad.so").c_str(), 0600) == 0);
    CHECK(reason(search_folders({folder.path()}, false)) == "is not a regular file");
  }
  SUBCASE("another machine") {
    std::string bytes = content_of(fixture("good"));
    bytes[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_S390);
    folder.file("bad.so", bytes);
    CHECK(reason(search_folders({folder.path()}, false)) == "is built for another kind of machine");
  }
  SUBCASE("another word size") {
    std::string bytes = content_of(fixture("good"));
    bytes[EI_CLASS] = bytes[EI_CLASS] == ELFCLASS64 ? ELFCLASS32 : ELFCLASS64;
    folder.file("bad.so", bytes);
    CHECK(reason(search_folders({folder.path()}, false)) == "is built for another kind of machine");
  }
  SUBCASE("an object file") {
    std::string bytes = content_of(fixture("good"));
    bytes[offsetof(Elf64_Ehdr, e_type)] = ET_REL;
    folder.file("bad.so", bytes);
    CHECK(reason(search_folders({folder.path()}, false)) == "is an ELF file, but not a shared library");
  }
  SUBCASE("cut short") {
    folder.file("bad.so", content_of(fixture("good")).substr(0, 2000));
    CHECK(reason(search_folders({folder.path()}, false)) == "is cut short or damaged");
  }
  SUBCASE("a library without a stage") {
    folder.add("no_stage");
    CHECK(reason(search_folders({folder.path()}, false)) == holds_none);
  }
  SUBCASE("a function where a description should be") {
    folder.add("function_symbol");
    CHECK(reason(search_folders({folder.path()}, false)) ==
          "exports jetcapture_decoder_1_function_symbol as a function, where a description is expected");
  }
  SUBCASE("a name that is too long") {
    folder.add("long_name");
    CHECK(reason(search_folders({folder.path()}, false)) ==
          "exports a decoder with a name of 200 bytes; 64 is the most");
  }
  CHECK(search_folders({folder.path()}, false).stages.size() == 1);
}

TEST_CASE("the same real file counts once, by link, by hard link and by another folder") {
  const PluginFolder folder;
  const fs::path file = folder.add("good");
  fs::create_symlink(file, folder.path() / "link.so");
  fs::create_hard_link(file, folder.path() / "hard.so");
  fs::create_directory_symlink(folder.path(), folder.path() / "again");
  const Catalog catalog = search_folders({folder.path(), folder.path() / "again"}, false);
  CHECK(catalog.stages.size() == 1);
  CHECK(catalog.unusable.empty());
}

TEST_CASE("a file or a folder that every user can write is refused unless it is allowed") {
  const PluginFolder folder;
  const fs::path file = folder.add("good", "sub/good.so");
  SUBCASE("the file") {
    fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
    CHECK(file_refusal(file) == file.string() + " is writable by every user" + remedy);
  }
  SUBCASE("its folder") {
    fs::permissions(file.parent_path(), fs::perms::others_write, fs::perm_options::add);
    CHECK(file_refusal(file) == file.string() + " is in the folder " + file.parent_path().string() +
                                    ", which is writable by every user" + remedy);
  }
  SUBCASE("its folder, sticky as /tmp is") {
    fs::permissions(file.parent_path(), fs::perms::others_write | fs::perms::sticky_bit, fs::perm_options::add);
    CHECK(file_refusal(file).find("writable by every user") != std::string::npos);
  }
  SUBCASE("the folder of a link to it") {
    const fs::path link = folder.path() / "open" / "good.so";
    fs::create_directory(link.parent_path());
    fs::create_symlink(file, link);
    fs::permissions(link.parent_path(), fs::perms::others_write, fs::perm_options::add);
    CHECK(file_refusal(link).find("writable by every user") != std::string::npos);
    CHECK(stages_of_file(link, true).size() == 1);
  }
  CHECK(stages_of_file(file, true).size() == 1);
  CHECK(search_folders({file.parent_path()}, true).stages.size() == 1);
}

TEST_CASE("a file that is named is refused in a sentence") {
  CHECK(file_refusal("/does/not/exist.so") == "/does/not/exist.so does not exist");
  CHECK(file_refusal(fixture("no_stage")) == fixture("no_stage").string() + " " + holds_none);
  CHECK(file_refusal("/usr") == "/usr is a folder, not a file");
  CHECK(file_refusal("/dev/null") == "/dev/null is not a regular file");
}

TEST_CASE("every cut of a library is a reason or its stages, and never a crash") {
  const TemporaryFolder folder;
  const std::string whole = content_of(fixture("good"));
  for (std::size_t size = 0; size < whole.size(); size += size < 1024 ? 1 : 257) {
    const std::string file = folder.file("cut.so", std::string_view(whole).substr(0, size));
    CAPTURE(size);
    CHECK_THROWS_AS(static_cast<void>(exported_symbols(file, "jetcapture_")), UnusableReason);
  }
}

TEST_CASE("damaged bytes of a library are a reason or stages, and never a crash (seeded)") {
  const TemporaryFolder folder;
  const std::string whole = content_of(fixture("stripped"));
  std::mt19937 random(5);
  const std::size_t section_table = [&] {
    Elf64_Ehdr header{};
    whole.copy(reinterpret_cast<char *>(&header), sizeof header);
    return static_cast<std::size_t>(header.e_shoff);
  }();
  for (int round = 0; round < 3000; round++) {
    std::string damaged = whole;
    for (int i = 0; i < 4; i++) {
      // In the header, in the table of sections, or anywhere.
      const std::size_t at = round % 3 == 0   ? 16 + random() % 48
                             : round % 3 == 1 ? section_table + random() % (damaged.size() - section_table)
                                              : random() % damaged.size();
      damaged[at] = static_cast<char>(random() % 2 == 0 ? random() : 0xFF);
    }
    const std::string file = folder.file("damaged.so", damaged);
    CAPTURE(round);
    try {
      static_cast<void>(exported_symbols(file, "jetcapture_"));
    } catch (const UnusableReason &) {
    }
  }
}

TEST_CASE("folders come from flags, then from the variable, then from beside the program") {
  const auto folders = plugin_folders({"/one", "two/"}, "/three::/one:four", "/opt/jetcapture/bin/jetcapture");
  REQUIRE(folders.size() == 5);
  CHECK(folders[0] == "/one");
  CHECK(folders[1] == fs::current_path() / "two");
  CHECK(folders[2] == "/three");
  CHECK(folders[3] == fs::current_path() / "four");
  CHECK(folders[4] == "/opt/jetcapture/lib/jetcapture");
  CHECK(plugin_folders({}, nullptr, "/usr/bin/jetcapture") == std::vector<fs::path>{"/usr/lib/jetcapture"});
}
