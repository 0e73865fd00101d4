#include "tools/check_plugin/payloads.hpp"

#include "tools/check_plugin/guarded.hpp"
#include "tools/check_plugin/instance.hpp"
#include "tools/check_plugin/messages.hpp"
#include "tools/check_sink.hpp"

#include <array>
#include <cstring>
#include <limits>

namespace jetcapture::host {
namespace {

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

constexpr std::string_view hard_text = "a,b;c\t\"quoted\"\r\n=1+1 'x' \\ \x7f caf\xC3\xA9 \xF0\x9F\x8D\x95";
constexpr std::string_view all_bytes("\x00\x01\x0a\x0d\x22\x7f\x80\xc3\x28\xff", 10);

constexpr std::uint64_t large_row = 11;

// Row n of a small set: usual ones, nulls, extremes.
class Records : public Payloads {
public:
  std::uint64_t count() const override { return 24; }
  std::uint64_t largest() const override { return large_row; }

  jetcapture_status with(std::uint64_t number, const std::function<jetcapture_status(const void *)> &use) override {
    const std::uint64_t n = number % count();
    // Its values, its record and its texts, in memory that is taken away afterwards.
    const std::string text = n % 4 == 1       ? ""
                             : n % 4 == 2     ? std::string(hard_text)
                             : n == large_row ? std::string(70'000, 'x')
                                              : "row " + std::to_string(n);
    const std::string json = n % 3 == 0 ? R"({"a":[1,2,{"b":null}]})" : n % 3 == 1 ? "[]" : R"("text")";
    std::string texts = text + std::string(all_bytes) + json;
    Guarded text_memory{std::string_view(texts)};
    Guarded value_memory(sizeof(jetcapture_value) * column_count);
    Guarded record_memory(sizeof(jetcapture_record));
    auto *values = reinterpret_cast<jetcapture_value *>(value_memory.data());
    std::memset(value_memory.data(), 0, value_memory.size());
    const char *at = text_memory.data();
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

    CheckMessage message("{}", number + 1);
    const jetcapture_record record = {sizeof(jetcapture_record), column_count, &schema, values, &message.message()};
    std::memcpy(record_memory.data(), &record, sizeof record);
    const jetcapture_status status = use(record_memory.data());
    text_memory.forbid();
    value_memory.forbid();
    record_memory.forbid();
    return status;
  }

private:
  static jetcapture_value &set(jetcapture_value &value, std::int32_t kind) {
    value.kind = kind;
    return value;
  }
};

class Messages : public Payloads {
public:
  explicit Messages(const Subject &subject) : usual_(usual_data(subject)) {
    usual_.emplace_back("");
    usual_.emplace_back(all_bytes);
    usual_.emplace_back(hard_text);
    usual_.emplace_back(70'000, 'x');
  }
  std::uint64_t count() const override { return usual_.size(); }
  std::uint64_t largest() const override { return usual_.size() - 1; }

  jetcapture_status with(std::uint64_t number, const std::function<jetcapture_status(const void *)> &use) override {
    CheckMessage message(usual_[number % usual_.size()], number % usual_.size() + 1, true);
    const jetcapture_status status = use(&message.message());
    message.forbid();
    return status;
  }

private:
  std::vector<std::string> usual_;
};

// Through a decoder of the same file. Those messages count that give exactly one item.
class Decoded : public Payloads {
public:
  Decoded(const Subject &decoder, const std::string &payload)
      : payload_(payload), description_(description_of_decoder(decoder)), instance_(decoder, payload, host_) {
    for (const std::string &data : usual_data(decoder)) {
      CheckSink sink(payload_);
      const CheckMessage message(data, 1);
      const Answer answer =
          CheckHost::ask([&] { return description_.decode(instance_.self(), &message.message(), sink.c_sink()); });
      if (answer.ok() && sink.items() == 1)
        good_.push_back(data);
    }
    if (good_.empty())
      skip("no sample is decoded to " + payload_ + " by the decoder " + decoder.stage.name +
           " of the same file; give good messages with --sample FILE");
  }
  std::uint64_t count() const override { return good_.size(); }

  jetcapture_status with(std::uint64_t number, const std::function<jetcapture_status(const void *)> &use) override {
    CheckMessage message(good_[number % good_.size()], 1, true);
    CheckSink sink(payload_);
    jetcapture_status status = JETCAPTURE_FATAL;
    sink.on_payload = [&](const void *payload) { return status = use(payload); };
    static_cast<void>(description_.decode(instance_.self(), &message.message(), sink.c_sink()));
    message.forbid();
    return status;
  }

private:
  CheckHost host_;
  std::string payload_;
  jetcapture_decoder description_;
  Instance instance_;
  std::vector<std::string> good_;
};

} // namespace

std::unique_ptr<Payloads> payloads_for(const Subject &subject, const std::string &payload) {
  if (payload == JETCAPTURE_PAYLOAD_RECORD)
    return std::make_unique<Records>();
  if (payload == JETCAPTURE_PAYLOAD_MESSAGE)
    return std::make_unique<Messages>(subject);
  for (const StageFile &stage : subject.stages) {
    if (stage.kind != StageKind::decoder)
      continue;
    Subject decoder = subject;
    decoder.stage = stage;
    for (const std::string &produced : payloads_of(decoder))
      if (produced == payload)
        return std::make_unique<Decoded>(decoder, payload);
  }
  skip("nothing makes its payload " + payload + "; put a decoder for it into the same file");
}

} // namespace jetcapture::host
