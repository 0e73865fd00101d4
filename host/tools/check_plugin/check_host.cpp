#include "tools/check_plugin/check_host.hpp"

#include "log/line.hpp"
#include "plugins/stages.hpp"

#include <cstring>
#include <utility>

namespace jetcapture::host {
namespace {

thread_local std::string kept_sentence;

} // namespace

std::string Answer::words() const {
  return to_string_status(status) + (sentence.empty() ? "" : " (" + printable(sentence) + ")");
}

CheckHost::CheckHost(bool newer) : interface_{} {
  std::memset(interface_.unknown, 0xA5, sizeof interface_.unknown);
  jetcapture_host &host = interface_.host;
  host.size = static_cast<std::uint32_t>(sizeof host + (newer ? sizeof interface_.unknown : 0));
  host.abi_minor = JETCAPTURE_ABI_MINOR + (newer ? 7 : 0);
  host.log = [](const jetcapture_host *, std::int32_t, jetcapture_text) {};
  host.fail = [](const jetcapture_host *, jetcapture_status status, jetcapture_text sentence) {
    kept_sentence.assign(sentence.data == nullptr ? "" : sentence.data,
                         sentence.data == nullptr ? 0 : static_cast<std::size_t>(sentence.size));
    return status;
  };
  host.cancelled = [](const jetcapture_host *self) -> std::int32_t {
    return reinterpret_cast<const Interface *>(self)->cancelled ? 1 : 0;
  };
  host.extension = [](const jetcapture_host *, const char *) -> const void * { return nullptr; };
}

void CheckHost::forget_sentence() {
  kept_sentence.clear();
}

std::string CheckHost::take_sentence() {
  return std::exchange(kept_sentence, std::string());
}

} // namespace jetcapture::host
