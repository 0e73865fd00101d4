// Whole messages as frames of bytes, and back.
#include <jetcapture/plugin.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace {

// What stands before the bytes of each message, in the byte order of the machine.
struct Frame {
  std::uint64_t sequence;
  std::int64_t timestamp;
  std::uint32_t subject; // sizes
  std::uint32_t header_block;
  std::uint64_t data;
};

// The block as on the wire: what the headers stand for, unless they do not tell it.
std::string header_block_of(const jetcapture_message &message) {
  if (message.header_block.size != 0 || message.header_count == 0)
    return std::string(jetcapture::view(message.header_block));
  std::string block = "NATS/1.0\r\n";
  for (std::uint32_t i = 0; i < message.header_count; i++)
    block.append(jetcapture::view(message.headers[i].name))
        .append(": ")
        .append(jetcapture::view(message.headers[i].value))
        .append("\r\n");
  return block + "\r\n";
}

class FramesWriter {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "whole messages as frames of bytes";
  static constexpr const char *accepts[] = {JETCAPTURE_PAYLOAD_MESSAGE};
  static constexpr const char *suffix = ".frames";
  static constexpr const char *content_type = "application/octet-stream";

  explicit FramesWriter(const jetcapture::Options &) {}

  class Block {
  public:
    Block(FramesWriter &, const jetcapture_block_info &, jetcapture::Out out) : out_(out) {}

    void write(const void *payload) {
      const auto &message = *static_cast<const jetcapture_message *>(payload);
      const std::string headers = header_block_of(message);
      const Frame frame = {message.stream_sequence, message.timestamp, static_cast<std::uint32_t>(message.subject.size),
                           static_cast<std::uint32_t>(headers.size()), message.data.size};
      std::array<char, sizeof frame> bytes;
      std::memcpy(bytes.data(), &frame, sizeof frame);
      out_.put({bytes.data(), bytes.size()});
      out_.put(jetcapture::view(message.subject));
      out_.put(headers);
      out_.put(jetcapture::view(message.data));
    }
    void finish() {}

  private:
    jetcapture::Out out_;
  };
};

class FramesReader {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "whole messages from frames of bytes";

  explicit FramesReader(const jetcapture::Options &) {}

  class Object {
  public:
    Object(FramesReader &, jetcapture::Input input) : input_(input) {}

    bool next(jetcapture_whole_message &message) {
      if (place_ == input_.bytes())
        return false;
      Frame frame;
      read(&frame, sizeof frame);
      const std::uint64_t left = input_.bytes() - place_;
      // Sizes of a damaged frame may be anything: nothing is allocated for what can't be there.
      if (frame.data > left || std::uint64_t{frame.subject} + frame.header_block > left - frame.data)
        throw jetcapture::BadData("a frame is larger than the rest of the object");
      bytes_.resize(frame.subject + frame.header_block + frame.data);
      read(bytes_.data(), bytes_.size());
      message.sequence = frame.sequence;
      message.timestamp = frame.timestamp;
      message.subject = {bytes_.data(), frame.subject};
      message.header_block = {bytes_.data() + frame.subject, frame.header_block};
      message.data = {bytes_.data() + frame.subject + frame.header_block, frame.data};
      return true;
    }

  private:
    void read(void *to, std::size_t size) {
      for (std::size_t done = 0; done < size;) {
        const std::size_t count = input_.read(place_, static_cast<char *>(to) + done, size - done);
        if (count == 0)
          throw jetcapture::BadData("the object ends within a frame");
        done += count;
        place_ += count;
      }
    }

    jetcapture::Input input_;
    std::uint64_t place_ = 0;
    std::string bytes_; // of the message that was given last
  };
};

JETCAPTURE_CPP_WRITER(frames, FramesWriter);
JETCAPTURE_CPP_READER(frames, FramesReader);

} // namespace
