// A reader and the objects that it reads, driven as the host drives them.
#pragma once

#include "plugins/support/fake_host.hpp"
#include "plugins/support/stage.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::test {

struct ReadMessage {
  std::uint64_t sequence = 0;
  std::int64_t timestamp = 0;
  std::string subject;
  std::string header_block;
  std::string data;
  bool operator==(const ReadMessage &) const = default;
};

class TestReader {
public:
  explicit TestReader(const std::string &name) : description(load_stage<jetcapture_reader>("reader", name)) {
    const StageSettings settings(*description.about, {});
    const jetcapture_create_args args = settings.args(host.get(), nullptr);
    if (description.create(&args, &self_) != JETCAPTURE_OK)
      throw std::runtime_error(host.sentence());
  }
  ~TestReader() { description.destroy(self_); }
  TestReader(const TestReader &) = delete;
  TestReader &operator=(const TestReader &) = delete;

  // Reads all of the object into messages, and gives the status that it ended with.
  jetcapture_status read(std::string_view bytes, std::vector<ReadMessage> &messages) {
    const Input input = {{sizeof(jetcapture_input), 0, bytes.size(), &read_input}, bytes, fails};
    messages.clear();
    void *object = nullptr;
    jetcapture_status status = description.open(self_, &input.interface, &object);
    while (status == JETCAPTURE_OK) {
      jetcapture_whole_message message{};
      message.size = sizeof message;
      std::uint32_t there = 0;
      status = description.next(object, &message, &there);
      if (status != JETCAPTURE_OK || there == 0)
        break;
      messages.push_back({message.sequence, message.timestamp, std::string(message.subject.data, message.subject.size),
                          std::string(message.header_block.data, message.header_block.size),
                          std::string(message.data.data, message.data.size)});
    }
    if (object != nullptr)
      description.close(object);
    return status;
  }

  FakeHost host;
  const jetcapture_reader &description;
  bool fails = false; // the input can't be read

private:
  struct Input {
    jetcapture_input interface; // first: a pointer to it is a pointer to this
    std::string_view bytes;
    bool fails;
  };
  static std::int64_t read_input(const jetcapture_input *interface, std::uint64_t offset, void *buffer,
                                 std::uint64_t count) {
    const auto &input = *reinterpret_cast<const Input *>(interface);
    if (input.fails)
      return -1;
    if (offset >= input.bytes.size())
      return 0;
    return static_cast<std::int64_t>(input.bytes.substr(offset).copy(static_cast<char *>(buffer), count));
  }

  void *self_ = nullptr;
};

} // namespace jetcapture::test
