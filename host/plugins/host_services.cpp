#include "plugins/host_services.hpp"

#include "log/line.hpp"
#include "plugins/emitted.hpp"
#include "strings/strings.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace jetcapture::host {
namespace {

// A sentence, not a dump.
constexpr std::uint64_t longest_sentence = 4096;
constexpr std::uint64_t longest_line = 16384;

thread_local std::string kept_failure;

// The beginning of a text that a plug-in gives. One that can't be read says so instead.
std::string_view view(jetcapture_text text, std::uint64_t most) {
  if (const char *breach = breach_of(text))
    return breach;
  return {text.data == nullptr ? "" : text.data, static_cast<std::size_t>(std::min(text.size, most))};
}

constexpr std::uint64_t lines_at_once = 50;
constexpr auto between_lines = std::chrono::seconds(10);

Level level_of(std::int32_t level) {
  switch (level) {
  case JETCAPTURE_LOG_DEBUG:
    return Level::debug;
  case JETCAPTURE_LOG_INFO:
    return Level::info;
  case JETCAPTURE_LOG_WARN:
    return Level::warn;
  default:
    return Level::error;
  }
}

} // namespace

HostServices::HostServices(std::string stage, Log &log, const std::atomic<bool> &cancelled,
                           const std::filesystem::path &memory)
    : interface_{}, stage_(std::move(stage)), log_(log), limit_(lines_at_once, between_lines), cancelled_(cancelled) {
  static_assert(offsetof(Interface, host) == 0);
  if (!memory.empty())
    memory_.emplace(memory, stage_, log_);
  static const auto owner_of = [](const jetcapture_host *host) -> HostServices & {
    return *reinterpret_cast<const Interface *>(host)->owner;
  };
  interface_.owner = this;
  interface_.host.size = sizeof(jetcapture_host);
  interface_.host.abi_minor = JETCAPTURE_ABI_MINOR;
  interface_.host.log = [](const jetcapture_host *host, std::int32_t level, jetcapture_text line) {
    HostServices &self = owner_of(host);
    const Level level_here = level_of(level);
    if (level_here == Level::debug || !self.log_.enabled(level_here)) {
      self.log_.write(level_here, view(line, longest_line), {{"stage", self.stage_}});
    } else if (const auto held_back = self.limit_.admit()) {
      if (*held_back == 0)
        self.log_.write(level_here, view(line, longest_line), {{"stage", self.stage_}});
      else
        self.log_.write(level_here, view(line, longest_line),
                        {{"stage", self.stage_}, {"lines_not_shown", *held_back}});
    }
  };
  interface_.host.fail = [](const jetcapture_host *, jetcapture_status status, jetcapture_text sentence) {
    if (status != JETCAPTURE_OK)
      kept_failure = printable(view(sentence, longest_sentence));
    return status;
  };
  interface_.host.cancelled = [](const jetcapture_host *host) -> std::int32_t {
    return owner_of(host).cancelled_.load(std::memory_order_relaxed) ? 1 : 0;
  };
  interface_.host.extension = [](const jetcapture_host *host, const char *id) -> const void * {
    const std::optional<StageMemory> &kept = owner_of(host).memory_;
    return kept && id != nullptr && std::string_view(id) == JETCAPTURE_MEMORY ? kept->c_memory() : nullptr;
  };
}

std::string HostServices::take_failure() {
  return std::exchange(kept_failure, std::string());
}

} // namespace jetcapture::host
