// What a put leaves behind when all goes well, and which names it takes.
#include "plugins/stores/support/folder.hpp"
#include "plugins/stores/support/store.hpp"

#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

using namespace jetcapture::test;

namespace {

unsigned mode_of(const fs::path &path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

} // namespace

TEST_CASE("an object is a file under its name, and nothing else is left") {
  const Folder folder;
  TestStore store(folder.path);
  REQUIRE(store.created == JETCAPTURE_OK);
  CHECK(store.put("eu/2024/x.csv", "a,b\n") == JETCAPTURE_OK);
  CHECK(content(folder.path + "/eu/2024/x.csv") == "a,b\n");
  CHECK(files_below(folder.path) == std::vector<std::string>{"eu/2024/x.csv"});
  CHECK(store.last_location == folder.path + "/eu/2024/x.csv");
}

TEST_CASE("an object of any size arrives whole, from memory in short reads and from a descriptor") {
  const Folder folder, source;
  TestStore store(folder.path);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{256 << 10}, std::size_t{(5 << 20) + 3}}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; i++)
      bytes[i] = static_cast<char>(i * 31 >> 3);
    TestObject in_memory("m", bytes);
    in_memory.most_at_once = 100'000;
    CHECK(store.put(in_memory) == JETCAPTURE_OK);
    CHECK((content(folder.path + "/m") == bytes));

    std::ofstream(source.path + "/s", std::ios::binary) << bytes;
    const int descriptor = ::open((source.path + "/s").c_str(), O_RDONLY | O_CLOEXEC);
    TestObject in_a_file("f", bytes, descriptor);
    CHECK(store.put(in_a_file) == JETCAPTURE_OK);
    CHECK((content(folder.path + "/f") == bytes));
    CHECK(::lseek(descriptor, 0, SEEK_CUR) == 0);
    ::close(descriptor);
  }
}

TEST_CASE("a descriptor that the kernel can't copy from is read instead") {
  const Folder folder;
  TestStore store(folder.path);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  TestObject object("x", "bytes", ends[0]);
  CHECK(store.put(object) == JETCAPTURE_OK);
  CHECK(content(folder.path + "/x") == "bytes");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("an object put again replaces the one of that name, and the reader of the old one keeps it") {
  const Folder folder;
  TestStore store(folder.path);
  REQUIRE(store.put("a/x", "old") == JETCAPTURE_OK);
  std::ifstream reader(folder.path + "/a/x");
  CHECK(store.put("a/x", "new and longer") == JETCAPTURE_OK);
  CHECK(store.put("a/x", "new") == JETCAPTURE_OK);
  CHECK(content(folder.path + "/a/x") == "new");
  CHECK(std::string(std::istreambuf_iterator<char>(reader), {}) == "old");
  CHECK(files_below(folder.path).size() == 1);
}

TEST_CASE("many threads put the same name and their own, and each file is one of the wholes") {
  const Folder folder;
  TestStore store(folder.path);
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; i++)
      threads.emplace_back([&, i] {
        for (int repeat = 0; repeat < 25; repeat++) {
          TestObject same("deep/er/same", std::string(300'000, static_cast<char>('a' + i)));
          same.most_at_once = 50'000;
          const std::string name = "deep/er/own" + std::to_string(i) + "/x" + std::to_string(repeat);
          TestObject own(name, name);
          failures += store.put(same) == JETCAPTURE_OK ? 0 : 1;
          failures += store.put(own) == JETCAPTURE_OK ? 0 : 1;
        }
      });
  }
  CHECK(failures == 0);
  const std::string same = content(folder.path + "/deep/er/same");
  CHECK(same.size() == 300'000);
  CHECK(same.find_first_not_of(same.front()) == std::string::npos);
  CHECK(files_below(folder.path).size() == 101);
}

TEST_CASE("awkward names are kept as they are, up to the longest that a file system takes") {
  const Folder folder;
  TestStore store(folder.path);
  const std::vector<std::string> names = {"100%25/%empty/x%2F",
                                          "ключ/日本語/😀.csv",
                                          " leading and trailing ",
                                          "a\nb",
                                          "-rf",
                                          "...",
                                          "~",
                                          "a\\b",
                                          "\xFF\xFE",
                                          ".hidden/.x",
                                          std::string(255, 'n'),
                                          std::string(255, 'f') + "/" + std::string(255, 'n')};
  for (const std::string &name : names) {
    CAPTURE(name);
    CHECK_MESSAGE(store.put(name, name) == JETCAPTURE_OK, store.host.sentence());
    CHECK(content(folder.path + "/" + name) == name);
  }
  CHECK(files_below(folder.path).size() == names.size());
}

TEST_CASE("names that could lead out of the root, or are none, are refused in every call") {
  const Folder folder;
  const std::string root = folder.path + "/root";
  TestStore store(root);
  for (const std::string &name :
       std::vector<std::string>{"", "/", "/etc/x", "../x", "a/../../x", "a/..", ".", "a/./b", "a//b", "a/",
                                std::string("a\0b", 3), std::string(256, 'n'), ".jetcapture-unfinished/x"}) {
    CAPTURE(name);
    CHECK(store.put(name, "x") == JETCAPTURE_CONFIGURATION);
    CHECK(store.host.sentence().find("refused") != std::string::npos);
    jetcapture_object_status status{};
    status.size = sizeof status;
    TestVisitor visitor;
    const jetcapture_text text = {name.data(), name.size()};
    CHECK(store.description.stat(store.self, text, &status) == JETCAPTURE_CONFIGURATION);
    CHECK(store.get(name, 0, UINT64_MAX, visitor) == JETCAPTURE_CONFIGURATION);
    CHECK(store.description.remove(store.self, text) == JETCAPTURE_CONFIGURATION);
  }
  CHECK(files_below(folder.path).empty());
}

TEST_CASE("rights are as the options say, against the umask, and else as the umask leaves them") {
  const Folder folder;
  const mode_t before = ::umask(0077);
  {
    TestStore plain(folder.path + "/plain"), exact(folder.path + "/exact", {"mode=0644", "dir-mode=0755"});
    CHECK(plain.put("a/x", "x") == JETCAPTURE_OK);
    CHECK(exact.put("a/x", "x") == JETCAPTURE_OK);
  }
  ::umask(before);
  CHECK(mode_of(folder.path + "/plain/a") == 0700);
  CHECK(mode_of(folder.path + "/plain/a/x") == 0600);
  CHECK(mode_of(folder.path + "/exact") == 0755);
  CHECK(mode_of(folder.path + "/exact/a") == 0755);
  CHECK(mode_of(folder.path + "/exact/a/x") == 0644);
  // Where files are made, too: others with the same permissions write there.
  CHECK(mode_of(folder.path + "/plain/.jetcapture-unfinished") == 0700);
  CHECK(mode_of(folder.path + "/exact/.jetcapture-unfinished") == 0755);
}

TEST_CASE("a folder keeps the set-group bit that it has from the one above") {
  const Folder folder;
  REQUIRE(::chmod(folder.path.c_str(), 02775) == 0);
  TestStore store(folder.path, {"dir-mode=0750"});
  REQUIRE(store.put("a/x", "x") == JETCAPTURE_OK);
  CHECK(mode_of(folder.path + "/a") == 02750);
}

TEST_CASE("a missing root is made with those above it, unless that is not wanted") {
  const Folder folder;
  TestStore unwanted(folder.path + "/not/there", {"create-root=false"});
  CHECK(unwanted.created == JETCAPTURE_CONFIGURATION);
  CHECK(unwanted.host.sentence().find("create-root") != std::string::npos);
  CHECK_FALSE(fs::exists(folder.path + "/not"));
  TestStore store(folder.path + "/now/there/");
  REQUIRE(store.created == JETCAPTURE_OK);
  CHECK(store.put("x", "x") == JETCAPTURE_OK);
  CHECK(store.last_location == folder.path + "/now/there/x");
}

TEST_CASE("the location is absolute where the root is not, and stays when the working folder changes") {
  const Folder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path);
  TestStore store("backup");
  fs::current_path("/");
  CHECK(store.put("x", "x") == JETCAPTURE_OK);
  fs::current_path(before);
  CHECK(store.last_location == folder.path + "/backup/x");
  CHECK(content(folder.path + "/backup/x") == "x");
}

TEST_CASE("modes that are no octal numbers are refused") {
  const Folder folder;
  for (const char *const wrong : {"mode=rw", "mode=0999", "dir-mode=17777", "mode="})
    CHECK(TestStore(folder.path, {wrong}).created == JETCAPTURE_CONFIGURATION);
}
