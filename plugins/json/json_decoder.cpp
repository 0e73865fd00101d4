// The decoder "json": a JSON object in the data of a message becomes a record.
#include "common/chosen_field.hpp"
#include "common/columns.hpp"
#include "common/destination_key.hpp"
#include "common/event_time.hpp"
#include "common/meta.hpp"
#include "common/rfc3339.hpp"
#include "common/shortened.hpp"
#include "text/json_document.hpp"
#include "text/json_number.hpp"

#include <jetcapture/plugin.hpp>

#include <algorithm>
#include <bitset>
#include <utility>

namespace jetcapture::json {

namespace {

using common::ChosenField;
using common::Type;
using plugins::JsonDocument;
using plugins::JsonKind;
using plugins::JsonMembers;
using plugins::JsonNumber;
using plugins::JsonValue;

constexpr const char *missing_choices[] = {"null", "refuse", nullptr};
constexpr const char *mismatch_choices[] = {"refuse", "null", nullptr};

std::string_view name_of(const JsonValue &value) {
  switch (value.kind()) {
  case JsonKind::array:
    return "an array";
  case JsonKind::object:
    return "an object";
  case JsonKind::number:
    return JsonNumber(value.token()).is_integer() ? "an integer" : "a number with a fraction or an exponent";
  case JsonKind::text:
    return "text";
  case JsonKind::flag:
    return "a flag";
  case JsonKind::null:
    return "null";
  }
  return "something else";
}

// Values are written where they stay, member by member: to copy one that has just been made costs more than to make it.
bool put_integer(jetcapture_value &to, std::int32_t kind, std::optional<std::int64_t> integer) {
  if (!integer)
    return false;
  to.kind = kind;
  to.as.integer = *integer;
  return true;
}

bool put_text(jetcapture_value &to, std::int32_t kind, std::string_view characters) {
  to.kind = kind;
  to.as.text = text(characters);
  return true;
}

// token: of a number. False: the type can't hold it.
bool put_number(jetcapture_value &to, std::string_view token, Type type) {
  const JsonNumber number(token);
  if (type == Type::automatic) {
    number.put_into(to);
    return true;
  }
  if (type == Type::decimal)
    return put_text(to, JETCAPTURE_DECIMAL, token);
  if (type == Type::integer)
    return put_integer(to, JETCAPTURE_INTEGER, number.integer());
  if (type == Type::unsigned_integer) {
    const auto natural = number.natural();
    to = natural ? jetcapture_unsigned(*natural) : jetcapture_null();
    return natural.has_value();
  }
  const auto nearest = number.nearest();
  to = nearest ? jetcapture_number(*nearest) : jetcapture_null();
  return nearest.has_value();
}

bool is_of_numbers(Type type) {
  return type == Type::automatic || type == Type::integer || type == Type::unsigned_integer || type == Type::number ||
         type == Type::decimal;
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
    wanted_.push_back({pointer, tokens, tokens.size() == 1 ? std::optional(tokens.front()) : std::nullopt, {}});
    if (tokens.size() == 1) {
      top_level_++;
      sizes_.set(std::min(tokens.front().size(), sizes_.size() - 1));
    }
    return wanted_.size() - 1;
  }

  // Those of the top level in one pass over the object: of a name that comes twice, the first counts.
  void find(const JsonValue &object) {
    for (Wanted &wanted : wanted_)
      wanted.value = wanted.name ? std::nullopt : object.at(wanted.tokens);
    std::size_t left = top_level_;
    std::size_t expected = 0; // they mostly come in the order in which they are wanted
    for (JsonMembers members(object); left > 0 && members.next();) {
      const std::optional<std::string_view> name = members.name(spare_);
      if (!name || !sizes_[std::min(name->size(), sizes_.size() - 1)])
        continue;
      std::size_t at = expected;
      for (std::size_t tried = 0; tried < wanted_.size(); tried++) {
        Wanted &wanted = wanted_[at];
        at = at + 1 == wanted_.size() ? 0 : at + 1;
        if (wanted.name != *name)
          continue;
        expected = at;
        if (!wanted.value) {
          wanted.value = members.value();
          left--;
        }
        break;
      }
    }
  }

  // Of the last object; nullopt: it is not there.
  const std::optional<JsonValue> &found(std::size_t number) const { return wanted_[number].value; }

private:
  struct Wanted {
    std::string pointer;
    std::vector<std::string> tokens;
    std::optional<std::string> name; // of a field of the top level
    std::optional<JsonValue> value;
  };
  std::vector<Wanted> wanted_;
  std::size_t top_level_ = 0;
  std::bitset<64> sizes_; // of the names; the last stands for all that are longer
  std::string spare_;
};

// Texts that are not simply in the message: without their escapes, or minified. Kept until the next message.
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
      list_option(
          "fields", nullptr,
          "columns by JSON pointer: name=/pointer:type with type auto, text, integer, unsigned, number, decimal, "
          "flag, timestamp, date or json (default: all top-level fields)"),
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
    if (const std::string why = document_.parse(view(message.data)); !why.empty())
      throw BadData("the data is not JSON: " + why);
    const JsonValue object = document_.root();
    if (object.kind() != JsonKind::object)
      throw BadData("the data is not a JSON object but " + std::string(name_of(object)));
    pointers_.find(object);
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
  void take_all(const JsonValue &object) {
    // Before the first object there is no column: those of the message come behind its fields.
    const bool first_object = columns_.size() == 0;
    values_.assign(columns_.size(), jetcapture_value{});
    seen_.assign(columns_.size(), false);
    std::size_t expected = 0;
    for (JsonMembers members(object); members.next();) {
      const std::string_view name = characters(members.name(texts_.next()), "of the top level");
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
      put_value(values_[*column], members.value(), Type::automatic, name);
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
      if (const auto &value = pointers_.found(field_numbers_[i]))
        put_value(values_[i], *value, field.type, field.pointer);
      else if (refuse_missing_)
        throw BadData("field " + field.pointer + " is not there");
    }
  }

  void put_meta(const jetcapture_message &message) {
    for (std::size_t i = 0; i < meta_.size(); i++)
      values_[meta_columns_[i]] = common::value_of(meta_[i], message);
  }

  // Throws BadData: they are not what UTF-8 can hold.
  static std::string_view characters(const std::optional<std::string_view> &found, std::string_view where) {
    if (!found)
      throw BadData("field " + std::string(where) + ": half of a surrogate pair, which UTF-8 can't hold");
    return *found;
  }

  // to: a null, which stays one where the value is null or does not fit.
  void put_value(jetcapture_value &to, const JsonValue &found, Type type, std::string_view where) {
    const JsonKind kind = found.kind();
    if (kind != JsonKind::null && !fits(to, found, kind, type, where) && refuse_mismatch_)
      mismatch(found, type, where);
  }

  bool fits(jetcapture_value &to, const JsonValue &found, JsonKind kind, Type type, std::string_view where) {
    if (type == Type::json)
      return put_json(to, found);
    switch (kind) {
    case JsonKind::text:
      return put_characters(to, found, type, where);
    case JsonKind::number:
      return is_of_numbers(type) && put_number(to, found.token(), type);
    case JsonKind::flag:
      return (type == Type::automatic || type == Type::flag) &&
             put_integer(to, JETCAPTURE_FLAG, found.token() == "true" ? 1 : 0);
    default:
      return type == Type::automatic && put_json(to, found);
    }
  }

  bool put_characters(jetcapture_value &to, const JsonValue &found, Type type, std::string_view where) {
    const bool is_text = type == Type::automatic || type == Type::text;
    if (!is_text && type != Type::timestamp && type != Type::date)
      return false;
    const std::string_view characters_of_it = characters(found.text(texts_.next()), where);
    if (is_text)
      return put_text(to, JETCAPTURE_TEXT, characters_of_it);
    return type == Type::date ? put_integer(to, JETCAPTURE_DATE, common::parse_date(characters_of_it))
                              : put_integer(to, JETCAPTURE_TIMESTAMP, common::parse_rfc3339(characters_of_it));
  }

  bool put_json(jetcapture_value &to, const JsonValue &found) {
    return put_text(to, JETCAPTURE_JSON, found.minified(texts_.next()));
  }

  [[noreturn]] static void mismatch(const JsonValue &found, Type type, std::string_view where) {
    std::string spare;
    throw BadData("field " + std::string(where) + ": expected " + std::string(common::name_of(type)) + ", found " +
                  std::string(name_of(found)) + " " + common::shortened(found.minified(spare)));
  }

  // The text of a field as a part of the key: text as it is, else as JSON. nullopt: null or not there.
  std::optional<std::string_view> key_text(std::size_t number) {
    const std::optional<JsonValue> &found = pointers_.found(number);
    if (!found || found->kind() == JsonKind::null)
      return std::nullopt;
    if (found->kind() == JsonKind::text)
      return characters(found->text(texts_.next()), "of the key");
    return found->minified(texts_.next());
  }

  jetcapture_value time_value() {
    jetcapture_value value = jetcapture_null();
    if (const auto &found = pointers_.found(time_number_))
      put_value(value, *found, Type::automatic, "of the time");
    return value;
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
  JsonDocument document_;
  std::vector<jetcapture_value> values_;
  std::vector<bool> seen_;
  Texts texts_;
};

JETCAPTURE_CPP_DECODER(json, JsonDecoder);

} // namespace jetcapture::json
