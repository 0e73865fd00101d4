// A JSON text as it was written: checked as a whole, its values found in it, none of them converted.
//
// The first stage of simdjson finds the tokens and checks UTF-8. Its second stage would round numbers, and refuse those
// that 64 bits can't hold, so the grammar (RFC 8259) is checked here.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

enum class JsonKind { object, array, text, number, flag, null };

class JsonDocument;

// A value of the document, as long as its text lives and until the next one is parsed.
class JsonValue {
public:
  inline JsonKind kind() const;
  // Of a value that is neither object nor array: as written, a string with its quotes.
  inline std::string_view token() const;
  // All of it without white space between its parts; strings and numbers as written. spare: where it is put together,
  // if it can't be a part of the document's own text.
  std::string_view minified(std::string &spare) const;
  // Of kind text: its characters. nullopt: they are half of a surrogate pair somewhere, which UTF-8 can't hold. spare:
  // as above.
  inline std::optional<std::string_view> text(std::string &spare) const;
  // The value at a JSON pointer's tokens, of names that come several times the first. nullopt: it is not there.
  std::optional<JsonValue> at(const std::vector<std::string> &pointer) const;

private:
  friend class JsonDocument;
  friend class JsonMembers;
  friend class JsonElements;
  JsonValue(const JsonDocument &document, std::size_t first) : document_(&document), first_(first) {}

  std::optional<std::string_view> unescaped(std::string &spare) const;
  std::optional<JsonValue> child(const std::string &name) const;

  const JsonDocument *document_;
  std::size_t first_; // its token
};

// The members of an object, one after the other:
//   for (JsonMembers members(object); members.next();) members.name(spare), members.value()
class JsonMembers {
public:
  // object: of kind object.
  explicit JsonMembers(const JsonValue &object) : document_(object.document_), name_(object.first_) {}

  inline bool next();
  // nullopt and spare: as for a text.
  std::optional<std::string_view> name(std::string &spare) const { return JsonValue(*document_, name_).text(spare); }
  // With its escapes.
  inline std::string_view written_name() const;
  JsonValue value() const { return {*document_, name_ + 2}; }

private:
  const JsonDocument *document_;
  std::size_t name_; // its token; before the first one the object's
  bool begun_ = false;
};

// The elements of an array, likewise.
class JsonElements {
public:
  // array: of kind array.
  explicit JsonElements(const JsonValue &array) : document_(array.document_), element_(array.first_) {}

  inline bool next();
  JsonValue value() const { return {*document_, element_}; }

private:
  const JsonDocument *document_;
  std::size_t element_; // its token; before the first one the array's
  bool begun_ = false;
};

class JsonDocument {
public:
  static constexpr std::size_t most_depth = 1024;

  // Any value, which is then the root. Why not: it is not JSON, or nested too deeply; empty: it is good. Neither copies
  // the text nor reads behind it.
  std::string parse(std::string_view text);
  JsonValue root() const { return {*this, 0}; }

private:
  friend class JsonValue;
  friend class JsonMembers;
  friend class JsonElements;

  void find_tokens();
  void check();
  void check_name(std::size_t token);
  void check_scalar(std::size_t token);
  [[noreturn]] void refuse(const std::string &what, std::size_t token) const;

  // The first byte of a token; 0: there are no more.
  char first(std::size_t token) const { return token < count_ ? text_[starts_[token]] : '\0'; }
  static bool is_opening(char byte) { return byte == '{' || byte == '['; }
  // Of a scalar, which has been checked.
  std::string_view scalar(std::size_t token) const {
    return {text_.data() + starts_[token], ends_[token] - starts_[token]};
  }
  // Any token, before it has been checked.
  std::string_view found(std::size_t token) const;
  // Behind a value that begins with that token.
  std::size_t behind(std::size_t token) const { return (is_opening(first(token)) ? ends_[token] : token) + 1; }

  std::unique_ptr<simdjson::internal::dom_parser_implementation> finder_;
  std::string_view text_;
  const std::uint32_t *starts_ = nullptr; // of the tokens
  std::size_t count_ = 0;
  std::vector<std::uint32_t> ends_; // of scalars, their bytes; of an opening bracket, the token of the closing one
  bool has_escapes_ = false;        // somewhere
  std::vector<std::uint32_t> open_; // while checking: brackets that are not closed yet
};

inline JsonKind JsonValue::kind() const {
  switch (document_->first(first_)) {
  case '{':
    return JsonKind::object;
  case '[':
    return JsonKind::array;
  case '"':
    return JsonKind::text;
  case 't':
  case 'f':
    return JsonKind::flag;
  case 'n':
    return JsonKind::null;
  default:
    return JsonKind::number;
  }
}

inline std::string_view JsonValue::token() const {
  return document_->scalar(first_);
}

inline std::optional<std::string_view> JsonValue::text(std::string &spare) const {
  if (document_->has_escapes_)
    return unescaped(spare);
  const std::string_view quoted = token();
  return quoted.substr(1, quoted.size() - 2);
}

inline bool JsonMembers::next() {
  if (begun_) {
    name_ = document_->behind(name_ + 2);
    if (document_->first(name_) != ',')
      return false;
  }
  begun_ = true;
  name_++;
  return document_->first(name_) != '}';
}

inline std::string_view JsonMembers::written_name() const {
  const std::string_view quoted = JsonValue(*document_, name_).token();
  return quoted.substr(1, quoted.size() - 2);
}

inline bool JsonElements::next() {
  if (begun_) {
    element_ = document_->behind(element_);
    if (document_->first(element_) != ',')
      return false;
  }
  begun_ = true;
  element_++;
  return document_->first(element_) != ']';
}

} // namespace jetcapture::plugins
