// A whole message from its line: the reverse of put_message(). The lines of the quarantine are read likewise.
#pragma once

#include "jetcapture/plugin.hpp"
#include "text/json_document.hpp"

#include <string>
#include <string_view>

namespace jetcapture::plugins {

class LineReader {
public:
  // The message points into line and into this, until the next call. Members that it does not know are left out. Throws
  // BadData, whose sentence says "it" for the line.
  void read(std::string_view line, jetcapture_whole_message &message);

private:
  struct Found;
  void take(std::string_view name, const JsonValue &value, Found &found);
  jetcapture_text bytes_of(const JsonValue &value, bool as_text, std::string &kept) const;

  JsonDocument document_;
  std::string name_;
  std::string subject_;
  std::string data_;
  std::string headers_;
  std::string header_block_;
};

} // namespace jetcapture::plugins
