// The JSON decoder: never a crash, always a sentence, and what it takes is what it says.
#include "fuzz/require.hpp"

#include <jetcapture/plugin.h>

#include <string>
#include <vector>

extern "C" const jetcapture_decoder jetcapture_decoder_1_json;

namespace {

std::string sentence;

jetcapture_status fail(const jetcapture_host *, jetcapture_status status, jetcapture_text text) {
  sentence.assign(text.data, text.size);
  return status;
}
void log(const jetcapture_host *, std::int32_t, jetcapture_text) {}
std::int32_t cancelled(const jetcapture_host *) {
  return 0;
}
const void *extension(const jetcapture_host *, const char *) {
  return nullptr;
}
constexpr jetcapture_host host = {sizeof(jetcapture_host), 0, log, fail, cancelled, extension};

jetcapture_status emit(const jetcapture_sink *, const jetcapture_item *item) {
  const auto &record = *static_cast<const jetcapture_record *>(item->payload);
  REQUIRE_THAT(record.value_count == record.schema->column_count);
  std::size_t bytes = 0;
  for (std::uint32_t i = 0; i < record.value_count; i++) {
    const jetcapture_value &value = record.values[i];
    if (value.kind == JETCAPTURE_TEXT || value.kind == JETCAPTURE_JSON)
      for (std::uint64_t at = 0; at < value.as.text.size; at++)
        bytes += static_cast<unsigned char>(value.as.text.data[at]); // reads all of it
  }
  return bytes == SIZE_MAX ? JETCAPTURE_FATAL : JETCAPTURE_OK;
}

void *make(const char *fields) {
  const jetcapture_option *const *options = jetcapture_decoder_1_json.about->options;
  static std::vector<jetcapture_setting> kept[2];
  std::vector<jetcapture_setting> &settings = kept[fields == nullptr ? 0 : 1];
  std::vector<const jetcapture_setting *> pointers;
  static jetcapture_text list[3] = {{"/a", 2}, {"/b/c:integer", 12}, {"t=/t:timestamp", 14}};
  for (; *options != nullptr; options++) {
    jetcapture_setting setting{};
    setting.size = sizeof setting;
    setting.name = (*options)->name;
    setting.text = jetcapture_text_of((*options)->default_value == nullptr ? "" : (*options)->default_value);
    setting.integer = std::string(setting.name) == "max-fields" ? 50 : 0;
    if (fields != nullptr && std::string(setting.name) == "fields") {
      setting.list = list;
      setting.list_count = 3;
    }
    settings.push_back(setting);
  }
  for (const jetcapture_setting &setting : settings)
    pointers.push_back(&setting);
  const jetcapture_create_args args = {sizeof args, static_cast<std::uint32_t>(pointers.size()), &host, pointers.data(),
                                       JETCAPTURE_PAYLOAD_RECORD};
  void *self = nullptr;
  REQUIRE_THAT(jetcapture_decoder_1_json.create(&args, &self) == JETCAPTURE_OK);
  return self;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static void *const all = make(nullptr);
  static void *const chosen = make("fields");
  jetcapture_message message{};
  message.size = sizeof message;
  message.subject = jetcapture_text_of("a.b");
  message.data = {reinterpret_cast<const char *>(data), size};
  const jetcapture_sink sink = {sizeof sink, 0, emit};
  for (void *const self : {all, chosen}) {
    sentence.clear();
    const jetcapture_status status = jetcapture_decoder_1_json.decode(self, &message, &sink);
    REQUIRE_THAT(status == JETCAPTURE_OK || (status == JETCAPTURE_BAD_DATA && !sentence.empty()));
  }
  return 0;
}
