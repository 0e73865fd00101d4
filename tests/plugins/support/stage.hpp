// A stage from its real .so, and typed settings for it from its own description and "key=value" texts.
#pragma once

#include <jetcapture/plugin.h>

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::test {

// Description is jetcapture_writer or jetcapture_store. Libraries are never unloaded, as the host does it.
template <class Description>
const Description &load_stage(std::string_view kind, std::string_view name, std::string_view file = "") {
  const std::string path = JETCAPTURE_PLUGINS "/" + std::string(file.empty() ? name : file) + ".so";
  void *const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr)
    throw std::runtime_error(::dlerror());
  void *const symbol = ::dlsym(library, ("jetcapture_" + std::string(kind) + "_1_" + std::string(name)).c_str());
  if (symbol == nullptr)
    throw std::runtime_error(::dlerror());
  return *static_cast<const Description *>(symbol);
}

class StageSettings {
public:
  StageSettings(const jetcapture_about &about, const std::vector<std::string> &given) {
    for (auto option = about.options; option != nullptr && *option != nullptr; ++option)
      add(**option, given);
  }
  StageSettings(const StageSettings &) = delete;
  StageSettings &operator=(const StageSettings &) = delete;

  jetcapture_create_args args(const jetcapture_host *host, const char *payload) const {
    return {sizeof(jetcapture_create_args),
            static_cast<std::uint32_t>(pointers_.size()),
            host,
            pointers_.data(),
            payload,
            0,
            0};
  }

private:
  void add(const jetcapture_option &option, const std::vector<std::string> &given) {
    jetcapture_setting setting{};
    setting.size = sizeof setting;
    setting.kind = option.kind;
    setting.name = option.name;
    std::string value = option.default_value == nullptr ? "" : option.default_value;
    setting.present = option.default_value == nullptr ? 0 : 1;
    const std::string key = std::string(option.name) + "=";
    for (const std::string &text : given) {
      if (text.starts_with(key)) {
        value = text.substr(key.size());
        setting.present = setting.given = 1;
      }
    }
    const std::string &kept = texts_.emplace_back(value);
    setting.text = {kept.c_str(), kept.size()};
    if (option.kind == JETCAPTURE_OPTION_INTEGER)
      setting.integer = std::atoll(kept.c_str());
    if (option.kind == JETCAPTURE_OPTION_SIZE)
      setting.integer = std::atoll(kept.c_str()) * (kept.ends_with("MiB") ? 1 << 20 : 1);
    if (option.kind == JETCAPTURE_OPTION_DURATION)
      setting.integer = std::atoll(kept.c_str()) * (kept.ends_with("h") ? 3600 : 1) * 1'000'000'000;
    if (option.kind == JETCAPTURE_OPTION_FLAG)
      setting.integer = kept == "true" ? 1 : 0;
    std::vector<jetcapture_text> &list = lists_.emplace_back();
    if (option.kind == JETCAPTURE_OPTION_LIST && !kept.empty()) {
      for (std::size_t start = 0; start <= kept.size();) {
        const std::size_t end = std::min(kept.find(',', start), kept.size());
        list.push_back({kept.data() + start, end - start});
        start = end + 1;
      }
    }
    setting.list = list.data();
    setting.list_count = list.size();
    pointers_.push_back(&settings_.emplace_back(setting));
  }

  std::deque<std::string> texts_;
  std::deque<std::vector<jetcapture_text>> lists_;
  std::deque<jetcapture_setting> settings_;
  std::vector<const jetcapture_setting *> pointers_;
};

} // namespace jetcapture::test
