// Puts of the store "file" from files without a name: each becomes the object itself, and where it can't, it is copied.
#include "plugins/stores/support/folder.hpp"
#include "plugins/stores/support/store.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace jetcapture::test;

namespace {

const std::string unfinished = "/.jetcapture-unfinished";

std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; i++)
    bytes[i] = static_cast<char>(i * 31 >> 3);
  return bytes;
}

// A file without a name in a folder, as a host has it.
class Unnamed {
public:
  Unnamed(const std::string &folder, std::string bytes)
      : descriptor(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)), bytes_(std::move(bytes)) {
    REQUIRE(descriptor >= 0);
    REQUIRE(::pwrite(descriptor, bytes_.data(), bytes_.size(), 0) == static_cast<ssize_t>(bytes_.size()));
  }
  ~Unnamed() { ::close(descriptor); }
  Unnamed(const Unnamed &) = delete;
  Unnamed &operator=(const Unnamed &) = delete;

  struct stat status() const {
    struct stat found {};
    REQUIRE(::fstat(descriptor, &found) == 0);
    return found;
  }
  bool is(const std::string &path) const {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_ino == status().st_ino && found.st_dev == status().st_dev;
  }
  bool is_unchanged() const {
    std::string now(bytes_.size() + 1, '\0');
    const ssize_t got = ::pread(descriptor, now.data(), now.size(), 0);
    return got == static_cast<ssize_t>(bytes_.size()) && std::memcmp(now.data(), bytes_.data(), bytes_.size()) == 0 &&
           ::lseek(descriptor, 0, SEEK_CUR) == 0;
  }
  jetcapture_status put(TestStore &store, std::string_view name, std::uint32_t flags = 0) const {
    TestObject object(std::string(name), bytes_, descriptor);
    object.object.object.flags = flags;
    object.before_read = [this](std::uint64_t) {
      reads++;
      return 0;
    };
    return store.put(object);
  }

  const int descriptor;
  mutable int reads = 0;

private:
  std::string bytes_;
};

// A folder with another one beside the root, on the same file system.
struct Place {
  Place() { fs::create_directory(spool()); }
  std::string root() const { return folder.path + "/root"; }
  std::string spool() const { return folder.path + "/spool"; }
  const Folder folder;
};

struct stat status_of(const std::string &path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found;
}

} // namespace

TEST_CASE("a file without a name becomes the object itself, and is as if it had been copied") {
  const Place place;
  TestStore store(place.root());
  CHECK((store.description.flags & JETCAPTURE_STORE_TAKES_FILES) != 0);
  const std::string bytes = some_bytes(100'000);
  const Unnamed file(place.spool(), bytes);
  REQUIRE_MESSAGE(file.put(store, "a/taken") == JETCAPTURE_OK, store.host.sentence());
  CHECK(file.is(place.root() + "/a/taken"));
  CHECK(file.reads == 0);
  CHECK(file.is_unchanged());
  CHECK((content(place.root() + "/a/taken") == bytes));
  CHECK(store.last_location == place.root() + "/a/taken");
  REQUIRE(store.put("a/copied", bytes) == JETCAPTURE_OK);
  const struct stat taken = status_of(place.root() + "/a/taken");
  const struct stat copied = status_of(place.root() + "/a/copied");
  CHECK(taken.st_mode == copied.st_mode);
  CHECK(taken.st_uid == copied.st_uid);
  CHECK(taken.st_gid == copied.st_gid);
  CHECK(taken.st_nlink == 1);
  CHECK(files_below(place.folder.path) == std::vector<std::string>{"root/a/copied", "root/a/taken"});
}

TEST_CASE("a file that is taken has the permissions of the options, whatever the umask") {
  const Place place;
  const mode_t before = ::umask(0077);
  {
    TestStore plain(place.root() + "/plain"), exact(place.root() + "/exact", {"mode=0444"});
    const Unnamed one(place.spool(), "x"), other(place.spool(), "y");
    CHECK(one.put(plain, "x") == JETCAPTURE_OK);
    CHECK(other.put(exact, "x") == JETCAPTURE_OK);
    CHECK(one.is(place.root() + "/plain/x"));
    CHECK(other.is(place.root() + "/exact/x"));
  }
  ::umask(before);
  CHECK((status_of(place.root() + "/plain/x").st_mode & 07777) == 0600);
  CHECK((status_of(place.root() + "/exact/x").st_mode & 07777) == 0444);
}

TEST_CASE("a file that is taken has the group that the root gives its files") {
  const Place place;
  TestStore store(place.root());
  const std::string folder = place.root() + unfinished;
  if (::geteuid() != 0 || ::chown(folder.c_str(), 0, 12345) != 0 || ::chmod(folder.c_str(), 02755) != 0) {
    MESSAGE("NOT TESTED: only root may give a folder to another group");
    return;
  }
  const Unnamed file(place.spool(), "x");
  CHECK(file.put(store, "x") == JETCAPTURE_OK);
  CHECK(file.is(place.root() + "/x"));
  CHECK(status_of(place.root() + "/x").st_gid == 12345);
}

TEST_CASE("a file that replaces another one is taken too") {
  const Place place;
  TestStore store(place.root());
  REQUIRE(store.put("x", "old and longer") == JETCAPTURE_OK);
  const Unnamed file(place.spool(), "new");
  CHECK(file.put(store, "x") == JETCAPTURE_OK);
  CHECK(file.is(place.root() + "/x"));
  CHECK(content(place.root() + "/x") == "new");
  CHECK(files_below(place.root()).size() == 1);
}

TEST_CASE("a put that creates only takes the file where nothing has the name, and else leaves both as they are") {
  const Place place;
  TestStore store(place.root());
  REQUIRE(store.put("old", "old") == JETCAPTURE_OK);
  const Unnamed file(place.spool(), "new");
  CHECK(file.put(store, "old", JETCAPTURE_CREATE_ONLY) == JETCAPTURE_EXISTS);
  CHECK(content(place.root() + "/old") == "old");
  CHECK(file.is_unchanged());
  const Unnamed other(place.spool(), "new");
  CHECK(other.put(store, "new", JETCAPTURE_CREATE_ONLY) == JETCAPTURE_OK);
  CHECK(other.is(place.root() + "/new"));
  CHECK(files_below(place.root()) == std::vector<std::string>{"new", "old"});
}

TEST_CASE("a file whose put failed is put again whole, and the failed put leaves nothing") {
  const Place place;
  TestStore store(place.root());
  const std::string bytes = some_bytes(100'000);
  const Unnamed file(place.spool(), bytes);
  fs::create_directories(place.root() + "/a/x/in the way");
  REQUIRE(file.put(store, "a/x") == JETCAPTURE_CONFIGURATION);
  CHECK(files_below(place.root()).empty());
  CHECK(file.is_unchanged());
  fs::remove_all(place.root() + "/a/x");
  CHECK_MESSAGE(file.put(store, "a/x") == JETCAPTURE_OK, store.host.sentence());
  CHECK((content(place.root() + "/a/x") == bytes));
  CHECK(files_below(place.root()).size() == 1);
}

TEST_CASE("a file that has a name already is copied, under the same name or another one") {
  const Place place;
  TestStore store(place.root());
  const Unnamed file(place.spool(), "bytes");
  REQUIRE(file.put(store, "x") == JETCAPTURE_OK);
  REQUIRE(file.put(store, "y") == JETCAPTURE_OK);
  CHECK(file.is(place.root() + "/x"));
  CHECK_FALSE(file.is(place.root() + "/y"));
  REQUIRE(file.put(store, "x") == JETCAPTURE_OK);
  CHECK_FALSE(file.is(place.root() + "/x"));
  CHECK(content(place.root() + "/x") == "bytes");
  CHECK(content(place.root() + "/y") == "bytes");
  CHECK(files_below(place.root()) == std::vector<std::string>{"x", "y"});
}

TEST_CASE("a file of another file system is copied") {
  const Place place;
  const char *const elsewhere = "/dev/shm";
  struct stat other {};
  if (::stat(elsewhere, &other) != 0 || other.st_dev == status_of(place.spool()).st_dev) {
    MESSAGE("NOT TESTED: this machine has no other file system at " << elsewhere);
    return;
  }
  TestStore store(place.root());
  const std::string bytes = some_bytes(5'000'000);
  const Unnamed file(elsewhere, bytes);
  CHECK_MESSAGE(file.put(store, "x") == JETCAPTURE_OK, store.host.sentence());
  CHECK((content(place.root() + "/x") == bytes));
  CHECK(file.is_unchanged());
  CHECK(files_below(place.root()).size() == 1);
}

TEST_CASE("a file without a name that can't be given one is copied") {
  const Place place;
  TestStore store(place.root());
  std::string name = place.spool() + "/XXXXXX";
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  REQUIRE(descriptor >= 0);
  ::unlink(name.c_str());
  REQUIRE(::pwrite(descriptor, "bytes", 5, 0) == 5);
  TestObject object("x", "bytes", descriptor);
  CHECK(store.put(object) == JETCAPTURE_OK);
  CHECK(content(place.root() + "/x") == "bytes");
  CHECK(files_below(place.root()).size() == 1);
  ::close(descriptor);
}

TEST_CASE("a file with more or fewer bytes than announced is not taken") {
  const Place place;
  TestStore store(place.root());
  for (const std::uint64_t announced : {2, 10}) {
    const Unnamed file(place.spool(), "bytes");
    TestObject object("x", "bytes", file.descriptor);
    object.object.object.bytes = announced;
    CHECK(store.put(object) == JETCAPTURE_BAD_DATA);
  }
  CHECK(files_below(place.root()).empty());
}

TEST_CASE("a file with attributes that a new one does not have is copied") {
  const Place place;
  TestStore store(place.root());
  const Unnamed file(place.spool(), "bytes");
  if (::fsetxattr(file.descriptor, "user.of-the-spool", "x", 1, 0) != 0) {
    MESSAGE("NOT TESTED: this file system has no extended attributes of users");
    return;
  }
  CHECK(file.put(store, "x") == JETCAPTURE_OK);
  CHECK_FALSE(file.is(place.root() + "/x"));
  CHECK(::getxattr((place.root() + "/x").c_str(), "user.of-the-spool", nullptr, 0) < 0);
}

TEST_CASE("where new files have an access control list the object has it too") {
  struct Entry {
    std::uint16_t tag;
    std::uint16_t permissions;
    std::uint32_t id;
  };
  // As acl(5) and linux/posix_acl_xattr.h have it: owner, a user, group, mask, others.
  constexpr std::uint32_t nobody = UINT32_MAX;
  struct {
    std::uint32_t version = 2;
    std::array<Entry, 5> entries = {{{1, 6, nobody}, {2, 4, 12345}, {4, 4, nobody}, {16, 4, nobody}, {32, 0, nobody}}};
  } const list;
  const Place place;
  TestStore store(place.root());
  if (::setxattr((place.root() + unfinished).c_str(), "system.posix_acl_default", &list, sizeof list, 0) != 0) {
    MESSAGE("NOT TESTED: this file system has no access control lists");
    return;
  }
  const Unnamed file(place.spool(), "bytes");
  CHECK(file.put(store, "x") == JETCAPTURE_OK);
  CHECK(content(place.root() + "/x") == "bytes");
  CHECK(::getxattr((place.root() + "/x").c_str(), "system.posix_acl_access", nullptr, 0) ==
        static_cast<ssize_t>(sizeof list));
}
