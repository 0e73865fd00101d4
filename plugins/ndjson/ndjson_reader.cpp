// Reader "ndjson": the whole messages that the writer wrote, and those of the quarantine.
#include "jetcapture/plugin.hpp"
#include "ndjson/read_line.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

namespace {

// The lines of an object. A buffer holds one line and some more; it grows with the longest.
class Lines {
public:
  explicit Lines(Input input) : input_(input), buffer_(first_room) {}

  // Without its end. False: there are no more. Throws BadData: the last one is cut off.
  bool next(std::string_view &line) {
    while (true) {
      const std::string_view unread(buffer_.data() + begin_, end_ - begin_);
      const std::size_t end = unread.find('\n', searched_);
      if (end != std::string_view::npos) {
        line = unread.substr(0, end);
        begin_ += end + 1;
        searched_ = 0;
        return true;
      }
      searched_ = end_ - begin_;
      if (!read_more()) {
        if (begin_ < end_)
          throw BadData("its last line has no end: it is cut off");
        return false;
      }
    }
  }

private:
  static constexpr std::size_t first_room = 256u << 10;

  bool read_more() {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    if (end_ == buffer_.size())
      buffer_.resize(2 * buffer_.size());
    const std::size_t count = input_.read(offset_, buffer_.data() + end_, buffer_.size() - end_);
    offset_ += count;
    end_ += count;
    return count > 0;
  }

  Input input_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;    // of what is not given yet
  std::size_t end_ = 0;      // of what was read
  std::size_t searched_ = 0; // bytes from begin_ on without an end of line
  std::uint64_t offset_ = 0;
};

} // namespace

class NdjsonReader {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "Whole messages from one JSON object a line, also those of the quarantine";

  explicit NdjsonReader(const Options &) {}

  class Object {
  public:
    Object(NdjsonReader &, Input input) : lines_(input) {}

    bool next(jetcapture_whole_message &message) {
      std::string_view line;
      if (!lines_.next(line))
        return false;
      number_++;
      try {
        reader_.read(line, message);
      } catch (const BadData &why) {
        throw BadData("its line " + std::to_string(number_) + " can't be read: " + why.what());
      }
      return true;
    }

  private:
    Lines lines_;
    LineReader reader_;
    std::uint64_t number_ = 0;
  };
};

} // namespace jetcapture::plugins

JETCAPTURE_CPP_READER(ndjson, jetcapture::plugins::NdjsonReader);
