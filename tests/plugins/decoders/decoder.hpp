// A decoder from its real .so: created with options, given messages, its items copied.
#pragma once

#include "plugins/support/fake_host.hpp"
#include "plugins/support/stage.hpp"

#include <jetcapture/plugin.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::test {

struct Item {
  std::vector<std::string> key;
  std::vector<std::string> columns;
  std::vector<std::string> types;  // with what is below: "lines list<item struct<sku text>>"
  std::vector<std::string> values; // as text, with the kind before: "integer 5", "text abc", "null"
  std::uint64_t revision = 0;
  std::int64_t event_time = JETCAPTURE_NO_TIME;
};

inline std::string text_of(const jetcapture_value &value) {
  switch (value.kind) {
  case JETCAPTURE_NULL:
    return "null";
  case JETCAPTURE_FLAG:
    return value.as.integer != 0 ? "flag true" : "flag false";
  case JETCAPTURE_INTEGER:
    return "integer " + std::to_string(value.as.integer);
  case JETCAPTURE_UNSIGNED:
    return "unsigned " + std::to_string(value.as.uinteger);
  case JETCAPTURE_NUMBER:
    return "number " + nlohmann::json(value.as.number).dump();
  case JETCAPTURE_TIMESTAMP:
    return "timestamp " + std::to_string(value.as.integer);
  case JETCAPTURE_TEXT:
    return "text " + std::string(view(value.as.text));
  case JETCAPTURE_JSON:
    return "json " + std::string(view(value.as.text));
  case JETCAPTURE_DECIMAL:
    return "decimal " + std::string(view(value.as.text));
  case JETCAPTURE_DATE:
    return "date " + std::to_string(value.as.integer);
  case JETCAPTURE_LIST:
  case JETCAPTURE_STRUCT: {
    std::string all;
    for (std::uint64_t i = 0; i < value.as.children.count; i++)
      all += (i == 0 ? "" : ", ") + text_of(value.as.children.values[i]);
    return value.kind == JETCAPTURE_LIST ? "list [" + all + "]" : "struct {" + all + "}";
  }
  default:
    return "kind " + std::to_string(value.kind);
  }
}

// "lines list<item struct<sku text, quantity unsigned>>"; kinds by their numbers otherwise.
inline std::string type_of(const jetcapture_column &column) {
  std::string type = std::string(view(column.name)) + " ";
  type += column.kind == JETCAPTURE_LIST     ? "list"
          : column.kind == JETCAPTURE_STRUCT ? "struct"
                                             : std::to_string(column.kind);
  for (std::uint32_t i = 0; i < column.child_count; i++)
    type += (i == 0 ? "<" : ", ") + type_of(*column.children[i]);
  return type + (column.child_count == 0 ? "" : ">");
}

class Decoder {
public:
  // file: of the plug-in, without .so, where it is not the name.
  Decoder(const std::string &name, const std::vector<std::string> &options, const std::string &file = "")
      : description_(load_stage<jetcapture_decoder>("decoder", name, file)) {
    const StageSettings settings(*description_.about, options);
    const jetcapture_create_args args = settings.args(host_.get(), description_.produces[0]);
    created_ = description_.create(&args, &self_);
    CHECK((created_ == JETCAPTURE_OK) == (self_ != nullptr));
  }
  ~Decoder() {
    if (self_ != nullptr)
      description_.destroy(self_);
  }
  Decoder(const Decoder &) = delete;
  Decoder &operator=(const Decoder &) = delete;

  jetcapture_status created() const { return created_; }
  std::string sentence() const { return host_.sentence(); }

  jetcapture_status decode(const std::string &data) {
    items.clear();
    // On the heap, exactly as long as it is, so that the sanitizers see a byte too many.
    const std::vector<char> exact(data.begin(), data.end());
    jetcapture_message message{};
    message.size = sizeof message;
    message.subject = text(subject);
    message.stream = jetcapture_text_of("S");
    message.data = {exact.data(), exact.size()};
    std::vector<jetcapture_pair> pairs;
    for (const auto &[name, value] : headers)
      pairs.push_back({text(name), text(value)});
    message.headers = pairs.data();
    message.header_count = static_cast<std::uint32_t>(pairs.size());
    message.stream_sequence = 7;
    message.timestamp = timestamp;
    const Sink sink = {{sizeof(jetcapture_sink), 0, &emit}, this};
    const jetcapture_status status = description_.decode(self_, &message, &sink.sink);
    if (status != JETCAPTURE_OK)
      CHECK_FALSE(sentence().empty());
    return status;
  }

  // The values of the one item of that data.
  std::vector<std::string> values(const std::string &data) {
    const jetcapture_status status = decode(data);
    CHECK_MESSAGE(status == JETCAPTURE_OK, sentence());
    if (status != JETCAPTURE_OK || items.size() != 1)
      return {"refused"};
    return items.front().values;
  }
  // Why that data is refused as bad data; empty: it is not.
  std::string refusal(const std::string &data) {
    const jetcapture_status status = decode(data);
    CHECK((status == JETCAPTURE_OK || status == JETCAPTURE_BAD_DATA));
    CHECK(items.empty() == (status != JETCAPTURE_OK));
    return status == JETCAPTURE_OK ? "" : sentence();
  }

  std::string subject = "orders.eu.new";
  std::int64_t timestamp = 99;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<Item> items;
  const void *last_payload = nullptr;

private:
  struct Sink {
    jetcapture_sink sink; // first: a pointer to it is a pointer to this
    Decoder *owner;
  };
  static jetcapture_status emit(const jetcapture_sink *sink, const jetcapture_item *item) {
    Decoder &self = *reinterpret_cast<const Sink *>(sink)->owner;
    Item copy;
    for (std::uint32_t i = 0; i < item->key_count; i++)
      copy.key.emplace_back(item->key[i].data == nullptr ? "(null)" : view(item->key[i]));
    self.last_payload = item->payload;
    copy.event_time = item->event_time;
    if (std::string(self.description_.produces[0]) == JETCAPTURE_PAYLOAD_RECORD) {
      const auto &record = *static_cast<const jetcapture_record *>(item->payload);
      CHECK(record.value_count == record.schema->column_count);
      copy.revision = record.schema->revision;
      for (std::uint32_t i = 0; i < record.value_count; i++) {
        copy.columns.emplace_back(view(record.schema->columns[i]->name));
        copy.types.push_back(type_of(*record.schema->columns[i]));
        copy.values.push_back(text_of(record.values[i]));
        const std::int32_t kind = record.schema->columns[i]->kind;
        CHECK((kind == JETCAPTURE_NULL || record.values[i].kind == JETCAPTURE_NULL || record.values[i].kind == kind));
      }
    }
    self.items.push_back(std::move(copy));
    return JETCAPTURE_OK;
  }

  FakeHost host_;
  const jetcapture_decoder &description_;
  void *self_ = nullptr;
  jetcapture_status created_;
};

using Texts = std::vector<std::string>;

} // namespace jetcapture::test
