// A decoder of records under a fuzz target: made with options, given data, all that it emits is read.
#pragma once

#include "fuzz/require.hpp"

#include <jetcapture/plugin.h>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::fuzz {

class Decoder {
public:
  // lists of options by name; what is not given has its default. They live as long as this does.
  Decoder(const jetcapture_decoder &description, std::map<std::string, std::vector<std::string>> given)
      : description_(description), given_(std::move(given)) {
    for (const jetcapture_option *const *option = description_.about->options; *option != nullptr; ++option)
      add(**option);
    std::vector<const jetcapture_setting *> pointers;
    for (const jetcapture_setting &setting : settings_)
      pointers.push_back(&setting);
    const jetcapture_create_args args = {sizeof args,
                                         static_cast<std::uint32_t>(pointers.size()),
                                         &host,
                                         pointers.data(),
                                         JETCAPTURE_PAYLOAD_RECORD,
                                         0,
                                         0};
    REQUIRE_THAT(description_.create(&args, &self_) == JETCAPTURE_OK);
  }
  Decoder(const Decoder &) = delete;
  Decoder &operator=(const Decoder &) = delete;

  // Never a crash, always a sentence, and what it takes is what it says.
  void decode(const std::uint8_t *data, std::size_t size) {
    jetcapture_message message{};
    message.size = sizeof message;
    message.subject = jetcapture_text_of("a.b");
    message.data = {reinterpret_cast<const char *>(data), size};
    const jetcapture_sink sink = {sizeof sink, 0, emit};
    sentence.clear();
    const jetcapture_status status = description_.decode(self_, &message, &sink);
    REQUIRE_THAT(status == JETCAPTURE_OK || (status == JETCAPTURE_BAD_DATA && !sentence.empty()));
  }

private:
  void add(const jetcapture_option &option) {
    jetcapture_setting setting{};
    setting.size = sizeof setting;
    setting.name = option.name;
    const std::vector<std::string> &values = given_[option.name];
    const char *const value = values.empty() ? option.default_value : values.front().c_str();
    setting.text = jetcapture_text_of(value == nullptr ? "" : value);
    setting.integer = value == nullptr ? 0 : std::atoll(value);
    std::vector<jetcapture_text> &list = lists_.emplace_back();
    for (const std::string &one : values)
      list.push_back({one.data(), one.size()});
    setting.list = list.data();
    setting.list_count = list.size();
    settings_.push_back(setting);
  }

  static jetcapture_status emit(const jetcapture_sink *, const jetcapture_item *item) {
    const auto &record = *static_cast<const jetcapture_record *>(item->payload);
    REQUIRE_THAT(record.value_count == record.schema->column_count);
    std::size_t bytes = 0;
    for (std::uint32_t i = 0; i < record.value_count; i++) {
      const jetcapture_value &value = record.values[i];
      const bool is_text =
          value.kind == JETCAPTURE_TEXT || value.kind == JETCAPTURE_JSON || value.kind == JETCAPTURE_DECIMAL;
      if (is_text)
        REQUIRE_THAT(jetcapture_is_utf8(value.as.text));
      if (is_text || value.kind == JETCAPTURE_BYTES)
        for (std::uint64_t at = 0; at < value.as.text.size; at++)
          bytes += static_cast<unsigned char>(value.as.text.data[at]); // reads all of it
    }
    return bytes == SIZE_MAX ? JETCAPTURE_FATAL : JETCAPTURE_OK;
  }

  static jetcapture_status fail(const jetcapture_host *, jetcapture_status status, jetcapture_text text) {
    sentence.assign(text.data, text.size);
    return status;
  }
  static void log(const jetcapture_host *, std::int32_t, jetcapture_text) {}
  static std::int32_t cancelled(const jetcapture_host *) { return 0; }
  static const void *extension(const jetcapture_host *, const char *) { return nullptr; }

  static constexpr jetcapture_host host = {sizeof(jetcapture_host), 0, log, fail, cancelled, extension};
  static inline std::string sentence;

  const jetcapture_decoder &description_;
  std::map<std::string, std::vector<std::string>> given_;
  std::deque<std::vector<jetcapture_text>> lists_;
  std::deque<jetcapture_setting> settings_;
  void *self_ = nullptr; // until the process ends
};

} // namespace jetcapture::fuzz
