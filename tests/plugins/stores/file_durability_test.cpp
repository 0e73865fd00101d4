// That what is stored is on the disk before it is said to be: the calls of file.so, seen on their way to the kernel.
#include "plugins/stores/support/folder.hpp"
#include "plugins/stores/support/store.hpp"

#include <mutex>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace jetcapture::test;

namespace {

std::mutex calls_mutex;
std::vector<std::string> calls;

std::string path_of(int descriptor) {
  char target[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
  return size < 0 ? "?" : std::string(target, static_cast<std::size_t>(size));
}

// A file's own, whatever name it has.
std::string number_of(int descriptor) {
  struct stat found {};
  return ::fstat(descriptor, &found) == 0 ? "file " + std::to_string(found.st_ino) : "?";
}

void note(const std::string &call) {
  const std::lock_guard lock(calls_mutex);
  calls.push_back(call);
}

} // namespace

// The linker lets the program's own functions go before those of the C library, for file.so too.
extern "C" {
__attribute__((visibility("default"))) int fsync(int descriptor) {
  note("sync " + path_of(descriptor));
  note("sync " + number_of(descriptor));
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}
__attribute__((visibility("default"))) int renameat(int from, const char *old_name, int to, const char *name) noexcept {
  note("rename " + path_of(from) + "/" + old_name + " to " + path_of(to) + "/" + name);
  return static_cast<int>(::syscall(SYS_renameat2, from, old_name, to, name, 0));
}
__attribute__((visibility("default"))) int linkat(int from, const char *old_name, int to, const char *name,
                                                  int flags) noexcept {
  note(std::string("link ") + old_name + " to " + path_of(to) + "/" + name);
  return static_cast<int>(::syscall(SYS_linkat, from, old_name, to, name, flags));
}
}

TEST_CASE("the bytes are synced before the file gets its name, and its folder and every new one after that") {
  const Folder folder;
  TestStore store(folder.path);
  REQUIRE(store.created == JETCAPTURE_OK);
  {
    const std::lock_guard lock(calls_mutex);
    calls.clear();
  }
  REQUIRE(store.put("eu/2024/x.csv", "a,b\n") == JETCAPTURE_OK);
  const std::string root = fs::canonical(folder.path).string();
  const auto position = [&](const std::string &call) {
    return std::find(calls.begin(), calls.end(), call) - calls.begin();
  };
  const auto end = static_cast<std::ptrdiff_t>(calls.size());
  const auto rename = std::find_if(calls.begin(), calls.end(), [&](const std::string &call) {
    return call.starts_with("rename ") && call.ends_with(" to " + root + "/eu/2024/x.csv");
  });
  REQUIRE(rename != calls.end());
  const std::string unfinished = rename->substr(7, rename->find(" to ") - 7);
  CHECK(position("sync " + unfinished) < rename - calls.begin());
  const auto last_of = [&](const std::string &call) {
    return end - 1 - (std::find(calls.rbegin(), calls.rend(), call) - calls.rbegin());
  };
  CHECK(last_of("sync " + root + "/eu/2024") > rename - calls.begin());
  // The entries of new folders are in the folders above them.
  CHECK(position("sync " + root + "/eu") < end);
  CHECK(position("sync " + root) < end);
}

TEST_CASE("a file that is taken as the object is synced after it has a name and before it has the object's") {
  const Folder folder;
  TestStore store(folder.path + "/root");
  REQUIRE(store.created == JETCAPTURE_OK);
  const int descriptor = ::open(folder.path.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE(::pwrite(descriptor, "bytes", 5, 0) == 5);
  TestObject object("x", "bytes", descriptor);
  {
    const std::lock_guard lock(calls_mutex);
    calls.clear();
  }
  REQUIRE(store.put(object) == JETCAPTURE_OK);
  const std::string root = fs::canonical(folder.path + "/root").string();
  const auto find = [&](const std::string &begin, const std::string &end) {
    return std::find_if(calls.begin(), calls.end(),
                        [&](const std::string &call) { return call.starts_with(begin) && call.ends_with(end); });
  };
  const auto link = find("link ", "");
  const auto sync = find("sync " + number_of(descriptor), "");
  const auto rename = find("rename ", " to " + root + "/x");
  REQUIRE(rename != calls.end());
  CHECK(link < sync);
  CHECK(sync < rename);
  CHECK(std::find(rename, calls.end(), "sync " + root) != calls.end());
  ::close(descriptor);
}

TEST_CASE("new folders are synced once, and again where they were recreated or are below another root") {
  const Folder folder;
  const std::string root = folder.path + "/root";
  TestStore store(root);
  REQUIRE(store.created == JETCAPTURE_OK);
  const std::string real_root = fs::canonical(root).string();
  // How often the folders with the entries of eu and eu/2024 are synced by a put.
  const auto synced = [&](const std::string &name) {
    {
      const std::lock_guard lock(calls_mutex);
      calls.clear();
    }
    REQUIRE(store.put(name, "a,b\n") == JETCAPTURE_OK);
    return std::count(calls.begin(), calls.end(), "sync " + real_root) +
           std::count(calls.begin(), calls.end(), "sync " + real_root + "/eu");
  };
  CHECK(synced("eu/2024/a.csv") == 2);
  CHECK(synced("eu/2024/b.csv") == 0);
  fs::remove_all(root + "/eu");
  CHECK(synced("eu/2024/c.csv") == 2);
  CHECK(synced("eu/2024/d.csv") == 0);
  fs::rename(root, folder.path + "/away");
  fs::create_directories(root + "/eu/2024");
  CHECK(synced("eu/2024/e.csv") == 2);
  CHECK(synced("eu/2024/f.csv") == 0);
}
