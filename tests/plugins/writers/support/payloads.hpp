// Records and messages for writers, with all the memory that they point to.
#pragma once

#include <jetcapture/payload.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jetcapture::test {

inline jetcapture_text text(std::string_view view) {
  return {view.data(), view.size()};
}

inline jetcapture_value null() {
  return {};
}
inline jetcapture_value flag(bool is) {
  jetcapture_value value{JETCAPTURE_FLAG, 0, {}};
  value.as.integer = is ? 1 : 0;
  return value;
}
inline jetcapture_value integer(std::int64_t number, std::int32_t kind = JETCAPTURE_INTEGER) {
  jetcapture_value value{kind, 0, {}};
  value.as.integer = number;
  return value;
}
inline jetcapture_value timestamp(std::int64_t nanoseconds) {
  return integer(nanoseconds, JETCAPTURE_TIMESTAMP);
}
inline jetcapture_value natural(std::uint64_t number) {
  jetcapture_value value{JETCAPTURE_UNSIGNED, 0, {}};
  value.as.uinteger = number;
  return value;
}
inline jetcapture_value number(double is) {
  jetcapture_value value{JETCAPTURE_NUMBER, 0, {}};
  value.as.number = is;
  return value;
}
// The view has to outlive the value.
inline jetcapture_value words(std::string_view view, std::int32_t kind = JETCAPTURE_TEXT) {
  jetcapture_value value{kind, 0, {}};
  value.as.text = text(view);
  return value;
}
inline jetcapture_value blob(std::string_view view) {
  return words(view, JETCAPTURE_BYTES);
}
inline jetcapture_value json(std::string_view view) {
  return words(view, JETCAPTURE_JSON);
}
inline jetcapture_value decimal(std::string_view digits) {
  return words(digits, JETCAPTURE_DECIMAL);
}
inline jetcapture_value date(std::int64_t days) {
  return integer(days, JETCAPTURE_DATE);
}

class Schema {
public:
  // The kinds are unknown, so each value tells its own, unless kind says one for all.
  explicit Schema(std::vector<std::string> names, std::uint64_t revision = 1, std::int32_t kind = JETCAPTURE_NULL)
      : names_(std::move(names)) {
    for (const std::string &name : names_)
      pointers_.push_back(
          &columns_.emplace_back(jetcapture_column{sizeof(jetcapture_column), kind, text(name), nullptr, 0, 0}));
    schema = {sizeof schema, static_cast<std::uint32_t>(names_.size()), revision, pointers_.data()};
  }
  Schema(const Schema &) = delete;
  Schema &operator=(const Schema &) = delete;

  jetcapture_schema schema{};

private:
  std::vector<std::string> names_;
  std::deque<jetcapture_column> columns_;
  std::vector<const jetcapture_column *> pointers_;
};

// A row of a schema; values have to outlive it.
struct Row {
  Row(const Schema &schema, std::vector<jetcapture_value> given) : values(std::move(given)) {
    record = {sizeof record, static_cast<std::uint32_t>(values.size()), &schema.schema, values.data(), nullptr};
  }
  std::vector<jetcapture_value> values;
  jetcapture_record record{};
  const void *payload() const { return &record; }
};

struct Message {
  Message(std::string_view subject, std::string_view data, std::vector<std::pair<std::string, std::string>> given = {})
      : headers(std::move(given)) {
    for (const auto &[name, value] : headers)
      pairs.push_back({text(name), text(value)});
    message.size = sizeof message;
    message.subject = text(subject);
    message.data = text(data);
    message.stream = text("ORDERS");
    message.consumer = text("backup");
    message.header_count = static_cast<std::uint32_t>(pairs.size());
    message.headers = pairs.data();
    message.stream_sequence = 42;
    message.consumer_sequence = 7;
    message.deliveries = 1;
    message.timestamp = 1'709'251'199'000'000'001; // 2024-02-29T23:59:59.000000001Z
  }
  Message(const Message &) = delete;
  Message &operator=(const Message &) = delete;

  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<jetcapture_pair> pairs;
  jetcapture_message message{};
  const void *payload() const { return &message; }
};

} // namespace jetcapture::test
