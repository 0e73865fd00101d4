// The decoder "protobuf": a binary protobuf message in the data becomes a record. Options and results: README.md.
#include "common/chosen_field.hpp"
#include "common/columns.hpp"
#include "common/destination_key.hpp"
#include "common/event_time.hpp"
#include "common/meta.hpp"
#include "common/shortened.hpp"
#include "protobuf/column.hpp"
#include "protobuf/damage.hpp"
#include "protobuf/descriptors.hpp"
#include "protobuf/framing.hpp"
#include "text/numbers.hpp"
#include "text/timestamp.hpp"

#include <jetcapture/plugin.hpp>

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::protobuf {

namespace {

constexpr const char *name_choices[] = {"proto", "json", nullptr};
constexpr const char *enum_choices[] = {"names", "numbers", nullptr};
constexpr const char *framing_choices[] = {"none", "delimited", "confluent", nullptr};
constexpr const char *nested_choices[] = {"json", "structs", nullptr};
constexpr const char *nested_default = "structs";
constexpr const char *unknown_choices[] = {"ignore", "refuse", nullptr};

} // namespace

class ProtobufDecoder {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary =
      "a protobuf message becomes a record, by the descriptor set that protoc makes of its .proto files";
  static constexpr const char *produces[] = {JETCAPTURE_PAYLOAD_RECORD};
  static constexpr jetcapture_option options[] = {
      path_option("descriptors", nullptr,
                  "descriptor set: the file of protoc --include_imports --descriptor_set_out=FILE",
                  JETCAPTURE_OPTION_REQUIRED),
      text_option("message", nullptr, "full name of the message type, such as shop.Order", JETCAPTURE_OPTION_REQUIRED),
      list_option("fields", nullptr,
                  "columns by pointer: name=/pointer:type, such as /customer/region; the type is the field's own where "
                  "it is left out, and else one that the field can be (default: all top-level fields)"),
      choice_option("names", name_choices, "proto", "names of fields: those of the .proto file, or those of JSON"),
      choice_option("enums", enum_choices, "names", "values of enums: their names or their numbers"),
      choice_option("nested", nested_choices, nested_default,
                    "repeated fields, maps and messages: JSON text, or lists and structs, for writers that have them"),
      choice_option(
          "framing", framing_choices, "none",
          "what stands before a message: nothing; its length, as a varint, with as many messages as there are "
          "(each becomes a record); or the header of a schema registry's serializer"),
      choice_option("unknown", unknown_choices, "ignore",
                    "fields that the message type does not have: ignore them, or refuse the message"),
      list_option("key", "subject",
                  "destination key, a list of parts: field:/region, subject, token:2, token:-1, header:Name; or none"),
      common::key_missing_option,
      common::time_option,
      common::time_unit_option,
      common::time_missing_option,
      common::time_ahead_option,
      common::meta_option,
  };

  explicit ProtobufDecoder(const Options &given)
      : descriptors_(given.text("descriptors")), type_(descriptors_.type(given.text("message"))),
        message_(descriptors_.make(type_)), place_(place_in_file(type_)), key_(given, true), time_(given, true),
        framing_(given.text("framing")), refuse_unknown_(given.text("unknown") == "refuse") {
    const Spelling spelling = {given.text("names") == "json", given.text("enums") == "numbers"};
    const Nesting nesting = given.text("nested") == "json" ? Nesting::json : Nesting::structs;
    const std::vector<std::string> chosen = given.list("fields");
    for (const std::string &text : chosen) {
      const common::ChosenField field = common::parse_field(text);
      const Column &column = fields_.emplace_back(type_, field.pointer, field.type, spelling, nesting, "fields");
      add(field.name, column.column());
    }
    for (int i = 0; chosen.empty() && i < type_.field_count(); i++) {
      const Column &column = fields_.emplace_back(type_, "/" + type_.field(i)->name(), common::Type::automatic,
                                                  spelling, nesting, "message");
      add(column.name(), column.column());
    }
    for (const std::string &name : given.list("meta")) {
      meta_.push_back(common::parse_meta(name));
      add(common::column_name(meta_.back()),
          {sizeof(jetcapture_column), common::kind_of(meta_.back()), {}, nullptr, 0, 0});
    }
    for (const std::string &pointer : key_.pointers()) {
      key_fields_.emplace_back(type_, pointer, common::Type::automatic, spelling, Nesting::json, "key");
      key_texts_.emplace_back();
    }
    if (time_.pointer())
      time_field_.emplace(type_, *time_.pointer(), common::Type::automatic, spelling, Nesting::json, "time");
    schema_ = columns_.schema();
  }

  void decode(const jetcapture_message &message, Sink &sink) {
    std::string_view rest = view(message.data);
    if (framing_ == "none")
      return take(rest, message, sink);
    if (framing_ == "confluent")
      return take(without_confluent_header(rest, place_), message, sink);
    if (rest.empty())
      throw BadData("the data has no message (option framing)");
    while (!rest.empty())
      take(take_delimited(rest), message, sink);
  }

private:
  void add(const std::string &name, const jetcapture_column &like) {
    if (columns_.find(name, columns_.size()))
      throw Misconfigured("there are two columns \"" + name +
                          "\": give one of them another name, with name=/pointer in the option fields");
    columns_.add(name, like);
  }

  void take(std::string_view data, const jetcapture_message &message, Sink &sink) {
    parse(data);
    values_.clear();
    arena_.clear();
    for (const Column &field : fields_)
      values_.push_back(field.value_of(*message_, arena_));
    for (const common::Meta meta : meta_)
      values_.push_back(common::value_of(meta, message));
    const auto &key = key_.of(message, [&](std::size_t i) { return key_text(i); });
    const std::int64_t time = time_.of(message, [this] { return time_value(); });
    const jetcapture_record record = {sizeof record, schema_->column_count, schema_, values_.data(), &message};
    sink.emit(key.data(), static_cast<std::uint32_t>(key.size()), &record, time);
  }

  void parse(std::string_view data) {
    // What a message has allocated it keeps for the next one: not where that was much.
    constexpr std::size_t much = 64 << 10;
    if (last_size_ > much)
      message_ = descriptors_.make(type_);
    last_size_ = data.size();
    if (data.size() > INT_MAX)
      throw BadData("the message has more than 2 GiB, which protobuf does not read");
    if (!message_->ParsePartialFromArray(data.data(), static_cast<int>(data.size())))
      throw BadData("the data can't be read as " + type_.full_name() + ": " + damage_of(data, type_));
    if (!message_->IsInitialized())
      throw BadData("required fields are not there: " + common::shortened(message_->InitializationErrorString()));
    if (refuse_unknown_)
      if (const std::string found = unknown_field_of(*message_); !found.empty())
        throw BadData(found + ", which the descriptor set does not have (option unknown)");
  }

  // A time that no column could have is none.
  jetcapture_value time_value() {
    try {
      return time_field_->value_of(*message_, arena_);
    } catch (const BadData &) {
      return jetcapture_null();
    }
  }

  // The text of a field as a part of the key: text as it is, else as in JSON. nullopt: null.
  std::optional<std::string_view> key_text(std::size_t i) {
    const jetcapture_value value = key_fields_[i].value_of(*message_, arena_);
    char *const place = key_texts_[i].data();
    const auto up_to = [&](const char *end) { return std::string_view(place, static_cast<std::size_t>(end - place)); };
    switch (value.kind) {
    case JETCAPTURE_NULL:
      return std::nullopt;
    case JETCAPTURE_FLAG:
      return value.as.integer != 0 ? "true" : "false";
    case JETCAPTURE_INTEGER:
      return up_to(plugins::format(place, value.as.integer));
    case JETCAPTURE_UNSIGNED:
      return up_to(plugins::format(place, value.as.uinteger));
    case JETCAPTURE_NUMBER:
      return up_to(plugins::format(place, value.as.number));
    case JETCAPTURE_TIMESTAMP:
      return up_to(plugins::format_timestamp(place, value.as.integer));
    default:
      return view(value.as.text);
    }
  }

  // libprotobuf writes what it thinks of a message to stderr, where it is not told to be silent; that is one setting
  // for the process.
  const google::protobuf::LogSilencer silence_;
  Descriptors descriptors_;
  const google::protobuf::Descriptor &type_;
  std::unique_ptr<google::protobuf::Message> message_;
  std::size_t last_size_ = 0;
  const std::vector<int> place_;
  common::DestinationKey key_;
  const common::EventTime time_;
  const std::string framing_;
  const bool refuse_unknown_;
  std::deque<Column> fields_;
  std::vector<common::Meta> meta_;
  std::deque<Column> key_fields_;
  std::optional<Column> time_field_; // where the time is a field
  std::deque<std::array<char, std::max(plugins::longest_number, plugins::longest_timestamp)>> key_texts_;
  common::Columns columns_;
  const jetcapture_schema *schema_ = nullptr;
  ValueArena arena_;
  std::vector<jetcapture_value> values_;
};

JETCAPTURE_CPP_DECODER(protobuf, ProtobufDecoder);

} // namespace jetcapture::protobuf
