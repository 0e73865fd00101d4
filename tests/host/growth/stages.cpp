#include "host/growth/stages.hpp"

#include "jetcapture/plugin.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace jetcapture::test {

std::atomic<bool> store_fails = false;

namespace {

class SimulatedDecoder {
public:
  static constexpr const char *version = "1";
  static constexpr const char *summary = "for tests";
  static constexpr const char *produces[] = {JETCAPTURE_PAYLOAD_MESSAGE};

  explicit SimulatedDecoder(const Options &) {}

  void decode(const jetcapture_message &message, const Sink &sink) const {
    std::string_view data(message.data.data, message.data.size);
    if (data.starts_with('!'))
      throw BadData("the data begins with an exclamation mark");
    data = data.substr(0, data.find(':'));
    while (!data.empty()) {
      const std::string_view key = data.substr(0, data.find(','));
      sink.emit(key, &message);
      data.remove_prefix(std::min(data.size(), key.size() + 1));
    }
  }
};

class SimulatedWriter {
public:
  static constexpr const char *version = "1";
  static constexpr const char *summary = "for tests";
  static constexpr const char *accepts[] = {JETCAPTURE_PAYLOAD_MESSAGE};
  static constexpr const char *suffix = ".txt";
  static constexpr const char *content_type = "text/plain";

  explicit SimulatedWriter(const Options &) {}

  class Block {
  public:
    Block(SimulatedWriter &, const jetcapture_block_info &, Out out) : out_(out) {}
    void write(const void *payload) {
      const auto *message = static_cast<const jetcapture_message *>(payload);
      out_.put({message->data.data, message->data.size});
      out_.put('\n');
    }
    void finish() {}

  private:
    Out out_;
  };
};

// Reads what it is given, and keeps nothing.
class SimulatedStore {
public:
  static constexpr const char *version = "1";
  static constexpr const char *summary = "for tests";

  explicit SimulatedStore(const Options &) {}

  void put(const Object &object, jetcapture_result &) const {
    char bytes[4096];
    std::uint64_t offset = 0;
    while (const std::size_t got = object.read(offset, bytes, sizeof bytes))
      offset += got;
    if (store_fails || offset != object.bytes())
      throw Retry("the store is down");
  }
};

} // namespace

} // namespace jetcapture::test

using jetcapture::test::SimulatedDecoder;
using jetcapture::test::SimulatedStore;
using jetcapture::test::SimulatedWriter;

JETCAPTURE_CPP_DECODER(simulated, SimulatedDecoder);
JETCAPTURE_CPP_WRITER(simulated, SimulatedWriter);
JETCAPTURE_CPP_STORE(simulated, SimulatedStore);
