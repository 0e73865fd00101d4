// What stat(), get(), list() and remove() say.
#include "plugins/stores/support/folder.hpp"
#include "plugins/stores/support/store.hpp"

#include <cstdint>
#include <string_view>

using namespace jetcapture::test;

namespace {

jetcapture_text text(std::string_view view) {
  return {view.data(), view.size()};
}

jetcapture_object_status stat_of(TestStore &store, std::string_view name) {
  jetcapture_object_status status{};
  status.size = sizeof status;
  REQUIRE_MESSAGE(store.description.stat(store.self, text(name), &status) == JETCAPTURE_OK, store.host.sentence());
  CHECK(status.size == sizeof status);
  return status;
}

using Names = std::vector<std::string>;

Names listed(TestStore &store, std::string_view prefix, std::string_view after = "", std::uint64_t limit = 0) {
  TestVisitor visitor;
  REQUIRE(store.list(prefix, after, limit, visitor) == JETCAPTURE_OK);
  return visitor.names;
}

} // namespace

TEST_CASE("stat gives size and SHA-256 of the stored bytes") {
  const Folder folder;
  TestStore store(folder.path);
  REQUIRE(store.put("a/x", "abc") == JETCAPTURE_OK);
  const auto status = stat_of(store, "a/x");
  CHECK(status.exists == 1);
  CHECK(status.bytes == 3);
  CHECK(status.hash_source == JETCAPTURE_HASH_VERIFIED);
  const unsigned char expected[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                    0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                    0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
  CHECK(std::memcmp(status.sha256, expected, 32) == 0);
}

TEST_CASE("what is not there, or is a folder, does not exist") {
  const Folder folder;
  TestStore store(folder.path);
  REQUIRE(store.put("a/b/x", "abc") == JETCAPTURE_OK);
  for (const char *const name : {"y", "a/y", "no/folder/x", "a/b"})
    CHECK(stat_of(store, name).exists == 0);
}

TEST_CASE("get gives the bytes, hands on a refusal, and says what is missing") {
  const Folder folder;
  TestStore store(folder.path);
  const std::string bytes(1'000'000, 'x');
  REQUIRE(store.put("a/x", bytes) == JETCAPTURE_OK);
  TestVisitor whole, refusing;
  CHECK(store.get("a/x", 0, UINT64_MAX, whole) == JETCAPTURE_OK);
  CHECK((whole.bytes == bytes));
  refusing.refuse_at = 1;
  CHECK(store.get("a/x", 0, UINT64_MAX, refusing) == JETCAPTURE_BAD_DATA);
  CHECK(store.get("a/y", 0, UINT64_MAX, whole) == JETCAPTURE_NOT_FOUND);
  CHECK(store.host.sentence().find("a/y") != std::string::npos);
}

TEST_CASE("list gives the names that begin with a prefix, with sizes, and no links or unfinished files") {
  const Folder folder;
  TestStore store(folder.path);
  for (const char *const name : {"eu/2024-01/x", "eu/2024-02/y", "eu/2024", "us/z", "top"})
    REQUIRE(store.put(name, name) == JETCAPTURE_OK);
  fs::create_symlink("/etc", folder.path + "/eu/link");
  fs::create_symlink("/etc/passwd", folder.path + "/passwd");
  std::ofstream(folder.path + "/.jetcapture-unfinished/abc") << "half";
  CHECK(listed(store, "") == Names{"eu/2024", "eu/2024-01/x", "eu/2024-02/y", "top", "us/z"});
  CHECK(listed(store, "eu/") == Names{"eu/2024", "eu/2024-01/x", "eu/2024-02/y"});
  CHECK(listed(store, "eu/2024-") == Names{"eu/2024-01/x", "eu/2024-02/y"});
  CHECK(listed(store, "e") == Names{"eu/2024", "eu/2024-01/x", "eu/2024-02/y"});
  CHECK(listed(store, "nothing/here").empty());
  TestVisitor visitor;
  visitor.refuse_at = 1;
  CHECK(store.list("", "", 0, visitor) == JETCAPTURE_BAD_DATA);
  CHECK(visitor.sizes["eu/2024"] == 7);
  for (const char *const wrong : {"../", "/etc", "eu/../../", "eu//"})
    CHECK(store.list(wrong, "", 0, visitor) == JETCAPTURE_CONFIGURATION);
}

TEST_CASE("get gives any part of an object, and nothing from its end on") {
  const Folder folder;
  TestStore store(folder.path);
  std::string bytes(700'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); i++)
    bytes[i] = static_cast<char>(i * 31 + i / 251);
  REQUIRE(store.put("x", bytes) == JETCAPTURE_OK);
  struct Range {
    std::uint64_t offset, count;
  };
  for (const auto &[offset, count] : {Range{0, 1}, Range{0, 700'000}, Range{1, UINT64_MAX}, Range{262'143, 2},
                                      Range{262'144, 262'144}, Range{699'999, 1}, Range{699'999, 5}, Range{700'000, 1},
                                      Range{700'001, UINT64_MAX}, Range{UINT64_MAX, 1}, Range{5, 0}}) {
    CAPTURE(offset);
    CAPTURE(count);
    TestVisitor visitor;
    CHECK(store.get("x", offset, count, visitor) == JETCAPTURE_OK);
    CHECK((visitor.bytes == bytes.substr(std::min<std::uint64_t>(offset, bytes.size()), count)));
  }
  REQUIRE(store.put("empty", "") == JETCAPTURE_OK);
  TestVisitor visitor;
  CHECK(store.get("empty", 0, UINT64_MAX, visitor) == JETCAPTURE_OK);
  CHECK(visitor.bytes.empty());
}

TEST_CASE("list is in the order of the names' bytes over all folders, from any name on, as many as are wanted") {
  const Folder folder;
  TestStore store(folder.path);
  Names all = {"a", "a-b/c", "a-c", "a/b", "a/b-/x", "a/b0", "a0", "b", "\xc3\xa4/x", "z!/x", "z/x", "z0"};
  all.erase(std::find(all.begin(), all.end(), "a")); // it is a folder
  for (const std::string &name : all)
    REQUIRE_MESSAGE(store.put(name, "x") == JETCAPTURE_OK, store.host.sentence());
  std::sort(all.begin(), all.end());
  CHECK(listed(store, "") == all);
  for (std::size_t i = 0; i < all.size(); i++)
    CHECK(listed(store, "", all[i]) == Names(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end()));
  CHECK(listed(store, "", "a-") == listed(store, "", "a,"));
  CHECK(listed(store, "", "a/") == listed(store, "", "a-c"));
  CHECK(listed(store, "", "\xff").empty());
  CHECK(listed(store, "a/", "", 2) == Names{"a/b", "a/b-/x"});
  CHECK(listed(store, "a/b", "a/b") == Names{"a/b-/x", "a/b0"});
  CHECK(listed(store, "", "", 1) == Names{all.front()});
}

TEST_CASE("pages of a listing are together what one listing gives") {
  const Folder folder;
  TestStore store(folder.path);
  for (int i = 0; i < 2500; i++) {
    const std::string name = "p/" + std::to_string(i % 7) + "/" + std::to_string(i);
    fs::create_directories(fs::path(folder.path + "/" + name).parent_path());
    std::ofstream(folder.path + "/" + name) << "x";
  }
  const Names all = listed(store, "p/");
  CHECK(all.size() == 2500);
  Names paged;
  for (Names page = listed(store, "p/", "", 300); !page.empty(); page = listed(store, "p/", page.back(), 300))
    paged.insert(paged.end(), page.begin(), page.end());
  CHECK((paged == all));
}

TEST_CASE("a folder with more names than are kept in memory together is listed whole and in order") {
  const Folder folder;
  TestStore store(folder.path);
  constexpr int names = 33'000; // of a batch of 16,384: two, and a rest
  fs::create_directories(folder.path + "/many");
  for (int i = 0; i < names; i++)
    std::ofstream(folder.path + "/many/" + std::to_string(i));
  const Names all = listed(store, "");
  CHECK(all.size() == names);
  CHECK(std::is_sorted(all.begin(), all.end()));
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}

TEST_CASE("remove takes an object away, and is content where there is none") {
  const Folder folder;
  TestStore store(folder.path);
  REQUIRE(store.put("a/x", "x") == JETCAPTURE_OK);
  CHECK(store.description.remove(store.self, text("a/x")) == JETCAPTURE_OK);
  CHECK(stat_of(store, "a/x").exists == 0);
  CHECK(store.description.remove(store.self, text("a/x")) == JETCAPTURE_OK);
  CHECK(store.description.remove(store.self, text("no/folder/x")) == JETCAPTURE_OK);
  CHECK(store.description.remove(store.self, text("a")) == JETCAPTURE_CONFIGURATION);
}
