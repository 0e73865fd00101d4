// A writer and its blocks, driven as the host drives them.
#pragma once

#include "plugins/support/fake_host.hpp"
#include "plugins/support/stage.hpp"
#include "plugins/writers/support/block_bytes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace jetcapture::test {

using Given = std::vector<std::string>;

class TestWriter {
public:
  TestWriter(const std::string &name, const char *payload, const Given &given = {}, const FakeMemory *memory = nullptr)
      : host(memory), description(load_stage<jetcapture_writer>("writer", name)) {
    const StageSettings settings(*description.about, given);
    const jetcapture_create_args args = settings.args(host.get(), payload);
    status = description.create(&args, &self);
    CHECK((status == JETCAPTURE_OK) == (self != nullptr));
  }
  ~TestWriter() {
    if (self != nullptr)
      description.destroy(self);
  }
  TestWriter(const TestWriter &) = delete;
  TestWriter &operator=(const TestWriter &) = delete;

  FakeHost host;
  const jetcapture_writer &description;
  void *self = nullptr;
  jetcapture_status status = JETCAPTURE_FATAL; // of create()
};

class TestBlock {
public:
  explicit TestBlock(TestWriter &writer, Room room = Room::plenty) : writer_(writer), bytes(room) {
    REQUIRE(writer.self != nullptr);
    jetcapture_block_info info{};
    info.size = sizeof info;
    REQUIRE(writer.description.open(writer.self, &info, bytes.out(), &block_) == JETCAPTURE_OK);
  }
  ~TestBlock() { writer_.description.close(block_); }
  TestBlock(const TestBlock &) = delete;
  TestBlock &operator=(const TestBlock &) = delete;

  // One payload; a failure takes back what the call wrote.
  jetcapture_status write(const void *payload) {
    const std::size_t before = bytes.text().size();
    const jetcapture_status status = writer_.description.write(block_, payload);
    if (status != JETCAPTURE_OK)
      bytes.take_back_to(before);
    return status;
  }
  void mark() {
    marked_ = bytes.text().size();
    writer_.description.mark(block_);
  }
  void rollback() {
    writer_.description.rollback(block_);
    bytes.take_back_to(marked_);
  }
  void *get() const { return block_; }
  std::string finished() {
    CHECK(writer_.description.finish(block_) == JETCAPTURE_OK);
    return bytes.text();
  }

private:
  TestWriter &writer_;

public:
  BlockBytes bytes;

private:
  void *block_ = nullptr;
  std::size_t marked_ = 0;
};

} // namespace jetcapture::test
