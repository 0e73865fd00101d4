#include "plugins/catalog.hpp"

#include "host/plugins/fixtures.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
namespace fs = std::filesystem;

namespace {

std::string not_found(const std::vector<fs::path> &folders, StageKind kind, const std::string &name) {
  return refusal([&] { return find_stage(folders, kind, name, false); });
}

} // namespace

TEST_CASE("a stage is found by kind and name") {
  const PluginFolder folder;
  folder.add("good");
  const fs::path trio = folder.add("trio");
  const StageFile writer = find_stage({folder.path()}, StageKind::writer, "trio", false);
  CHECK(writer.kind == StageKind::writer);
  CHECK(writer.name == "trio");
  CHECK(writer.file == trio);
}

TEST_CASE("a stage that is not found is refused with the nearest name of its kind, or with the folders") {
  const PluginFolder folder;
  folder.add("good");
  const std::string path = folder.path().string();
  CHECK(not_found({folder.path()}, StageKind::decoder, "goood") ==
        "decoder \"goood\" was not found in " + path + "; did you mean \"good\"?");
  CHECK(not_found({folder.path()}, StageKind::writer, "good") ==
        "writer \"good\" was not found; good is a decoder: --decoder good");
  CHECK(not_found({folder.path(), "/a", "/b"}, StageKind::writer, "parchment") ==
        "writer \"parchment\" was not found in " + path +
            ", /a and /b; name the folder of its plug-in with --plugin-dir");
}

TEST_CASE("a stage that has a package of its own is refused with the name of the package") {
  const PluginFolder folder;
  CHECK(not_found({folder.path()}, StageKind::store, "s3") ==
        "store \"s3\" was not found in " + folder.path().string() +
            "; install the package jetcapture-s3, or name the folder of its plug-in with --plugin-dir");
}

TEST_CASE("the same stage in two files is refused with both named") {
  const PluginFolder folder;
  const std::string one = folder.add("good", "one/good.so").string(),
                    two = folder.add("good", "two/better.so").string();
  CHECK(not_found({folder.path() / "one", folder.path() / "two"}, StageKind::decoder, "good") ==
        "decoder \"good\" is in two files, " + one + " and " + two +
            "; remove one of them, or name the file that you mean: --decoder " + one);
  CHECK(find_stage({}, StageKind::decoder, two, false).file == two);
}

TEST_CASE("a stage for another ABI is refused with both versions") {
  const PluginFolder folder;
  const std::string file = folder.add("abi2").string();
  const std::string sentence = "decoder \"future\" in " + file +
                               " is built for plug-in ABI 2, this host speaks ABI 1; update "
                               "jetcapture, or rebuild the plug-in with this version's SDK";
  CHECK(not_found({folder.path()}, StageKind::decoder, "future") == sentence);
  CHECK(not_found({}, StageKind::decoder, file) == sentence);
}

TEST_CASE("a stage for two ABIs is found for this host's") {
  CHECK(find_stage({}, StageKind::decoder, fixture("both_abis").string(), false).abi_major == 1);
}

TEST_CASE("an unusable file of the wanted name is the reason") {
  const PluginFolder folder;
  const std::string file = folder.file("json.so", "text");
  CHECK(not_found({folder.path()}, StageKind::decoder, "json") ==
        "decoder \"json\" can't be used: " + file + " is not an ELF shared library");
  fs::create_directory(folder.path() / "csv.so");
  CHECK(not_found({folder.path()}, StageKind::writer, "csv") ==
        "writer \"csv\" can't be used: " + (folder.path() / "csv.so").string() + " is a folder, not a file");
}

TEST_CASE("a folder that is a file explains why nothing is found") {
  const TemporaryFolder folder;
  const std::string file = folder.file("plugins", "");
  CHECK(not_found({file}, StageKind::decoder, "json") ==
        "decoder \"json\" was not found: the folder " + file + " can't be searched: Not a directory");
}

TEST_CASE("a name with a slash is that very file") {
  const std::string trio = fixture("trio").string();
  CHECK(find_stage({}, StageKind::store, trio, false).name == "trio");
  const std::string two = refusal([&] { return find_stage({}, StageKind::writer, trio, false); });
  CHECK(two.find("; name one of them, with the file's folder as --plugin-dir") != std::string::npos);
  CHECK(two.find("writer \"trio\"") != std::string::npos);
  CHECK(two.find("writer \"trio_other\"") != std::string::npos);
  CHECK(not_found({}, StageKind::store, fixture("good").string()) ==
        fixture("good").string() + " has no store; it holds decoder \"good\"");
  CHECK(not_found({}, StageKind::decoder, "./missing.so") == "./missing.so does not exist");
}
