#include "plugins/emitted.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace jetcapture::host;

namespace {

constexpr std::uint64_t beyond_32_bits = (std::uint64_t{1} << 32) + 2;

// A record with a text, a flag, a list of texts and a struct, which keeps the rules until a test changes it.
struct Sound {
  jetcapture_message given{};
  jetcapture_column text = JETCAPTURE_COLUMN(JETCAPTURE_TEXT, "text");
  jetcapture_column flag = JETCAPTURE_COLUMN(JETCAPTURE_FLAG, "flag");
  const jetcapture_column *list_children[1] = {&text};
  const jetcapture_column *struct_children[2] = {&text, &flag};
  jetcapture_column list = {sizeof(jetcapture_column), JETCAPTURE_LIST, {"list", 4}, list_children, 1, 0};
  jetcapture_column both = {sizeof(jetcapture_column), JETCAPTURE_STRUCT, {"both", 4}, struct_children, 2, 0};
  jetcapture_column any = JETCAPTURE_COLUMN(JETCAPTURE_NULL, "any");
  const jetcapture_column *columns[5] = {&text, &flag, &list, &both, &any};
  jetcapture_schema schema = {sizeof(jetcapture_schema), 5, 1, columns};
  jetcapture_value elements[2] = {jetcapture_text_value(JETCAPTURE_TEXT, {"x", 1}), jetcapture_null()};
  jetcapture_value members[2] = {jetcapture_text_value(JETCAPTURE_TEXT, {"x", 1}), jetcapture_flag(0)};
  jetcapture_value values[5] = {jetcapture_text_value(JETCAPTURE_TEXT, {nullptr, 0}), jetcapture_flag(1),
                                jetcapture_children(JETCAPTURE_LIST, elements, 2),
                                jetcapture_children(JETCAPTURE_STRUCT, members, 2), jetcapture_integer(7)};
  jetcapture_record record = {sizeof(jetcapture_record), 5, &schema, values, &given};

  std::string breach() {
    PayloadCheck check(JETCAPTURE_PAYLOAD_RECORD);
    const char *found = check.breach(&record, &given);
    return found == nullptr ? "" : found;
  }
};

} // namespace

TEST_CASE("a record that keeps the rules has no breach, however deep its values are") {
  CHECK(Sound().breach().empty());
}

TEST_CASE("each pointer, size, count and kind of a record that leads its reader astray is found") {
  const std::vector<std::pair<std::string, std::function<void(Sound &)>>> breaches = {
      {"a record with a size that is too small", [](Sound &s) { s.record.size = sizeof s.record - 1; }},
      {"a record without a schema", [](Sound &s) { s.record.schema = nullptr; }},
      {"a record with a number of values, and no values", [](Sound &s) { s.record.values = nullptr; }},
      {"a record without the message that it was decoded from", [](Sound &s) { s.record.message = nullptr; }},
      {"a record with another number of values than its schema has columns",
       [](Sound &s) { s.record.value_count = 4; }},
      {"a schema with a size that is too small", [](Sound &s) { s.schema.size = 8; }},
      {"a schema without a revision", [](Sound &s) { s.schema.revision = 0; }},
      {"a schema with a number of columns, and no columns", [](Sound &s) { s.schema.columns = nullptr; }},
      {"a schema in which a column is NULL", [](Sound &s) { s.columns[1] = nullptr; }},
      {"a schema in which a column is NULL", [](Sound &s) { s.struct_children[1] = nullptr; }},
      {"a column with a size that is too small", [](Sound &s) { s.flag.size = 4; }},
      {"a column whose name has a size and no data",
       [](Sound &s) {
         s.any.name = {nullptr, 5};
       }},
      {"a column with another number of children than its kind has", [](Sound &s) { s.list.child_count = 0; }},
      {"a column with another number of children than its kind has", [](Sound &s) { s.both.child_count = 0; }},
      {"a column with another number of children than its kind has", [](Sound &s) { s.any.child_count = 1; }},
      {"a schema with a number of columns, and no columns", [](Sound &s) { s.both.children = nullptr; }},
      {"a schema with too many levels of nested columns", [](Sound &s) { s.list_children[0] = &s.list; }},
      {"a value of another kind than its column's", [](Sound &s) { s.values[0] = jetcapture_integer(1); }},
      {"a value of another kind than its column's", [](Sound &s) { s.elements[0] = jetcapture_integer(1); }},
      {"a value of another kind than its column's", [](Sound &s) { s.values[4] = s.values[2]; }},
      {"a flag that is neither 0 nor 1", [](Sound &s) { s.values[1].as.integer = 7; }},
      {"a flag that is neither 0 nor 1", [](Sound &s) { s.members[1].as.integer = -1; }},
      {"a text that has a size and no data",
       [](Sound &s) {
         s.values[0].as.text = {nullptr, 5};
       }},
      {"a text that has a size and no data",
       [](Sound &s) {
         s.elements[0].as.text = {nullptr, 5};
       }},
      {"a text above 1 GiB",
       [](Sound &s) {
         s.members[0].as.text = {"ab", beyond_32_bits};
       }},
      {"a list or a struct with a number of values, and no values",
       [](Sound &s) { s.values[2].as.children.values = nullptr; }},
      {"a list or a struct with a number of values, and no values",
       [](Sound &s) { s.values[2].as.children.count = beyond_32_bits; }},
      {"a struct with another number of values than its column has children",
       [](Sound &s) { s.values[3].as.children.count = 1; }},
  };
  for (const auto &[sentence, spoil] : breaches) {
    Sound sound;
    spoil(sound);
    CHECK(sound.breach() == sentence);
  }
}

TEST_CASE("a schema that broke a rule is not taken for known, and one that is known is not looked through again") {
  Sound sound;
  PayloadCheck check(JETCAPTURE_PAYLOAD_RECORD);
  sound.any.size = 4;
  CHECK(check.breach(&sound.record, &sound.given) != nullptr);
  CHECK(check.breach(&sound.record, &sound.given) != nullptr);
  sound.any.size = sizeof sound.any;
  CHECK(check.breach(&sound.record, &sound.given) == nullptr);
  sound.any.size = 4;
  CHECK(check.breach(&sound.record, &sound.given) == nullptr);
}

TEST_CASE(
    "of a message of the decoder's own the texts and headers are looked at, of the one that it was given nothing") {
  jetcapture_message message{};
  PayloadCheck check(JETCAPTURE_PAYLOAD_MESSAGE);
  CHECK(check.breach(&message, &message) == nullptr);
  const jetcapture_message given{};
  CHECK(check.breach(&message, &given) == std::string("a message with a size that is too small"));
  message.size = sizeof message;
  CHECK(check.breach(&message, &given) == nullptr);
  message.subject = {nullptr, 1};
  CHECK(check.breach(&message, &given) == std::string("a text that has a size and no data"));
  message.subject = {};
  message.header_count = 1;
  CHECK(check.breach(&message, &given) == std::string("a message with a number of headers, and no headers"));
  const jetcapture_pair header = {{"name", 4}, {nullptr, 1}};
  message.headers = &header;
  CHECK(check.breach(&message, &given) == std::string("a text that has a size and no data"));
}

TEST_CASE("a payload of a plug-in's own type is not looked at") {
  const int payload = 0;
  CHECK(PayloadCheck("com.example.trade/2").breach(&payload, nullptr) == nullptr);
}

TEST_CASE("an item is looked at, and its key within its limits") {
  const int payload = 0;
  const jetcapture_text parts[2] = {{"a", 1}, {nullptr, 0}};
  const jetcapture_item sound = {sizeof sound, 2, parts, &payload, JETCAPTURE_NO_TIME};
  CHECK(breach_of(&sound) == nullptr);
  CHECK_FALSE(key_is_too_large(sound));
  CHECK(breach_of(static_cast<const jetcapture_item *>(nullptr)) == std::string("no item"));
  jetcapture_item item = sound;
  item.size = 4;
  CHECK(breach_of(&item) == std::string("an item with a size that is too small"));
  item = sound;
  item.payload = nullptr;
  CHECK(breach_of(&item) == std::string("an item with no payload"));
  item = sound;
  item.key = nullptr;
  CHECK(breach_of(&item) == std::string("an item with parts of a key, and no key"));
  const jetcapture_text unreadable[1] = {{nullptr, 5}};
  item = {sizeof item, 1, unreadable, &payload, JETCAPTURE_NO_TIME};
  CHECK(breach_of(&item) == std::string("an item with a part of a key that has a size, and no data"));
  const jetcapture_text large[2] = {{"ab", 2}, {"ab", beyond_32_bits}};
  item = {sizeof item, 2, large, &payload, JETCAPTURE_NO_TIME};
  CHECK(breach_of(&item) == nullptr);
  CHECK(key_is_too_large(item));
}
