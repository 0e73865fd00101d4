// Whole messages of a backup as a writer writes them, into a file such as standard output.
#pragma once

#include "delivery/whole_message.hpp"
#include "plugins/stages.hpp"

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace jetcapture::host {

class PrintedMessages {
public:
  // writer: one of whole messages, whose blocks need no end before they are of use. All that is given outlives it.
  // Throws ReadingError: the writer can't begin.
  PrintedMessages(const Writer &writer, std::string stream, std::FILE *file);
  ~PrintedMessages();
  PrintedMessages(const PrintedMessages &) = delete;
  PrintedMessages &operator=(const PrintedMessages &) = delete;

  // Throws ReadingError: it can't be written as that, or the file can't be written.
  void print(const WholeMessage &message);
  // All were printed, and are in the file. Throws as print().
  void end();

private:
  struct Interface {
    jetcapture_out out; // first: a pointer to it is a pointer to this
    PrintedMessages *owner;
  };
  static jetcapture_status more(jetcapture_out *out, std::uint64_t need) noexcept;
  std::size_t used() const { return static_cast<std::size_t>(interface_.out.cursor - bytes_.data()); }
  void write_file();

  const Writer &writer_;
  const std::string stream_;
  std::FILE *const file_;
  std::vector<char> bytes_;
  Interface interface_;
  void *block_ = nullptr;
  std::string header_block_;
  std::vector<jetcapture_pair> headers_;
};

} // namespace jetcapture::host
