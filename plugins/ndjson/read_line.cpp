#include "ndjson/read_line.hpp"

#include "common/rfc3339.hpp"
#include "text/base64.hpp"
#include "text/message_headers.hpp"

#include <charconv>
#include <optional>
#include <system_error>

namespace jetcapture::plugins {

struct LineReader::Found {
  std::optional<jetcapture_text> subject;
  std::optional<jetcapture_text> data;
  std::optional<jetcapture_text> header_block;
  std::optional<std::uint64_t> sequence;
  std::optional<std::int64_t> timestamp;
  bool has_headers = false;
};

namespace {

std::optional<std::uint64_t> number_in(const JsonValue &value) {
  if (value.kind() != JsonKind::number)
    return std::nullopt;
  const std::string_view digits = value.token();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(number) : std::nullopt;
}

template <class Value>
const Value &needed(const std::optional<Value> &value, const char *name) {
  if (!value)
    throw BadData(std::string("it is no whole message: it has no ") + name);
  return *value;
}

} // namespace

jetcapture_text LineReader::bytes_of(const JsonValue &value, bool as_text, std::string &kept) const {
  std::string spare;
  if (value.kind() != JsonKind::text)
    throw BadData("it is no whole message: a text of it is none");
  const auto characters = value.text(as_text ? kept : spare);
  if (!characters || (!as_text && !read_base64(*characters, kept)))
    throw BadData("it is no whole message: a text of it has characters that do not belong there");
  return text(as_text ? *characters : std::string_view(kept));
}

void LineReader::take(std::string_view name, const JsonValue &value, Found &found) {
  constexpr std::string_view in_base64 = "_base64";
  const bool as_text = !name.ends_with(in_base64);
  if (!as_text)
    name.remove_suffix(in_base64.size());
  if (name == "subject") {
    found.subject = bytes_of(value, as_text, subject_);
  } else if (name == "data") {
    found.data = bytes_of(value, as_text, data_);
  } else if (name == "header_block") {
    found.header_block = bytes_of(value, as_text, header_block_);
  } else if (name == "headers") {
    read_headers(value, as_text, headers_);
    found.has_headers = true;
  } else if (name == "sequence") {
    found.sequence = number_in(value);
  } else if (name == "timestamp" && value.kind() == JsonKind::text) {
    std::string spare;
    found.timestamp = common::parse_rfc3339(value.text(spare).value_or(""));
  }
}

void LineReader::read(std::string_view line, jetcapture_whole_message &message) {
  if (const std::string why = document_.parse(line); !why.empty())
    throw BadData("it is not JSON: " + why);
  if (document_.root().kind() != JsonKind::object)
    throw BadData("it is no whole message, but another JSON value");
  Found found;
  for (JsonMembers members(document_.root()); members.next();)
    take(members.name(name_).value_or(""), members.value(), found);
  message.sequence = needed(found.sequence, "sequence");
  message.timestamp = needed(found.timestamp, "timestamp");
  message.subject = needed(found.subject, "subject");
  message.data = needed(found.data, "data");
  if (found.header_block)
    message.header_block = *found.header_block;
  else if (found.has_headers)
    message.header_block = text(headers_);
}

} // namespace jetcapture::plugins
