#include "tools/try/shown.hpp"

#include "blocks/object_name.hpp"
#include "log/line.hpp"
#include "log/time_text.hpp"
#include "strings/strings.hpp"
#include "tools/check_sink.hpp"

#include <charconv>
#include <cstdio>
#include <string_view>
#include <utility>

namespace jetcapture::host {
namespace {

constexpr std::size_t longest_text = 200;
constexpr std::uint64_t longest_block = 16u << 20;

bool is_text(std::string_view bytes) {
  for (const char c : bytes)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t')
      return false;
  return true;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text.substr(0, longest_text)) {
    if (c == '"' || c == '\\')
      result += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      result += escape;
    } else {
      result += c;
    }
  }
  result += '"';
  return text.size() > longest_text ? result + "… (" + std::to_string(text.size()) + " bytes)" : result;
}

std::string date_shown(std::int64_t days) {
  constexpr std::int64_t nanoseconds = 86'400'000'000'000;
  constexpr std::int64_t most = INT64_MAX / nanoseconds;
  if (days < -most || days > most)
    return std::to_string(days) + " days since 1970-01-01";
  return time_text(days * nanoseconds).substr(0, std::string_view("2026-11-27").size());
}

std::string value_shown(const jetcapture_value &value, const jetcapture_column &column);

// The children of a list or a struct, each as show() gives it. The sink has looked at the tree.
template <class Show>
std::string joined_children(const jetcapture_value &value, const jetcapture_column &column, Show show) {
  std::string text;
  for (std::uint64_t i = 0; i < value.as.children.count; i++) {
    const jetcapture_column &child = *column.children[value.kind == JETCAPTURE_LIST ? 0 : i];
    text.append(i == 0 ? "" : ", ")
        .append(show(std::string(view(child.name)), value_shown(value.as.children.values[i], child)));
  }
  return text;
}

std::string value_shown(const jetcapture_value &value, const jetcapture_column &column) {
  switch (value.kind) {
  case JETCAPTURE_NULL:
    return "null";
  case JETCAPTURE_FLAG:
    return value.as.integer != 0 ? "true" : "false";
  case JETCAPTURE_INTEGER:
    return std::to_string(value.as.integer);
  case JETCAPTURE_UNSIGNED:
    return std::to_string(value.as.uinteger);
  case JETCAPTURE_NUMBER: {
    char text[40];
    return std::string(text, std::to_chars(text, text + sizeof text, value.as.number).ptr);
  }
  case JETCAPTURE_TEXT:
    return quoted(view(value.as.text));
  case JETCAPTURE_BYTES:
    return std::to_string(value.as.text.size) + " bytes";
  case JETCAPTURE_TIMESTAMP:
    return time_text(value.as.integer);
  case JETCAPTURE_JSON:
  case JETCAPTURE_DECIMAL:
    return std::string(view(value.as.text).substr(0, longest_text));
  case JETCAPTURE_DATE:
    return date_shown(value.as.integer);
  case JETCAPTURE_LIST:
    return "[" + joined_children(value, column, [](const std::string &, const std::string &shown) { return shown; }) +
           "]";
  case JETCAPTURE_STRUCT:
    return "{" +
           joined_children(value, column,
                           [](const std::string &name, const std::string &shown) { return name + "=" + shown; }) +
           "}";
  default:
    return "a value of the unknown kind " + std::to_string(value.kind);
  }
}

std::string record_shown(const jetcapture_record &record) {
  std::string text = "record";
  for (std::uint32_t i = 0; i < record.value_count; i++)
    text.append(i == 0 ? " " : ", ")
        .append(view(record.schema->columns[i]->name))
        .append("=")
        .append(value_shown(record.values[i], *record.schema->columns[i]));
  return text;
}

std::string key_shown(const jetcapture_item &item) {
  if (item.key_count == 0)
    return "no key";
  std::string text = "key ";
  for (std::uint32_t i = 0; i < item.key_count; i++)
    text.append(i == 0 ? "" : "/").append(item.key[i].data == nullptr ? "(none)" : escape_part(view(item.key[i])));
  return text;
}

// A sink that tells of each item, and whether it keeps the rules of the ABI.
struct Teller {
  jetcapture_sink sink; // first: a pointer to it is a pointer to this
  std::string_view payload;
  std::string *text;
  CheckSink *check;

  static jetcapture_status emit(const jetcapture_sink *sink, const jetcapture_item *item) {
    const auto &self = *reinterpret_cast<const Teller *>(sink);
    const jetcapture_status status = self.check->c_sink()->emit(self.check->c_sink(), item);
    if (!self.check->broken_rule().empty())
      return status;
    self.text->append("  ").append(key_shown(*item)).append(": ");
    if (self.payload == JETCAPTURE_PAYLOAD_RECORD)
      self.text->append(record_shown(*static_cast<const jetcapture_record *>(item->payload)));
    else if (self.payload == JETCAPTURE_PAYLOAD_MESSAGE)
      self.text->append("the whole message");
    else
      self.text->append("payload ").append(self.payload);
    if (JETCAPTURE_HAS(item, jetcapture_item, event_time) && item->event_time != JETCAPTURE_NO_TIME)
      self.text->append(", at ").append(time_text(item->event_time));
    self.text->append("\n");
    return status;
  }
};

// Reads a block in whole; empty where it is too large to be shown, or can't be read.
std::string content_of(const jetcapture_object &object) {
  std::string content(object.bytes > longest_block ? 0 : static_cast<std::size_t>(object.bytes), '\0');
  for (std::uint64_t at = 0; at < content.size();) {
    const std::int64_t got = object.read(&object, at, content.data() + at, content.size() - at);
    if (got <= 0)
      return "";
    at += static_cast<std::uint64_t>(got);
  }
  return content;
}

jetcapture_status print_block(void *, const jetcapture_object *object, jetcapture_result *) {
  std::string text = "--- " + std::string(view(object->name)) + ", " + std::to_string(object->bytes) + " bytes\n";
  const std::string content = content_of(*object);
  if (content.size() == object->bytes && is_text(content))
    text += content + (content.empty() || content.ends_with('\n') ? "" : "\n");
  else
    text += "(not text; --out FOLDER keeps it)\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  return JETCAPTURE_OK;
}

jetcapture_status create_printer(const jetcapture_create_args *, void **self) {
  static char nothing;
  *self = &nothing;
  return JETCAPTURE_OK;
}

} // namespace

ShownMessage shown_message(const jetcapture_message &message, const Decoder &decoder, const std::string &payload) {
  std::string text = "message " + std::to_string(message.stream_sequence) + ", " +
                     (message.subject.size == 0 ? "" : printable(view(message.subject)) + ", ") +
                     std::to_string(message.data.size) + " bytes\n";
  CheckSink check(payload);
  const Teller teller = {{sizeof(jetcapture_sink), 0, &Teller::emit}, payload, &text, &check};
  HostServices::take_failure();
  const jetcapture_status status = decoder.description().decode(decoder.self(), &message, &teller.sink);
  const std::string sentence = HostServices::take_failure();
  if (!check.broken_rule().empty())
    text += "  broken decoder: " + printable(check.broken_rule()) + '\n';
  else if (status != JETCAPTURE_OK)
    text += "  " + to_string_status(status) + ": " + (sentence.empty() ? "the decoder gave no reason" : sentence) +
            (check.items() > 0 ? "; the items above are taken back\n" : "\n");
  else if (check.items() == 0)
    text += "  filtered out\n";
  return {std::move(text), check.broken_rule().empty()};
}

const jetcapture_store &printing_store() {
  static const jetcapture_about about = {sizeof(jetcapture_about),           0,      "print", "1",
                                         "prints blocks on standard output", nullptr};
  static const jetcapture_store store = {sizeof(jetcapture_store),
                                         0,
                                         &about,
                                         create_printer,
                                         print_block,
                                         [](void *) {},
                                         nullptr,
                                         nullptr,
                                         nullptr,
                                         nullptr,
                                         [](void *) { return std::uint32_t{1}; }};
  return store;
}

} // namespace jetcapture::host
