// A store from its real .so, objects for it, and what takes its answers.
#pragma once

#include "plugins/support/fake_host.hpp"
#include "plugins/support/stage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ctime>

#include <sys/wait.h>
#include <unistd.h>

namespace jetcapture::test {

using Given = std::vector<std::string>;

// An object of the given name and bytes, in memory or behind a descriptor.
struct TestObject {
  TestObject(std::string given_name, std::string given, int descriptor = -1)
      : name(std::move(given_name)), bytes(std::move(given)) {
    object.object.size = sizeof object.object;
    object.object.descriptor = descriptor;
    object.object.name = {name.data(), name.size()};
    object.object.bytes = bytes.size();
    object.object.content_type = "text/plain";
    object.object.content_encoding = "";
    object.object.deadline = INT64_MAX;
    object.object.read = &read;
    object.owner = this;
  }
  TestObject(const TestObject &) = delete;
  TestObject &operator=(const TestObject &) = delete;

  struct Interface {
    jetcapture_object object; // first: a pointer to it is a pointer to this
    TestObject *owner;
  } object{};
  std::string name;
  std::string bytes;
  std::size_t most_at_once = SIZE_MAX;
  std::function<std::int64_t(std::uint64_t offset)> before_read; // its answer, when not 0, is that of read()

  static std::int64_t read(const jetcapture_object *object, std::uint64_t offset, void *buffer, std::uint64_t count) {
    TestObject &self = *reinterpret_cast<const Interface *>(object)->owner;
    if (self.before_read)
      if (const std::int64_t answer = self.before_read(offset); answer != 0)
        return answer;
    if (offset >= self.bytes.size())
      return 0;
    const std::size_t size = std::min({static_cast<std::size_t>(count), self.bytes.size() - offset, self.most_at_once});
    std::memcpy(buffer, self.bytes.data() + offset, size);
    return static_cast<std::int64_t>(size);
  }
};

// Collects what get() and list() give; refuse_at: the call that it refuses, from 0.
struct TestVisitor {
  struct Interface {
    jetcapture_visitor visitor; // first: a pointer to it is a pointer to this
    TestVisitor *owner;
  } visitor{{sizeof(jetcapture_visitor), 0, &take_bytes, &take_name}, this};
  std::string bytes;
  std::vector<std::string> names;
  std::map<std::string, std::uint64_t> sizes;
  int refuse_at = -1;

  static TestVisitor &of(const jetcapture_visitor *visitor) {
    return *reinterpret_cast<const Interface *>(visitor)->owner;
  }
  static jetcapture_status take_bytes(const jetcapture_visitor *visitor, jetcapture_text text) {
    if (of(visitor).refuse_at-- == 0)
      return JETCAPTURE_BAD_DATA;
    of(visitor).bytes.append(text.data, text.size);
    return JETCAPTURE_OK;
  }
  static jetcapture_status take_name(const jetcapture_visitor *visitor, jetcapture_text text, std::uint64_t size) {
    if (of(visitor).refuse_at-- == 0)
      return JETCAPTURE_BAD_DATA;
    of(visitor).names.emplace_back(text.data, text.size);
    of(visitor).sizes[of(visitor).names.back()] = size;
    return JETCAPTURE_OK;
  }
};

class TestStore {
public:
  explicit TestStore(const std::string &root, Given given = {})
      : TestStore((given.push_back("root=" + root), std::move(given)), std::string("file")) {}
  TestStore(const Given &given, const std::string &name) : description(load_stage<jetcapture_store>("store", name)) {
    const StageSettings settings(*description.about, given);
    const jetcapture_create_args args = settings.args(host.get(), nullptr);
    created = description.create(&args, &self);
    CHECK((created == JETCAPTURE_OK) == (self != nullptr));
    if (created != JETCAPTURE_OK)
      CHECK_FALSE(host.sentence().empty());
  }
  ~TestStore() {
    if (self != nullptr)
      description.destroy(self);
  }
  TestStore(const TestStore &) = delete;
  TestStore &operator=(const TestStore &) = delete;

  jetcapture_status put(TestObject &object) {
    Location location{{sizeof(jetcapture_result), 0, &Location::set}, {}};
    const jetcapture_status status = description.put(self, &object.object.object, &location.result);
    const std::lock_guard lock(mutex_);
    if (status == JETCAPTURE_OK)
      last_location = location.text;
    return status;
  }
  jetcapture_status put(std::string_view name, std::string bytes) {
    TestObject object(std::string(name), std::move(bytes));
    return put(object);
  }
  jetcapture_status get(std::string_view name, std::uint64_t offset, std::uint64_t count, TestVisitor &visitor) const {
    return description.get(self, {name.data(), name.size()}, offset, count, &visitor.visitor.visitor);
  }
  jetcapture_status list(std::string_view prefix, std::string_view after, std::uint64_t limit,
                         TestVisitor &visitor) const {
    return description.list(self, {prefix.data(), prefix.size()}, {after.data(), after.size()}, limit,
                            &visitor.visitor.visitor);
  }

  FakeHost host;
  const jetcapture_store &description;
  void *self = nullptr;
  jetcapture_status created = JETCAPTURE_FATAL;
  std::string last_location; // of the latest put that worked

private:
  std::mutex mutex_;
  struct Location {
    jetcapture_result result; // first: a pointer to it is a pointer to this
    std::string text;
    static void set(jetcapture_result *result, jetcapture_text location) {
      reinterpret_cast<Location *>(result)->text.assign(location.data, location.size);
    }
  };
};

// Runs act in a child process; returns as waitpid() does. act's answer is the exit status.
inline int in_a_child(const std::function<int()> &act) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0)
    ::_exit(act());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

} // namespace jetcapture::test
