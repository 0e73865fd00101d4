// The writer "raw": the data of messages alone, each followed by a delimiter or preceded by its length.
#include <jetcapture/plugin.hpp>

#include <string>
#include <string_view>

namespace jetcapture::raw {

namespace {

constexpr const char *length_choices[] = {"none", "u32be", "u32le", "u64be", "u64le", "varint", nullptr};
constexpr const char *in_data_choices[] = {"keep", "refuse", nullptr};

// \n \r \t \0 \\ \xNN as the bytes that they mean.
std::string unescape(const std::string &text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const char c = ++i < text.size() ? text[i] : '?';
    const auto digit = [&](std::size_t at) {
      return at < text.size() ? hex.find(static_cast<char>(text[at] | 0x20)) : std::string_view::npos;
    };
    if (c == 'n')
      bytes += '\n';
    else if (c == 'r')
      bytes += '\r';
    else if (c == 't')
      bytes += '\t';
    else if (c == '0')
      bytes += '\0';
    else if (c == '\\')
      bytes += '\\';
    else if (c == 'x' && digit(i + 1) != std::string_view::npos && digit(i + 2) != std::string_view::npos) {
      bytes += static_cast<char>(digit(i + 1) << 4 | digit(i + 2));
      i += 2;
    } else {
      throw Misconfigured("the option delimiter has an escape that is not known: there are \\n \\r \\t \\0 \\\\ and \\xNN");
    }
  }
  return bytes;
}

} // namespace

class RawWriter {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "the data of messages alone, with a delimiter behind or a length before each";
  static constexpr const char *accepts[] = {JETCAPTURE_PAYLOAD_MESSAGE};
  static constexpr const char *suffix = ".raw";
  static constexpr const char *content_type = "application/octet-stream";
  static constexpr jetcapture_option options[] = {
      text_option("delimiter", "\\n", "what follows each message; \\n \\r \\t \\0 \\xNN are known; may be empty"),
      choice_option("delimiter-in-data", in_data_choices, "keep", "data that has the delimiter: keep it as it is, or refuse the message"),
      choice_option("length", length_choices, "none", "write the length of the data before it instead of a delimiter"),
  };

  explicit RawWriter(const Options &given)
      : delimiter_(unescape(given.text("delimiter"))), length_(given.text("length")),
        refuse_(given.text("delimiter-in-data") == "refuse") {
    if (length_ != "none" && (given.given("delimiter") || given.given("delimiter-in-data")))
      throw Misconfigured("the options length and delimiter exclude each other: leave one out");
  }

  class Block {
  public:
    Block(RawWriter &writer, const jetcapture_block_info &, Out out) : writer_(writer), out_(out) {}

    void write(const void *payload) {
      const std::string_view data = view(static_cast<const jetcapture_message *>(payload)->data);
      if (writer_.length_ != "none") {
        put_length(data.size());
        out_.put(data);
        return;
      }
      if (writer_.refuse_ && !writer_.delimiter_.empty() && data.find(writer_.delimiter_) != std::string_view::npos)
        throw BadData("the data has the delimiter in it");
      out_.put(data);
      out_.put(writer_.delimiter_);
    }
    void finish() {}
    // A message does not depend on those before it.
    void mark() {}
    void rollback() {}

  private:
    void put_length(std::uint64_t size) {
      if (writer_.length_ == "varint") {
        for (; size >= 0x80; size >>= 7)
          out_.put(static_cast<char>(size | 0x80));
        out_.put(static_cast<char>(size));
        return;
      }
      const int bytes = writer_.length_.starts_with("u32") ? 4 : 8;
      if (bytes == 4 && size > UINT32_MAX)
        throw BadData("the data is longer than a length of 32 bits can say");
      const bool big_endian = writer_.length_.ends_with("be");
      for (int i = 0; i < bytes; i++)
        out_.put(static_cast<char>(size >> 8 * (big_endian ? bytes - 1 - i : i)));
    }

    RawWriter &writer_;
    Out out_;
  };

private:
  friend class Block;
  const std::string delimiter_;
  const std::string length_;
  const bool refuse_;
};

JETCAPTURE_CPP_WRITER(raw, RawWriter);

} // namespace jetcapture::raw
