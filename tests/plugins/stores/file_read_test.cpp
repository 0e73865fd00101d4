// What stat(), get(), list() and remove() say.
#include "plugins/stores/support/folder.hpp"
#include "plugins/stores/support/store.hpp"

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

std::vector<std::string> listed(TestStore &store, std::string_view prefix) {
  TestVisitor visitor;
  REQUIRE(store.description.list(store.self, text(prefix), &visitor.visitor.visitor) == JETCAPTURE_OK);
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
  CHECK(status.has_sha256 == 1);
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
  CHECK(store.description.get(store.self, text("a/x"), &whole.visitor.visitor) == JETCAPTURE_OK);
  CHECK((whole.bytes == bytes));
  refusing.refuse_at = 1;
  CHECK(store.description.get(store.self, text("a/x"), &refusing.visitor.visitor) == JETCAPTURE_BAD_DATA);
  CHECK(store.description.get(store.self, text("a/y"), &whole.visitor.visitor) == JETCAPTURE_CONFIGURATION);
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
  using Names = std::vector<std::string>;
  CHECK(listed(store, "") == Names{"eu/2024", "eu/2024-01/x", "eu/2024-02/y", "top", "us/z"});
  CHECK(listed(store, "eu/") == Names{"eu/2024", "eu/2024-01/x", "eu/2024-02/y"});
  CHECK(listed(store, "eu/2024-") == Names{"eu/2024-01/x", "eu/2024-02/y"});
  CHECK(listed(store, "e") == Names{"eu/2024", "eu/2024-01/x", "eu/2024-02/y"});
  CHECK(listed(store, "nothing/here").empty());
  TestVisitor visitor;
  visitor.refuse_at = 1;
  CHECK(store.description.list(store.self, text(""), &visitor.visitor.visitor) == JETCAPTURE_BAD_DATA);
  CHECK(visitor.sizes["eu/2024"] == 7);
  for (const char *const wrong : {"../", "/etc", "eu/../../", "eu//"})
    CHECK(store.description.list(store.self, text(wrong), &visitor.visitor.visitor) == JETCAPTURE_CONFIGURATION);
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
