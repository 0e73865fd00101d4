// Puts of the store "file" that create only: one writer of a name wins, and nothing that is there changes.
#include "plugins/stores/support/folder.hpp"
#include "plugins/stores/support/store.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <thread>
#include <utility>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

using namespace jetcapture::test;

namespace {

struct Created : TestObject {
  Created(std::string given_name, std::string given) : TestObject(std::move(given_name), std::move(given)) {
    object.object.flags = JETCAPTURE_CREATE_ONLY;
  }
};

jetcapture_status create(TestStore &store, std::string_view name, std::string bytes) {
  Created object(std::string(name), std::move(bytes));
  return store.put(object);
}

// The calling process gets that error from these system calls from now on, as on a file system that lacks them.
bool refuse_calls(unsigned first, unsigned second, unsigned error) {
  const auto answer = static_cast<unsigned>(SECCOMP_RET_ERRNO) | error;
  std::array<sock_filter, 5> program = {
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 1, 0),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, second, 0, 1), BPF_STMT(BPF_RET | BPF_K, answer),
       BPF_STMT(BPF_RET | BPF_K, static_cast<unsigned>(SECCOMP_RET_ALLOW))}};
  sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

} // namespace

TEST_CASE("a put that creates only stores a new name, and leaves what is there as it is") {
  const Folder folder;
  TestStore store(folder.path);
  CHECK((store.description.flags & JETCAPTURE_STORE_CREATES) != 0);
  REQUIRE_MESSAGE(create(store, "a/b/x", "first") == JETCAPTURE_OK, store.host.sentence());
  CHECK(store.last_location == folder.path + "/a/b/x");
  CHECK(create(store, "a/b/x", "second") == JETCAPTURE_EXISTS);
  CHECK(store.host.sentence() == "there is already a file " + folder.path + "/a/b/x, which is not replaced");
  CHECK(content(folder.path + "/a/b/x") == "first");
  CHECK(store.put("a/b/x", "third") == JETCAPTURE_OK);
  CHECK(content(folder.path + "/a/b/x") == "third");
  CHECK(files_below(folder.path) == std::vector<std::string>{"a/b/x"});
}

TEST_CASE("a folder where a new object should be is no object, and asks someone to act") {
  const Folder folder;
  TestStore store(folder.path);
  fs::create_directories(folder.path + "/a/x");
  CHECK(create(store, "a/x", "x") == JETCAPTURE_CONFIGURATION);
  CHECK(store.host.sentence().find("is no file") != std::string::npos);
}

TEST_CASE("of many threads that create one name, one stores it and all others are told that it exists") {
  const Folder folder;
  TestStore one(folder.path), other(folder.path);
  for (int round = 0; round < 50; round++) {
    const std::string name = "race/" + std::to_string(round);
    std::array<jetcapture_status, 8> answers{};
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < answers.size(); i++)
        threads.emplace_back(
            [&, i] { answers[i] = create(i % 2 == 0 ? one : other, name, "by " + std::to_string(i)); });
    }
    CHECK(std::count(answers.begin(), answers.end(), JETCAPTURE_OK) == 1);
    CHECK(std::count(answers.begin(), answers.end(), JETCAPTURE_EXISTS) == answers.size() - 1);
    const auto winner = std::find(answers.begin(), answers.end(), JETCAPTURE_OK) - answers.begin();
    CHECK(content(folder.path + "/" + name) == "by " + std::to_string(winner));
  }
}

TEST_CASE("of several processes that create the same names, one stores each") {
  const Folder folder;
  constexpr int names = 40, processes = 4;
  std::vector<pid_t> children;
  for (int process = 0; process < processes; process++) {
    children.push_back(::fork());
    REQUIRE(children.back() >= 0);
    if (children.back() == 0) {
      int stored = 0;
      TestStore store(folder.path);
      for (int i = 0; i < names; i++) {
        const jetcapture_status status = create(store, std::to_string(i), std::to_string(process));
        if (status != JETCAPTURE_OK && status != JETCAPTURE_EXISTS)
          ::_exit(255);
        stored += status == JETCAPTURE_OK ? 1 : 0;
      }
      ::_exit(stored);
    }
  }
  int stored = 0;
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    stored += WEXITSTATUS(status);
  }
  CHECK(stored == names);
  CHECK(files_below(folder.path).size() == names);
}

TEST_CASE("a link whose answer was lost, as NFS may lose it, is known as this put's own") {
  const Folder folder;
  TestStore store(folder.path);
  Created object("x", "mine");
  object.before_read = [&](std::uint64_t) {
    for (const auto &entry : fs::directory_iterator(folder.path + "/.jetcapture-unfinished"))
      if (!fs::exists(folder.path + "/x"))
        fs::create_hard_link(entry.path(), folder.path + "/x");
    return 0;
  };
  CHECK(store.put(object) == JETCAPTURE_OK);
  CHECK(content(folder.path + "/x") == "mine");
  CHECK(fs::is_empty(folder.path + "/.jetcapture-unfinished"));
}

TEST_CASE(
    "where the file system has no links, a rename that replaces nothing creates, and without that it is refused") {
  const Folder folder;
  const auto creates = [&](TestStore &store) {
    return create(store, "a/x", "first") == JETCAPTURE_OK && create(store, "a/x", "second") == JETCAPTURE_EXISTS &&
           content(folder.path + "/a/x") == "first" && fs::is_empty(folder.path + "/.jetcapture-unfinished");
  };
  CHECK(in_a_child([&] {
          TestStore store(folder.path);
          return refuse_calls(SYS_linkat, SYS_linkat, EPERM) && creates(store) ? 0 : 1;
        }) == 0);
  CHECK(in_a_child([&] {
          TestStore store(folder.path);
          return refuse_calls(SYS_linkat, SYS_renameat2, EOPNOTSUPP) &&
                         create(store, "a/y", "x") == JETCAPTURE_CONFIGURATION &&
                         store.host.sentence().find("neither link files nor rename") != std::string::npos
                     ? 0
                     : 1;
        }) == 0);
}

TEST_CASE("a put that creates only is all there after a kill at any moment, or not at all, and can be put then") {
  const Folder folder;
  const int status = in_a_child([&] {
    TestStore store(folder.path);
    Created object("x", std::string(1 << 20, 'x'));
    object.before_read = [](std::uint64_t offset) {
      if (offset > 0)
        ::raise(SIGKILL);
      return 0;
    };
    store.put(object);
    return 0;
  });
  CHECK(WIFSIGNALED(status));
  CHECK_FALSE(fs::exists(folder.path + "/x"));
  TestStore store(folder.path);
  CHECK(create(store, "x", "x") == JETCAPTURE_OK);
  CHECK(files_below(folder.path) == std::vector<std::string>{"x"});
}
