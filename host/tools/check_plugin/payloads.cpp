#include "tools/check_plugin/payloads.hpp"

#include "tools/check_plugin/guarded.hpp"
#include "tools/check_plugin/instance.hpp"
#include "tools/check_plugin/messages.hpp"
#include "tools/check_sink.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>

namespace jetcapture::host {
namespace {

using Use = std::function<jetcapture_status(const void *)>;

// A record and what it is made of, in memory that is gone after its use.
class LentRecord {
public:
  LentRecord(std::string_view texts, std::size_t values, std::uint64_t number)
      : texts_(texts), values_(sizeof(jetcapture_value) * values), record_(sizeof(jetcapture_record)),
        message_("{}", number + 1) {
    std::memset(values_.data(), 0, values_.size());
  }

  const char *texts() const { return texts_.data(); }
  jetcapture_value *values() const { return reinterpret_cast<jetcapture_value *>(values_.data()); }
  const jetcapture_message *message() const { return &message_.message(); }
  const void *place(const jetcapture_record &record) {
    std::memcpy(record_.data(), &record, sizeof record);
    return record_.data();
  }
  std::string content() const {
    return std::string(record_.view()).append(values_.view()).append(texts_.view()).append(message_.content());
  }
  void forbid() {
    texts_.forbid();
    values_.forbid();
    record_.forbid();
  }

private:
  Guarded texts_;
  Guarded values_;
  Guarded record_;
  CheckMessage message_;
};

constexpr jetcapture_column column(std::int32_t kind, const char *name, std::uint64_t size) {
  return {sizeof(jetcapture_column), kind, {name, size}, nullptr, 0, 0};
}
constexpr jetcapture_column flag_column = column(JETCAPTURE_FLAG, "flag", 4);
constexpr jetcapture_column integer_column = column(JETCAPTURE_INTEGER, "integer", 7);
constexpr jetcapture_column unsigned_column = column(JETCAPTURE_UNSIGNED, "unsigned", 8);
constexpr jetcapture_column number_column = column(JETCAPTURE_NUMBER, "number", 6);
constexpr jetcapture_column text_column = column(JETCAPTURE_TEXT, "text", 4);
constexpr jetcapture_column bytes_column = column(JETCAPTURE_BYTES, "bytes", 5);
constexpr jetcapture_column time_column = column(JETCAPTURE_TIMESTAMP, "timestamp", 9);
constexpr jetcapture_column json_column = column(JETCAPTURE_JSON, "json", 4);
constexpr jetcapture_column any_column = column(JETCAPTURE_NULL, "any \"kind\",", 11);
constexpr const jetcapture_column *columns[] = {&flag_column,   &integer_column, &unsigned_column,
                                                &number_column, &text_column,    &bytes_column,
                                                &time_column,   &json_column,    &any_column};
constexpr std::uint32_t column_count = std::size(columns);
constexpr jetcapture_schema schema = {sizeof(jetcapture_schema), column_count, 1, columns};

constexpr jetcapture_column decimal_column = column(JETCAPTURE_DECIMAL, "decimal", 7);
constexpr jetcapture_column date_column = column(JETCAPTURE_DATE, "date", 4);
constexpr jetcapture_column integer_item = column(JETCAPTURE_INTEGER, "item", 4);
constexpr jetcapture_column text_item = column(JETCAPTURE_TEXT, "item", 4);
constexpr const jetcapture_column *integer_items[] = {&integer_item};
constexpr const jetcapture_column *text_items[] = {&text_item};
constexpr jetcapture_column parent(std::int32_t kind, std::string_view name, const jetcapture_column *const *children,
                                   std::uint32_t count) {
  return {sizeof(jetcapture_column), kind, {name.data(), name.size()}, children, count, 0};
}
constexpr jetcapture_column list_column = parent(JETCAPTURE_LIST, "list", integer_items, 1);
constexpr jetcapture_column tags_column = parent(JETCAPTURE_LIST, "tags", text_items, 1);
constexpr const jetcapture_column *fields[] = {&text_column, &decimal_column, &tags_column};
constexpr jetcapture_column struct_column = parent(JETCAPTURE_STRUCT, "struct", fields, 3);
constexpr jetcapture_column nothing_column = column(JETCAPTURE_NULL, "nothing", 7);
constexpr const jetcapture_column *nested_columns[] = {&decimal_column, &date_column, &list_column,
                                                       &struct_column,  &any_column,  &nothing_column};
constexpr std::uint32_t nested_count = std::size(nested_columns);
constexpr jetcapture_schema nested_schema = {sizeof(jetcapture_schema), nested_count, 2, nested_columns};
constexpr std::string_view nested_texts = "-12.50 0 1e400 123456789012345678901234567890.5 caf\xC3\xA9 a,\"b\"\n name";

constexpr std::string_view hard_text = "a,b;c\t\"quoted\"\r\n=1+1 'x' \\ \x7f caf\xC3\xA9 \xF0\x9F\x8D\x95";
constexpr std::string_view all_bytes("\x00\x01\x0a\x0d\x22\x7f\x80\xc3\x28\xff", 10);

constexpr std::uint64_t large_row = 11;

// Row n of a small set: usual ones, nulls, extremes.
class Records : public Payloads {
public:
  std::string_view name() const override { return "records of simple values"; }
  std::uint64_t count() const override { return 24; }
  std::uint64_t largest() const override { return large_row; }

  jetcapture_status with(std::uint64_t number, const Use &use) override {
    const std::uint64_t n = number % count();
    // Its values, its record and its texts, in memory that is taken away afterwards.
    const std::string text = n % 4 == 1       ? ""
                             : n % 4 == 2     ? std::string(hard_text)
                             : n == large_row ? std::string(70'000, 'x')
                                              : "row " + std::to_string(n);
    const std::string json = n % 3 == 0 ? R"({"a":[1,2,{"b":null}]})" : n % 3 == 1 ? "[]" : R"("text")";
    LentRecord lent(text + std::string(all_bytes) + json, column_count, number);
    jetcapture_value *const values = lent.values();
    const char *at = lent.texts();
    const jetcapture_text shown = {at, text.size()};
    const jetcapture_text bytes = {at + text.size(), all_bytes.size()};
    const jetcapture_text object = {at + text.size() + all_bytes.size(), json.size()};
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    constexpr auto smallest = std::numeric_limits<std::int64_t>::min();
    const std::int64_t integer = n == 3 ? largest : n == 4 ? smallest : static_cast<std::int64_t>(n) - 5;
    set(values[0], JETCAPTURE_FLAG).as.integer = static_cast<std::int64_t>(n % 2);
    set(values[1], JETCAPTURE_INTEGER).as.integer = integer;
    set(values[2], JETCAPTURE_UNSIGNED).as.uinteger = n == 3 ? UINT64_MAX : n;
    set(values[3], JETCAPTURE_NUMBER).as.number = n == 3   ? std::numeric_limits<double>::max()
                                                  : n == 4 ? std::numeric_limits<double>::denorm_min()
                                                           : static_cast<double>(n) / 4 - 1;
    set(values[4], JETCAPTURE_TEXT).as.text = shown;
    set(values[5], JETCAPTURE_BYTES).as.text = bytes;
    set(values[6], JETCAPTURE_TIMESTAMP).as.integer = n == 4 ? 0 : 1'764'000'000'123'456'789 + integer % 1000;
    set(values[7], JETCAPTURE_JSON).as.text = object;
    set(values[8], JETCAPTURE_TEXT).as.text = shown;
    if (n >= 5 && n < 5 + column_count)
      values[n - 5].kind = JETCAPTURE_NULL;
    if (n == 20)
      for (std::uint32_t i = 0; i < column_count; i++)
        values[i].kind = JETCAPTURE_NULL;

    const jetcapture_status status =
        lend(lent.place({sizeof(jetcapture_record), column_count, &schema, values, lent.message()}), use,
             [&] { return lent.content(); });
    lent.forbid();
    return status;
  }

private:
  static jetcapture_value &set(jetcapture_value &value, std::int32_t kind) {
    value.kind = kind;
    return value;
  }
};

// Decimals, dates, lists, structs, and a column whose values each tell their own kind.
class NestedRecords : public Payloads {
public:
  std::string_view name() const override { return "records with decimals, dates, lists and structs"; }
  std::uint64_t count() const override { return 16; }

  jetcapture_status with(std::uint64_t number, const Use &use) override {
    const std::uint64_t n = number % count();
    LentRecord lent(nested_texts, pool_size, number);
    fill(lent.values(), lent.texts(), n);
    const jetcapture_status status =
        lend(lent.place({sizeof(jetcapture_record), nested_count, &nested_schema, lent.values(), lent.message()}), use,
             [&] { return lent.content(); });
    lent.forbid();
    return status;
  }

private:
  // The row itself, the elements of its list, the fields of its struct, the elements of the list in that.
  static constexpr std::size_t elements = nested_count, fields = elements + 3, tags = fields + 3, pool_size = tags + 2;

  static void fill(jetcapture_value *pool, const char *texts, std::uint64_t n) {
    const auto text = [&](std::string_view wanted) {
      const auto at = std::string_view(nested_texts).find(wanted);
      return jetcapture_text{texts + at, wanted.size()};
    };
    constexpr std::string_view decimals[] = {"-12.50", "0", "1e400", "123456789012345678901234567890.5"};
    constexpr std::int64_t days[] = {20'781, 0, -719'162, 2'932'896};
    pool[0] = jetcapture_decimal(text(decimals[n % 4]));
    pool[1] = jetcapture_date(n == 15 ? std::numeric_limits<std::int64_t>::max() : days[n % 4]);
    for (std::uint64_t i = 0; i < 3; i++)
      pool[elements + i] = jetcapture_integer(static_cast<std::int64_t>(n * 10 + i));
    pool[2] = jetcapture_children(JETCAPTURE_LIST, pool + elements, n % 4);
    pool[tags] = jetcapture_text_value(JETCAPTURE_TEXT, text("caf\xC3\xA9"));
    pool[tags + 1] = jetcapture_text_value(JETCAPTURE_TEXT, text("a,\"b\"\n"));
    pool[fields] = jetcapture_text_value(JETCAPTURE_TEXT, text("name"));
    pool[fields + 1] = jetcapture_decimal(text(decimals[(n + 1) % 4]));
    pool[fields + 2] = jetcapture_children(JETCAPTURE_LIST, pool + tags, n % 3);
    pool[3] = jetcapture_children(JETCAPTURE_STRUCT, pool + fields, 3);
    const jetcapture_value any[] = {jetcapture_integer(5), jetcapture_decimal(text("-12.50")), jetcapture_date(1),
                                    jetcapture_flag(1), jetcapture_text_value(JETCAPTURE_TEXT, text("name"))};
    pool[4] = any[n % 5];
    pool[5] = jetcapture_null();
    // Nulls: each column once, and inside of list and struct.
    if (n >= 5 && n < 5 + nested_count)
      pool[n - 5] = jetcapture_null();
    if (n == 11)
      pool[elements] = pool[fields + 1] = jetcapture_null();
    if (n == 14)
      pool[tags] = pool[fields + 2] = jetcapture_null();
  }
};

class Messages : public Payloads {
public:
  std::string_view name() const override { return "messages"; }
  explicit Messages(const Subject &subject) : usual_(usual_data(subject)) {
    usual_.emplace_back("");
    usual_.emplace_back(all_bytes);
    usual_.emplace_back(hard_text);
    usual_.emplace_back(70'000, 'x');
  }
  std::uint64_t count() const override { return usual_.size(); }
  std::uint64_t largest() const override { return usual_.size() - 1; }

  jetcapture_status with(std::uint64_t number, const Use &use) override {
    CheckMessage message(usual_[number % usual_.size()], number % usual_.size() + 1, true);
    const jetcapture_status status = lend(&message.message(), use, [&] { return message.content(); });
    message.forbid();
    return status;
  }

private:
  std::vector<std::string> usual_;
};

// Through a decoder of the same file: each item of each message that it takes.
class Decoded : public Payloads {
public:
  std::string_view name() const override { return "payloads that the decoder makes of the samples"; }
  // skip()s where it takes no sample.
  Decoded(const Subject &decoder, const std::string &payload)
      : payload_(payload), description_(description_of_decoder(decoder)), instance_(decoder, payload, host_) {
    for (const std::string &data : usual_data(decoder)) {
      CheckSink sink(payload_);
      const CheckMessage message(data, 1);
      const Answer answer =
          CheckHost::ask([&] { return description_.decode(instance_.self(), &message.message(), sink.c_sink()); });
      for (std::uint64_t item = 1; answer.ok() && item <= sink.items(); item++)
        good_.push_back({data, item});
    }
    if (good_.empty())
      skip("no sample is decoded to " + payload_ + " by the decoder " + decoder.stage.name +
           "; give good messages with --sample FILE");
  }
  std::uint64_t count() const override { return good_.size(); }

  jetcapture_status with(std::uint64_t number, const Use &use) override {
    const Item &wanted = good_[number % good_.size()];
    CheckMessage message(wanted.data, 1, true);
    CheckSink sink(payload_);
    jetcapture_status status = JETCAPTURE_FATAL;
    sink.on_payload = [&](const void *payload) {
      if (sink.items() != wanted.number)
        return jetcapture_status{JETCAPTURE_OK};
      status = lend(payload, use, [&] { return message.content(); });
      return status;
    };
    static_cast<void>(description_.decode(instance_.self(), &message.message(), sink.c_sink()));
    message.forbid();
    return status;
  }

private:
  struct Item {
    std::string data;     // of the message
    std::uint64_t number; // of the item, from 1
  };
  CheckHost host_;
  std::string payload_;
  jetcapture_decoder description_;
  Instance instance_;
  std::vector<Item> good_;
};

// The decoder that makes that payload: of the same file, or of the one that was named. nullopt: there is none.
std::optional<Subject> maker_of(const Subject &subject, const std::string &payload) {
  Subject other = subject;
  other.stages = subject.makers;
  other.options_by_stage.clear();
  other.options.clear();
  for (const Subject &file : {subject, other})
    for (std::size_t i = 0; i < file.stages.size(); i++) {
      Subject decoder = file.of_stage(i);
      if (decoder.stage.kind != StageKind::decoder)
        continue;
      const std::vector<std::string> produced = payloads_of(decoder);
      if (std::find(produced.begin(), produced.end(), payload) != produced.end())
        return decoder;
    }
  return std::nullopt;
}

} // namespace

std::vector<std::unique_ptr<Payloads>> payloads_for(const Subject &subject, const std::string &payload) {
  std::vector<std::unique_ptr<Payloads>> sets;
  if (payload == JETCAPTURE_PAYLOAD_RECORD) {
    sets.push_back(std::make_unique<Records>());
    sets.push_back(std::make_unique<NestedRecords>());
  }
  if (payload == JETCAPTURE_PAYLOAD_MESSAGE)
    sets.push_back(std::make_unique<Messages>(subject));
  if (!sets.empty() && subject.samples.empty())
    return sets;
  if (const std::optional<Subject> decoder = maker_of(subject, payload))
    sets.push_back(std::make_unique<Decoded>(*decoder, payload));
  if (sets.empty())
    skip("nothing makes its payload " + payload +
         "; put a decoder for it into the same file, or name one with --decoder FILE.so");
  return sets;
}

} // namespace jetcapture::host
