#include "tools/check_sink.hpp"

#include "strings/strings.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace jetcapture::host {
namespace {

// RFC 8259, section 6.
bool is_json_number(std::string_view text) {
  const auto digits = [&] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  const auto skip = [&](std::string_view any) {
    const bool found = !text.empty() && any.find(text.front()) != std::string_view::npos;
    text.remove_prefix(found ? 1 : 0);
    return found;
  };
  skip("-");
  const bool zero = text.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1) || (skip(".") && digits() == 0))
    return false;
  if (skip("eE")) {
    skip("+-");
    if (digits() == 0)
      return false;
  }
  return text.empty();
}

// Whether it is one JSON value. Its numbers are looked at by their grammar alone: the library that reads the rest
// refuses those that are larger than a double.
bool is_json(std::string_view text) {
  std::string small;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); i++) {
    if (in_string || (text[i] != '-' && (text[i] < '0' || text[i] > '9'))) {
      in_string = in_string != (text[i] == '"');
      small += text[i];
      if (in_string && text[i] == '\\' && i + 1 < text.size())
        small += text[++i];
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of("+-.0123456789Ee", i), text.size());
    const std::string_view number = text.substr(i, end - i);
    small += is_json_number(number) ? "0" : number;
    i = end - 1;
  }
  return nlohmann::json::accept(small);
}

} // namespace

CheckSink::CheckSink(const std::string &payload, std::uint64_t fail_at, jetcapture_status with)
    : interface_{{sizeof(jetcapture_sink), 0, &CheckSink::emit}, this}, check_(payload), fail_at_(fail_at),
      fail_with_(with) {}

jetcapture_status CheckSink::emit(const jetcapture_sink *sink, const jetcapture_item *item) {
  CheckSink &self = *reinterpret_cast<const Interface *>(sink)->owner;
  if (self.refused_) {
    self.items_after_refusal_++;
    return self.fail_with_;
  }
  self.items_++;
  self.write_down(item);
  if (self.items_ == self.fail_at_) {
    self.refused_ = true;
    return self.fail_with_;
  }
  return self.on_payload && item != nullptr && item->payload != nullptr ? self.on_payload(item->payload)
                                                                        : JETCAPTURE_OK;
}

void CheckSink::rule(bool holds, const std::string &sentence) {
  if (!holds && broken_rule_.empty())
    broken_rule_ = sentence;
}

// The rules that a host looks at are the host's; what takes a look at every byte is added here.
void CheckSink::write_down(const jetcapture_item *item) {
  const char *breach = breach_of(item);
  if (breach == nullptr && key_is_too_large(*item))
    breach = "an item with a key above the limits";
  if (breach == nullptr)
    breach = check_.breach(item->payload, nullptr);
  if (breach != nullptr) {
    rule(false, std::string("it emitted ") + breach);
    return;
  }
  text_ += "item";
  for (std::uint32_t i = 0; i < item->key_count; i++)
    text_.append(" /").append(view(item->key[i]));
  if (JETCAPTURE_HAS(item, jetcapture_item, event_time)) {
    text_ += " at " + std::to_string(item->event_time);
    rule(item->event_time == JETCAPTURE_NO_TIME || item->event_time == message_time ||
             (item->event_time >= JETCAPTURE_FIRST_TIME && item->event_time <= JETCAPTURE_LAST_TIME),
         "an item has an event time outside of the years 1700 to 2199");
  }
  if (check_.records())
    write_down(*static_cast<const jetcapture_record *>(item->payload));
  text_ += '\n';
}

void CheckSink::write_down(const jetcapture_record &record) {
  rule(record.schema->revision > 0, "a schema's revision is 0");
  for (std::uint32_t i = 0; i < record.value_count; i++) {
    text_.append(" ").append(view(record.schema->columns[i]->name)).append("=");
    write_down(record.values[i]);
  }
}

void CheckSink::write_down(const jetcapture_value &value) {
  switch (value.kind) {
  case JETCAPTURE_NULL:
    text_ += "null";
    break;
  case JETCAPTURE_FLAG:
  case JETCAPTURE_INTEGER:
  case JETCAPTURE_TIMESTAMP:
  case JETCAPTURE_DATE:
    text_ += std::to_string(value.as.integer);
    break;
  case JETCAPTURE_UNSIGNED:
    text_ += std::to_string(value.as.uinteger);
    break;
  case JETCAPTURE_NUMBER:
    text_ += std::isnan(value.as.number) ? "nan" : std::to_string(value.as.number);
    break;
  case JETCAPTURE_TEXT:
  case JETCAPTURE_BYTES:
  case JETCAPTURE_JSON:
  case JETCAPTURE_DECIMAL:
    rule(value.kind != JETCAPTURE_TEXT || jetcapture_is_utf8(value.as.text) != 0,
         "a text is not UTF-8; give such bytes as JETCAPTURE_BYTES");
    rule(value.kind != JETCAPTURE_JSON || is_json(view(value.as.text)), "a value of kind JSON is not JSON");
    rule(value.kind != JETCAPTURE_DECIMAL || is_json_number(view(value.as.text)),
         "a decimal is not a number in the grammar of JSON");
    text_ += view(value.as.text);
    break;
  case JETCAPTURE_LIST:
  case JETCAPTURE_STRUCT:
    text_ += '[';
    for (std::uint64_t i = 0; i < value.as.children.count; i++) {
      write_down(value.as.children.values[i]);
      text_ += ' ';
    }
    text_ += ']';
    break;
  default:
    rule(false, "a value has an unknown kind");
  }
}

} // namespace jetcapture::host
