// Destination keys as the decoders here let the user choose them: `--decoder-opt key=token:2,header:Region`.
//
// One entry of the list gives one part of the key:
//   subject         the whole subject
//   token:N         the Nth token of the subject, from 1; from the end when N is negative
//   header:NAME     the first header of that name
//   field:/pointer  a field of the decoded object, where the decoder has fields
//   none            no key; alone
#pragma once

#include "common/header.hpp"

#include <jetcapture/plugin.hpp>

#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace jetcapture::common {

inline constexpr const char *missing_choices[] = {"null", "empty", "refuse", nullptr};

inline constexpr jetcapture_option key_missing_option =
    choice_option("key-missing", missing_choices, "null",
                  "when a part of the key is not there: null (the directory that --path-null names), empty (an empty "
                  "part), or refuse the message (it goes to quarantine)");

class DestinationKey {
public:
  // fields: whether field:/pointer is known. Throws Misconfigured.
  DestinationKey(const Options &options, bool fields)
      : refuse_missing_(options.text("key-missing") == "refuse"),
        missing_({options.text("key-missing") == "empty" ? "" : nullptr, 0}) {
    const std::vector<std::string> specs = options.list("key");
    if (specs.size() == 1 && specs.front() == "none")
      return;
    for (const std::string &spec : specs)
      parts_.push_back(parse(spec, fields));
    values_.resize(parts_.size());
  }

  // The pointers of the field parts, in order.
  std::vector<std::string> pointers() const {
    std::vector<std::string> found;
    for (const Part &part : parts_)
      if (part.kind == Kind::field)
        found.push_back(part.text);
    return found;
  }

  // The key of a message; it lives as long as the message and what field() gives. field(n): the text of the nth field
  // part, or nullopt.
  template <class Field>
  const std::vector<jetcapture_text> &of(const jetcapture_message &message, Field &&field) {
    std::size_t next_field = 0;
    for (std::size_t i = 0; i < parts_.size(); i++) {
      const Part &part = parts_[i];
      std::optional<std::string_view> value;
      switch (part.kind) {
      case Kind::subject:
        value = view(message.subject);
        break;
      case Kind::token:
        value = token(view(message.subject), part.token);
        break;
      case Kind::header:
        value = header_of(message, part.text);
        break;
      case Kind::field:
        value = field(next_field++);
        break;
      }
      if (!value && refuse_missing_)
        throw BadData("the key's part " + part.spec + " is not there");
      // An empty text that is there may have no address.
      values_[i] = !value ? missing_ : value->empty() ? jetcapture_text{"", 0} : text(*value);
    }
    return values_;
  }
  const std::vector<jetcapture_text> &of(const jetcapture_message &message) {
    return of(message, [](std::size_t) { return std::optional<std::string_view>(); });
  }

private:
  enum class Kind { subject, token, header, field };
  struct Part {
    Kind kind;
    std::string spec;
    std::string text;
    int token = 0;
  };

  static Part parse(const std::string &spec, bool fields) {
    const std::string known =
        std::string("subject, token:2, header:Name, ") + (fields ? "field:/region, " : "") + "or none alone";
    const std::size_t colon = spec.find(':');
    const std::string kind = spec.substr(0, colon);
    const std::string rest = colon == std::string::npos ? "" : spec.substr(colon + 1);
    if (spec == "subject")
      return {Kind::subject, spec, {}, 0};
    if (kind == "token") {
      int number = 0;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
      if (error != std::errc() || end != rest.data() + rest.size() || number == 0)
        throw Misconfigured("the option key has \"" + spec +
                            "\": a token has a number, from 1, or from the end with -1");
      return {Kind::token, spec, {}, number};
    }
    if (kind == "header" && !rest.empty())
      return {Kind::header, spec, rest, 0};
    if (kind == "field" && fields && (rest.empty() || rest.front() == '/'))
      return {Kind::field, spec, rest, 0};
    throw Misconfigured("the option key has \"" + spec + "\": write " + known);
  }

  static std::optional<std::string_view> token(std::string_view subject, int number) {
    while (number < 0) {
      const std::size_t dot = subject.rfind('.');
      if (++number == 0)
        return dot == std::string_view::npos ? subject : subject.substr(dot + 1);
      if (dot == std::string_view::npos)
        return std::nullopt;
      subject = subject.substr(0, dot);
    }
    for (; number > 1; number--) {
      const std::size_t dot = subject.find('.');
      if (dot == std::string_view::npos)
        return std::nullopt;
      subject.remove_prefix(dot + 1);
    }
    return subject.substr(0, subject.find('.'));
  }

  bool refuse_missing_;
  jetcapture_text missing_; // the part that stands for one that is not there
  std::vector<Part> parts_;
  std::vector<jetcapture_text> values_;
};

} // namespace jetcapture::common
