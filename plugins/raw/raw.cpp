// Writer "raw": the data of messages, byte for byte, and nothing else. Options and results: README.md.
#include "jetcapture/plugin.hpp"
#include "raw/framing.hpp"

namespace jetcapture::plugins {

class RawWriter {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary =
      "The data of messages as it is, with a delimiter behind it or its length before it";
  static constexpr const char *accepts[] = {JETCAPTURE_PAYLOAD_MESSAGE};
  static constexpr const char *suffix = ".raw";
  static constexpr const char *content_type = "application/octet-stream";
  static constexpr jetcapture_option options[] = {
      text_option("delimiter", "\\n",
                  "What stands behind each message's data: bytes, \\n \\r \\t \\0 \\\\ \\x1e for those that can't be "
                  "typed; empty for nothing."),
      choice_option(
          "length", Framing::length_choices, "none",
          "Instead of a delimiter, the data's length in bytes before it: 4 or 8 bytes, or as protobuf's varint."),
      flag_option("strict", "false", "Send a message whose data has the delimiter in it to the quarantine.")};

  explicit RawWriter(const Options &given) : framing_(given) {}

  // What is written depends on the message alone: there is no state to note or to take back.
  class Block {
  public:
    Block(RawWriter &writer, const jetcapture_block_info &, Out out) : framing_(writer.framing_), out_(out) {}

    void write(const void *payload) {
      framing_.put(out_, view(static_cast<const jetcapture_message *>(payload)->data));
    }
    void finish() {}
    void mark() {}
    void rollback() {}

  private:
    const Framing &framing_;
    Out out_;
  };

private:
  const Framing framing_;
};

} // namespace jetcapture::plugins

JETCAPTURE_CPP_WRITER(raw, jetcapture::plugins::RawWriter);
