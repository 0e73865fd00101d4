// What a put does when something fails: a sentence, a fitting status, nothing half under a name, nothing left over.
#include "plugins/stores/support/folder.hpp"
#include "plugins/stores/support/store.hpp"

#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace jetcapture::test;

namespace {

constexpr int could_not_mount = 77;

// Runs act in a child with mounts of its own, which go with it; folder gets a tmpfs with these options.
int with_tmpfs(const std::string &folder, const char *options, const std::function<int()> &act) {
  const int status = in_a_child([&] {
    const bool alone = ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    if (!alone || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options) != 0)
      return could_not_mount;
    return act();
  });
  REQUIRE(WIFEXITED(status));
  const int answer = WEXITSTATUS(status);
  if (answer == could_not_mount)
    MESSAGE("NOT TESTED: this machine does not let the test mount a tmpfs");
  return answer == could_not_mount ? 0 : answer;
}

bool says(const TestStore &store, const std::string &words) {
  return store.host.sentence().find(words) != std::string::npos;
}

} // namespace

TEST_CASE("a root under a regular file, or that is one, is refused with a sentence") {
  const Folder folder;
  std::ofstream(folder.path + "/file") << "x";
  CHECK(TestStore(folder.path + "/file").created == JETCAPTURE_CONFIGURATION);
  TestStore below(folder.path + "/file/root");
  CHECK(below.created == JETCAPTURE_CONFIGURATION);
  CHECK(says(below, folder.path));
}

TEST_CASE("a root that can't be made is refused") {
  CHECK(TestStore("/proc/jetcapture/root").created == JETCAPTURE_CONFIGURATION);
}

TEST_CASE("a read-only root is refused with a sentence") {
  const Folder folder;
  CHECK(with_tmpfs(folder.path, "size=1m", [&] {
          if (::mount("none", folder.path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
            return could_not_mount;
          const TestStore store(folder.path);
          return store.created == JETCAPTURE_CONFIGURATION && says(store, "Read-only file system") ? 0 : 1;
        }) == 0);
}

TEST_CASE("a root that is moved away while running is missed, and one that comes in its place takes the files") {
  const Folder folder;
  const std::string root = folder.path + "/backup";
  TestStore store(root);
  TestObject before("a/b/before", "1"), meanwhile("a/b/meanwhile", "22"), after("a/b/after", "333");
  REQUIRE(store.put(before) == JETCAPTURE_OK);

  fs::rename(root, folder.path + "/old");
  CHECK(store.put(meanwhile) == JETCAPTURE_RETRY);
  CHECK(says(store, "the root " + root + " is not there any more"));
  CHECK_FALSE(fs::exists(root));
  CHECK(files_below(folder.path + "/old") == std::vector<std::string>{"a/b/before"});

  fs::create_directory(root);
  CHECK(store.put(meanwhile) == JETCAPTURE_OK);
  CHECK(content(root + "/a/b/meanwhile") == "22");

  fs::remove_all(root);
  CHECK(store.put(after) == JETCAPTURE_RETRY);
  fs::create_directory(root);
  CHECK(store.put(after) == JETCAPTURE_OK);
  CHECK(files_below(root) == std::vector<std::string>{"a/b/after"});
}

TEST_CASE("a root that becomes read-only later asks someone to act") {
  const Folder folder;
  CHECK(with_tmpfs(folder.path, "size=1m", [&] {
          TestStore store(folder.path);
          if (::mount("none", folder.path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
            return could_not_mount;
          return store.put("a/x", "x") == JETCAPTURE_CONFIGURATION && says(store, "Read-only") ? 0 : 1;
        }) == 0);
}

TEST_CASE("a full disk is tried again, leaves nothing, and the put works once there is room") {
  const Folder folder;
  CHECK(with_tmpfs(folder.path, "size=1m", [&] {
          TestStore store(folder.path);
          if (store.put("a/old", "old") != JETCAPTURE_OK)
            return 1;
          if (store.put("a/old", std::string(3 << 20, 'x')) != JETCAPTURE_RETRY || !says(store, "No space left") ||
              !says(store, "/a/old"))
            return 2;
          if (files_below(folder.path) != std::vector<std::string>{"a/old"} || content(folder.path + "/a/old") != "old")
            return 3;
          return store.put("a/old", std::string(500'000, 'x')) == JETCAPTURE_OK ? 0 : 4;
        }) == 0);
}

TEST_CASE("a full disk is noticed too when the kernel copies") {
  const Folder folder, source;
  CHECK(with_tmpfs(folder.path, "size=1m", [&] {
          const std::string bytes(3 << 20, 'x');
          fs::create_directory(folder.path + "/inner");
          std::ofstream(source.path + "/s", std::ios::binary) << bytes;
          TestStore store(folder.path);
          TestObject object("x", bytes, ::open((source.path + "/s").c_str(), O_RDONLY));
          return store.put(object) == JETCAPTURE_RETRY && says(store, "No space left") &&
                         files_below(folder.path).empty()
                     ? 0
                     : 1;
        }) == 0);
}

TEST_CASE("a limit on the size of files asks someone to act, and leaves nothing") {
  const Folder folder;
  const int status = in_a_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {100'000, 100'000};
    TestStore store(folder.path);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return store.put("a/x", std::string(200'000, 'x')) == JETCAPTURE_CONFIGURATION && says(store, "File too large") ? 0
                                                                                                                    : 1;
  });
  CHECK(status == 0);
  CHECK(files_below(folder.path).empty());
}

TEST_CASE("too few descriptors are tried again") {
  const Folder folder;
  CHECK(in_a_child([&] {
          TestStore store(folder.path);
          // Two are left: enough for a sanitizer that looks at the exception, too few for a put.
          const int next = ::dup(0);
          ::close(next);
          const rlimit limit = {static_cast<rlim_t>(next) + 2, static_cast<rlim_t>(next) + 2};
          ::setrlimit(RLIMIT_NOFILE, &limit);
          return store.put("a/b/c/x", "x") == JETCAPTURE_RETRY && says(store, "Too many open files") ? 0 : 1;
        }) == 0);
}

TEST_CASE("no descriptor is lost, whether puts work or fail") {
  const Folder folder;
  TestStore store(folder.path);
  const auto open_descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  fs::create_directories(folder.path + "/taken");
  const auto before = open_descriptors();
  for (int i = 0; i < 50; i++) {
    CHECK(store.put("a/b/x", "x") == JETCAPTURE_OK);
    CHECK(store.put("taken", "x") == JETCAPTURE_CONFIGURATION);
    TestObject unreadable("a/u", "x");
    unreadable.before_read = [](std::uint64_t) { return -1; };
    CHECK(store.put(unreadable) == JETCAPTURE_RETRY);
    TestVisitor visitor;
    CHECK(store.list("", "", 0, visitor) == JETCAPTURE_OK);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a block with fewer or more bytes than announced is damaged, and nothing appears") {
  const Folder folder;
  TestStore store(folder.path);
  for (const std::uint64_t announced : {2, 4, 300'000}) {
    TestObject object("x", "abc");
    object.object.object.bytes = announced;
    CHECK(store.put(object) == JETCAPTURE_BAD_DATA);
    CHECK(says(store, std::to_string(announced)));
  }
  CHECK(files_below(folder.path).empty());
}

TEST_CASE("a descriptor with fewer bytes than announced is damaged, and nothing appears") {
  const Folder folder, source;
  std::ofstream(source.path + "/s") << "abc";
  TestStore store(folder.path);
  TestObject object("x", "abc", ::open((source.path + "/s").c_str(), O_RDONLY | O_CLOEXEC));
  object.object.object.bytes = 10;
  CHECK(store.put(object) == JETCAPTURE_BAD_DATA);
  ::close(object.object.object.descriptor);
  CHECK(files_below(folder.path).empty());
}

TEST_CASE("a deadline that passes, or a host that wants to end, stops a put between pieces") {
  const Folder folder;
  TestStore store(folder.path);
  TestObject late("x", std::string(1 << 20, 'x'));
  late.object.object.deadline = 1;
  CHECK(store.put(late) == JETCAPTURE_RETRY);
  CHECK(says(store, "deadline"));
  TestObject cancelled("x", std::string(1 << 20, 'x'));
  cancelled.before_read = [&](std::uint64_t offset) {
    store.host.wants_to_end = offset > 0;
    return 0;
  };
  CHECK(store.put(cancelled) == JETCAPTURE_RETRY);
  CHECK(says(store, "wants to end"));
  CHECK(files_below(folder.path).empty());
}

TEST_CASE("a folder where the file should be, or a file where a folder should be, asks someone to act") {
  const Folder folder;
  TestStore store(folder.path);
  REQUIRE(store.put("a/b/x", "x") == JETCAPTURE_OK);
  CHECK(store.put("a/b", "x") == JETCAPTURE_CONFIGURATION);
  CHECK(says(store, folder.path + "/a/b"));
  CHECK(store.put("a/b/x/y", "x") == JETCAPTURE_CONFIGURATION);
  CHECK(says(store, "is a file"));
  CHECK(files_below(folder.path) == std::vector<std::string>{"a/b/x"});
}

TEST_CASE("a symbolic link in the path is never followed, not even to a folder inside") {
  const Folder folder, outside;
  TestStore store(folder.path);
  fs::create_directory(folder.path + "/inside");
  fs::create_symlink(outside.path, folder.path + "/out");
  fs::create_symlink("inside", folder.path + "/in");
  fs::create_symlink("../..", folder.path + "/inside/up");
  for (const char *const name : {"out/x", "in/x", "inside/up/x", "out/deep/er/x"}) {
    CHECK(store.put(name, "x") == JETCAPTURE_CONFIGURATION);
    CHECK(says(store, "symbolic link"));
  }
  CHECK(files_below(outside.path).empty());
}

TEST_CASE("a symbolic link under the final name is replaced, and what it leads to is untouched") {
  const Folder folder, outside;
  std::ofstream(outside.path + "/target") << "keep";
  TestStore store(folder.path);
  fs::create_symlink(outside.path + "/target", folder.path + "/x");
  CHECK(store.put("x", "new") == JETCAPTURE_OK);
  CHECK(content(outside.path + "/target") == "keep");
  CHECK_FALSE(fs::is_symlink(folder.path + "/x"));
  CHECK(content(folder.path + "/x") == "new");
}

TEST_CASE("a folder for unfinished files that is a link is refused") {
  const Folder folder, outside;
  fs::create_symlink(outside.path, folder.path + "/.jetcapture-unfinished");
  CHECK(TestStore(folder.path).created != JETCAPTURE_OK);
  CHECK(files_below(outside.path).empty());
}

TEST_CASE("a put killed in the middle leaves the old object, and its leftover goes at the next start") {
  const Folder folder;
  {
    TestStore store(folder.path);
    REQUIRE(store.put("a/x", "old") == JETCAPTURE_OK);
  }
  const int status = in_a_child([&] {
    TestStore store(folder.path);
    TestObject object("a/x", std::string(1 << 20, 'n'));
    object.before_read = [](std::uint64_t offset) {
      if (offset > 500'000)
        ::kill(::getpid(), SIGKILL);
      return 0;
    };
    store.put(object);
    return 0;
  });
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  CHECK(content(folder.path + "/a/x") == "old");
  CHECK(files_below(folder.path).size() == 2);
  TestStore store(folder.path);
  CHECK(files_below(folder.path) == std::vector<std::string>{"a/x"});
  REQUIRE(store.host.logged().size() == 1);
  CHECK(store.host.logged()[0].find("1 unfinished") != std::string::npos);
}

TEST_CASE("a new store leaves the unfinished files of a living one alone") {
  const Folder folder;
  TestStore store(folder.path);
  TestObject object("x", std::string(1 << 20, 'x'));
  object.before_read = [&](std::uint64_t offset) {
    if (offset > 0)
      CHECK(TestStore(folder.path).created == JETCAPTURE_OK);
    return 0;
  };
  CHECK(store.put(object) == JETCAPTURE_OK);
  CHECK(content(folder.path + "/x").size() == 1 << 20);
}

TEST_CASE("an unfinished file that somebody takes away is a retry, not a wrong object") {
  const Folder folder;
  TestStore store(folder.path);
  TestObject object("x", std::string(1 << 20, 'x'));
  object.before_read = [&](std::uint64_t) {
    for (const auto &entry : fs::directory_iterator(folder.path + "/.jetcapture-unfinished"))
      fs::remove(entry.path());
    return 0;
  };
  CHECK(store.put(object) == JETCAPTURE_RETRY);
  CHECK(files_below(folder.path).empty());
}

TEST_CASE("a folder on another file system than the root is refused with a sentence") {
  const Folder folder;
  const std::string other = folder.path + "/other";
  fs::create_directory(other);
  CHECK(with_tmpfs(other, "size=1m", [&] {
          TestStore store(folder.path);
          return store.put("other/x", "x") == JETCAPTURE_CONFIGURATION && says(store, "another file system") &&
                         fs::is_empty(other)
                     ? 0
                     : 1;
        }) == 0);
}
