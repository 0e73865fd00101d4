// The decoder "json": a JSON object in the data of a message becomes a record.
#include "common/chosen_field.hpp"
#include "common/columns.hpp"
#include "common/destination_key.hpp"
#include "common/event_time.hpp"
#include "common/meta.hpp"
#include "common/rfc3339.hpp"
#include "common/shortened.hpp"

#include <jetcapture/plugin.hpp>

#include <simdjson.h>

#include <algorithm>
#include <bitset>
#include <utility>

namespace jetcapture::json {

namespace {

using common::ChosenField;
using common::Type;
using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr const char *missing_choices[] = {"null", "refuse", nullptr};
constexpr const char *mismatch_choices[] = {"refuse", "null", nullptr};

std::string_view name_of(element_type type) {
  switch (type) {
  case element_type::ARRAY:
    return "an array";
  case element_type::OBJECT:
    return "an object";
  case element_type::INT64:
  case element_type::UINT64:
    return "an integer";
  case element_type::DOUBLE:
    return "a number with a fraction or an exponent";
  case element_type::STRING:
    return "text";
  case element_type::BOOL:
    return "a flag";
  case element_type::NULL_VALUE:
    return "null";
  }
  return "something else";
}

// Fields looked for by JSON pointer, each pointer once, whoever asks for it.
class Pointers {
public:
  // Its number.
  std::size_t add(const std::string &pointer) {
    for (std::size_t i = 0; i < wanted_.size(); i++)
      if (wanted_[i].pointer == pointer)
        return i;
    const std::vector<std::string> tokens = common::pointer_tokens(pointer);
    wanted_.push_back({pointer, tokens.size() == 1 ? std::optional(tokens.front()) : std::nullopt, {}, false});
    if (tokens.size() == 1) {
      top_level_++;
      sizes_.set(std::min(tokens.front().size(), sizes_.size() - 1));
    }
    return wanted_.size() - 1;
  }

  // Those of the top level in one pass over the object: of a name that comes twice, the first counts.
  void find(const element &document, const simdjson::dom::object &object) {
    for (Wanted &wanted : wanted_) {
      wanted.is_there = false;
      if (!wanted.name)
        wanted.is_there = document.at_pointer(wanted.pointer).get(wanted.value) == simdjson::SUCCESS;
    }
    std::size_t left = top_level_;
    std::size_t expected = 0; // they mostly come in the order in which they are wanted
    for (auto field = object.begin(); left > 0 && field != object.end(); ++field) {
      const std::string_view name = field.key();
      if (!sizes_[std::min(name.size(), sizes_.size() - 1)])
        continue;
      for (std::size_t tried = 0; tried < wanted_.size(); tried++) {
        Wanted &wanted = wanted_[(expected + tried) % wanted_.size()];
        if (wanted.name != name)
          continue;
        expected = (expected + tried + 1) % wanted_.size();
        if (!std::exchange(wanted.is_there, true)) {
          wanted.value = field.value();
          left--;
        }
        break;
      }
    }
  }

  // Of the last document; nullptr: it is not there.
  const element *found(std::size_t number) const { return wanted_[number].is_there ? &wanted_[number].value : nullptr; }

private:
  struct Wanted {
    std::string pointer;
    std::optional<std::string> name; // of a field of the top level
    element value;
    bool is_there;
  };
  std::vector<Wanted> wanted_;
  std::size_t top_level_ = 0;
  std::bitset<64> sizes_; // of the names; the last stands for all that are longer
};

// What a value is made of that is not simply in the document: minified JSON. Kept until the next message.
class Texts {
public:
  void clear() { used_ = 0; }
  std::string &next() {
    if (used_ == texts_.size())
      texts_.emplace_back();
    return texts_[used_++];
  }

private:
  std::deque<std::string> texts_;
  std::size_t used_ = 0;
};

} // namespace

class JsonDecoder {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary =
      "a JSON object becomes a record: all its top-level fields, or those chosen by JSON pointer";
  static constexpr const char *produces[] = {JETCAPTURE_PAYLOAD_RECORD};
  static constexpr jetcapture_option options[] = {
      list_option("fields", nullptr,
                  "columns by JSON pointer: name=/pointer:type with type auto, text, integer, unsigned, number, flag, "
                  "timestamp or json "
                  "(default: all top-level fields)"),
      list_option("key", "subject",
                  "destination key, a list of parts: field:/region, subject, token:2, token:-1, header:Name; or none"),
      common::key_missing_option,
      common::time_option,
      common::time_unit_option,
      common::time_missing_option,
      common::time_ahead_option,
      choice_option("missing", missing_choices, "null",
                    "a chosen field that is not there: null, or refuse the message"),
      choice_option("mismatch", mismatch_choices, "refuse",
                    "a value of another type than the column's: refuse the message, or null"),
      common::meta_option,
      integer_option("max-fields", "1000", "without fields: a message that brings more columns than that is refused"),
  };

  explicit JsonDecoder(const Options &given)
      : key_(given, true), time_(given, true), refuse_missing_(given.text("missing") == "refuse"),
        refuse_mismatch_(given.text("mismatch") == "refuse") {
    const std::int64_t most = given.integer("max-fields");
    if (most < 1)
      throw Misconfigured("the option max-fields is " + std::to_string(most) + ": give 1 or more");
    max_fields_ = static_cast<std::size_t>(most);
    for (const std::string &text : given.list("fields"))
      fields_.push_back(common::parse_field(text));
    for (const std::string &name : given.list("meta"))
      meta_.push_back(common::parse_meta(name));
    for (const ChosenField &field : fields_) {
      field_numbers_.push_back(pointers_.add(field.pointer));
      for (std::size_t i = 0; i < columns_.size(); i++)
        if (columns_.find(field.name, i) == i)
          throw Misconfigured("the option fields names two columns \"" + field.name +
                              "\": give one of them another name");
      columns_.add(field.name, common::kind_of(field.type));
    }
    for (const std::string &pointer : key_.pointers())
      key_numbers_.push_back(pointers_.add(pointer));
    if (time_.pointer())
      time_number_ = pointers_.add(*time_.pointer());
    if (!fields_.empty())
      add_meta_columns();
  }

  void decode(const jetcapture_message &message, Sink &sink) {
    texts_.clear();
    element document;
    if (const auto error = parser_
                               .parse(message.data.data == nullptr ? "" : message.data.data,
                                      static_cast<std::size_t>(message.data.size), true)
                               .get(document))
      throw BadData(std::string("the data is not JSON: ") + simdjson::error_message(error));
    simdjson::dom::object object;
    if (document.get(object) != simdjson::SUCCESS)
      throw BadData("the data is not a JSON object but " + std::string(name_of(document.type())));
    pointers_.find(document, object);
    if (fields_.empty())
      take_all(object);
    else
      take_chosen();
    put_meta(message);

    const auto &key = key_.of(message, [&](std::size_t i) { return key_text(key_numbers_[i]); });
    const std::int64_t time = time_.of(message, [this] { return time_value(); });
    const jetcapture_schema *schema = columns_.schema();
    const jetcapture_record record = {sizeof(jetcapture_record), schema->column_count, schema, values_.data(),
                                      &message};
    sink.emit(key.data(), static_cast<std::uint32_t>(key.size()), &record, time);
  }

private:
  void add_meta_columns() {
    for (const common::Meta meta : meta_)
      meta_columns_.push_back(columns_.add(common::column_name(meta), common::kind_of(meta)));
  }

  // Every field of the object; new ones become columns behind those that are known. Of a name that comes twice, the
  // first counts.
  void take_all(const simdjson::dom::object &object) {
    // Before the first object there is no column: those of the message come behind its fields.
    const bool first_object = columns_.size() == 0;
    values_.assign(columns_.size(), jetcapture_value{});
    seen_.assign(columns_.size(), false);
    std::size_t expected = 0;
    for (const auto [name, value] : object) {
      std::optional<std::size_t> column = columns_.find(name, expected);
      if (!column) {
        if (columns_.size() >= max_fields_)
          throw BadData("the object brings more than " + std::to_string(max_fields_) + " columns (option max-fields)");
        column = columns_.add(std::string(name), JETCAPTURE_NULL);
        values_.emplace_back();
        seen_.push_back(false);
      }
      expected = *column + 1;
      if (seen_[*column])
        continue;
      seen_[*column] = true;
      values_[*column] = value_of(value, Type::automatic, name);
    }
    if (first_object) {
      add_meta_columns();
      values_.resize(columns_.size());
    }
  }

  void take_chosen() {
    values_.assign(columns_.size(), jetcapture_value{});
    for (std::size_t i = 0; i < fields_.size(); i++) {
      const ChosenField &field = fields_[i];
      if (const element *const value = pointers_.found(field_numbers_[i]))
        values_[i] = value_of(*value, field.type, field.pointer);
      else if (refuse_missing_)
        throw BadData("field " + field.pointer + " is not there");
    }
  }

  void put_meta(const jetcapture_message &message) {
    for (std::size_t i = 0; i < meta_.size(); i++)
      values_[meta_columns_[i]] = common::value_of(meta_[i], message);
  }

  jetcapture_value value_of(const element &found, Type type, std::string_view where) {
    jetcapture_value value{};
    const element_type kind = found.type();
    if (kind == element_type::NULL_VALUE)
      return value;
    const auto set_json = [&] {
      std::string &text_of_it = texts_.next();
      text_of_it = simdjson::minify(found);
      value.kind = JETCAPTURE_JSON;
      value.as.text = text(text_of_it);
    };
    const auto set_text = [&] {
      value.kind = JETCAPTURE_TEXT;
      value.as.text = text(found.get_string().value_unsafe());
    };
    switch (type) {
    case Type::automatic:
      switch (kind) {
      case element_type::STRING:
        set_text();
        break;
      case element_type::INT64:
        value.kind = JETCAPTURE_INTEGER;
        value.as.integer = found.get_int64().value_unsafe();
        break;
      case element_type::UINT64:
        value.kind = JETCAPTURE_UNSIGNED;
        value.as.uinteger = found.get_uint64().value_unsafe();
        break;
      case element_type::DOUBLE:
        value.kind = JETCAPTURE_NUMBER;
        value.as.number = found.get_double().value_unsafe();
        break;
      case element_type::BOOL:
        value.kind = JETCAPTURE_FLAG;
        value.as.integer = found.get_bool().value_unsafe() ? 1 : 0;
        break;
      default:
        set_json();
      }
      return value;
    case Type::json:
      set_json();
      return value;
    case Type::text:
      if (kind == element_type::STRING) {
        set_text();
        return value;
      }
      break;
    case Type::integer:
      if (found.get_int64().get(value.as.integer) == simdjson::SUCCESS && kind != element_type::DOUBLE) {
        value.kind = JETCAPTURE_INTEGER;
        return value;
      }
      break;
    case Type::unsigned_integer:
      if (found.get_uint64().get(value.as.uinteger) == simdjson::SUCCESS && kind != element_type::DOUBLE) {
        value.kind = JETCAPTURE_UNSIGNED;
        return value;
      }
      break;
    case Type::number:
      if (found.get_double().get(value.as.number) == simdjson::SUCCESS) {
        value.kind = JETCAPTURE_NUMBER;
        return value;
      }
      break;
    case Type::flag:
      if (kind == element_type::BOOL) {
        value.kind = JETCAPTURE_FLAG;
        value.as.integer = found.get_bool().value_unsafe() ? 1 : 0;
        return value;
      }
      break;
    case Type::timestamp:
      if (kind == element_type::STRING)
        if (const auto time = common::parse_rfc3339(found.get_string().value_unsafe())) {
          value.kind = JETCAPTURE_TIMESTAMP;
          value.as.integer = *time;
          return value;
        }
      break;
    }
    if (refuse_mismatch_)
      mismatch(found, type, where);
    return {};
  }

  [[noreturn]] static void mismatch(const element &found, Type type, std::string_view where) {
    throw BadData("field " + std::string(where) + ": expected " + std::string(common::name_of(type)) + ", found " +
                  std::string(name_of(found.type())) + " " + common::shortened(simdjson::minify(found)));
  }

  // The text of a field as a part of the key: text as it is, else as JSON. nullopt: null or not there.
  std::optional<std::string_view> key_text(std::size_t number) {
    const element *const found = pointers_.found(number);
    if (found == nullptr || found->type() == element_type::NULL_VALUE)
      return std::nullopt;
    if (found->type() == element_type::STRING)
      return found->get_string().value_unsafe();
    std::string &text_of_it = texts_.next();
    text_of_it = simdjson::minify(*found);
    return text_of_it;
  }

  jetcapture_value time_value() {
    const element *const found = pointers_.found(time_number_);
    return found == nullptr ? jetcapture_null() : value_of(*found, Type::automatic, "");
  }

  common::DestinationKey key_;
  const common::EventTime time_;
  const bool refuse_missing_;
  const bool refuse_mismatch_;
  std::size_t max_fields_;
  std::vector<ChosenField> fields_;
  std::vector<common::Meta> meta_;
  std::vector<std::size_t> meta_columns_;
  Pointers pointers_;
  std::vector<std::size_t> field_numbers_; // of the pointers, for each field
  std::vector<std::size_t> key_numbers_;   // for each part of the key that is a field
  std::size_t time_number_ = 0;            // where the time is a field
  common::Columns columns_;
  simdjson::dom::parser parser_;
  std::vector<jetcapture_value> values_;
  std::vector<bool> seen_;
  Texts texts_;
};

JETCAPTURE_CPP_DECODER(json, JsonDecoder);

} // namespace jetcapture::json
