#include "text/json_document.hpp"

#include "text/json_escapes.hpp"
#include "text/json_number.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace jetcapture::plugins {

namespace {

bool is_white(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

bool has_escape(std::string_view characters) {
  return !characters.empty() && std::memchr(characters.data(), '\\', characters.size()) != nullptr;
}

// "7", "12.75": most numbers, told without finding out what they are worth. False: perhaps another number.
bool is_usual_number(std::string_view text) {
  const auto behind_digits = [&](std::size_t at) {
    while (at < text.size() && text[at] >= '0' && text[at] <= '9')
      at++;
    return at;
  };
  if (text.front() < '1' || text.front() > '9')
    return false;
  const std::size_t whole = behind_digits(1);
  if (whole == text.size())
    return true;
  return text[whole] == '.' && whole + 1 < text.size() && behind_digits(whole + 1) == text.size();
}

struct NotJson : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string_view without_quotes(std::string_view token) {
  return token.substr(1, token.size() - 2);
}

} // namespace

std::string JsonDocument::parse(std::string_view text) {
  text_ = text;
  try {
    find_tokens();
    check();
  } catch (const NotJson &reason) {
    return reason.what();
  }
  return {};
}

void JsonDocument::find_tokens() {
  if (text_.empty())
    throw NotJson("it is empty");
  if (finder_ == nullptr || finder_->capacity() < text_.size()) {
    finder_.reset();
    const std::size_t capacity = std::max<std::size_t>(text_.size() + text_.size() / 2, 4096);
    if (const auto error =
            simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, most_depth, finder_))
      throw NotJson(simdjson::error_message(error));
  }
  if (const auto error = finder_->stage1(reinterpret_cast<const std::uint8_t *>(text_.data()), text_.size(),
                                         simdjson::stage1_mode::regular))
    throw NotJson(simdjson::error_message(error));
  starts_ = finder_->structural_indexes.get();
  count_ = finder_->n_structural_indexes;
  if (ends_.size() < count_)
    ends_.resize(count_);
  has_escapes_ = has_escape(text_);
}

void JsonDocument::check() {
  open_.clear();
  std::size_t at = 0;
  while (true) {
    // Here is a value.
    const char opening = first(at);
    const char closing = opening == '{' ? '}' : ']';
    if (opening == '{' || opening == '[') {
      if (open_.size() == most_depth)
        refuse("it is nested deeper than " + std::to_string(most_depth), at);
      open_.push_back(static_cast<std::uint32_t>(at));
      at++;
      if (first(at) != closing) {
        if (opening == '{') {
          check_name(at);
          at += 2;
        }
        continue;
      }
    } else {
      check_scalar(at);
      at++;
    }
    // Here is what may stand behind a value.
    while (true) {
      if (open_.empty()) {
        if (at != count_)
          refuse("something stands behind its end", at);
        return;
      }
      const std::uint32_t container = open_.back();
      const bool in_object = first(container) == '{';
      if (first(at) == (in_object ? '}' : ']')) {
        ends_[container] = static_cast<std::uint32_t>(at);
        open_.pop_back();
        at++;
        continue;
      }
      if (first(at) != ',')
        refuse(in_object ? "expected a comma or }" : "expected a comma or ]", at);
      at++;
      if (in_object) {
        check_name(at);
        at += 2;
      }
      break;
    }
  }
}

void JsonDocument::check_name(std::size_t at) {
  if (first(at) != '"')
    refuse("expected a name in quotes", at);
  check_scalar(at);
  if (first(at + 1) != ':')
    refuse("expected a colon", at + 1);
}

void JsonDocument::check_scalar(std::size_t at) {
  if (at >= count_)
    refuse("expected a value", at);
  const std::string_view scalar = found(at);
  ends_[at] = starts_[at] + static_cast<std::uint32_t>(scalar.size());
  switch (scalar.front()) {
  case '"':
    // Where they end, and that no control character is in them, the first stage has seen.
    if (scalar.size() < 2 || scalar.back() != '"')
      break;
    if (has_escapes_ && !escapes_are_good(without_quotes(scalar)))
      refuse("a wrong escape in a text", at);
    return;
  case 't':
    if (scalar == "true")
      return;
    break;
  case 'f':
    if (scalar == "false")
      return;
    break;
  case 'n':
    if (scalar == "null")
      return;
    break;
  default:
    if (is_usual_number(scalar) || is_json_number(scalar))
      return;
  }
  refuse("expected a value", at);
}

void JsonDocument::refuse(const std::string &what, std::size_t at) const {
  const std::size_t byte = at < count_ ? starts_[at] : text_.size();
  throw NotJson(what + ", at byte " + std::to_string(byte + 1));
}

// Between it and the next one there is only white space.
std::string_view JsonDocument::found(std::size_t at) const {
  const std::size_t start = starts_[at];
  std::size_t end = at + 1 < count_ ? starts_[at + 1] : text_.size();
  while (end > start + 1 && is_white(text_[end - 1]))
    end--;
  return text_.substr(start, end - start);
}

std::string_view JsonValue::minified(std::string &spare) const {
  const std::size_t behind = document_->behind(first_);
  std::size_t size = 0;
  for (std::size_t i = first_; i < behind; i++)
    size += document_->found(i).size();
  const std::uint32_t start = document_->starts_[first_];
  if (document_->starts_[behind - 1] + document_->found(behind - 1).size() == start + size)
    return document_->text_.substr(start, size);
  spare.clear();
  spare.reserve(size);
  for (std::size_t i = first_; i < behind; i++)
    spare.append(document_->found(i));
  return spare;
}

std::optional<std::string_view> JsonValue::unescaped(std::string &spare) const {
  const std::string_view characters = without_quotes(token());
  if (!has_escape(characters))
    return characters;
  spare.clear();
  return unescape(characters, spare) ? std::optional<std::string_view>(spare) : std::nullopt;
}

std::optional<JsonValue> JsonValue::at(const std::vector<std::string> &pointer) const {
  std::optional<JsonValue> found = *this;
  for (auto name = pointer.begin(); found && name != pointer.end(); ++name)
    found = found->child(*name);
  return found;
}

std::optional<JsonValue> JsonValue::child(const std::string &name) const {
  if (kind() == JsonKind::object) {
    std::string spare;
    for (JsonMembers members(*this); members.next();)
      if (members.name(spare) == name)
        return members.value();
  } else if (kind() == JsonKind::array) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    const bool is_number = error == std::errc() && end == name.data() + name.size() && (name == "0" || name[0] != '0');
    std::size_t element = first_ + 1;
    if (!is_number || document_->first(element) == ']')
      return std::nullopt;
    for (; number > 0; number--) {
      element = document_->behind(element);
      if (document_->first(element) != ',')
        return std::nullopt;
      element++;
    }
    return JsonValue(*document_, element);
  }
  return std::nullopt;
}

} // namespace jetcapture::plugins
