// A store whose functions a test writes, loaded as the host loads one.
#pragma once

#include "plugins/stages.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include <fcntl.h>

namespace jetcapture::test {

struct CalledStore {
  std::function<jetcapture_status(const jetcapture_object &, jetcapture_result &)> put;
  std::function<jetcapture_status(std::string_view name, jetcapture_object_status &)> stat;
  std::function<jetcapture_status(const jetcapture_visitor &)> visit; // get() and list(), without the ones below
  std::function<jetcapture_status(std::string_view name, std::uint64_t offset, const jetcapture_visitor &)> get;
  std::function<jetcapture_status(std::string_view prefix, std::string_view after, const jetcapture_visitor &)> list;
  std::function<jetcapture_status(std::string_view name)> remove;

  // flags: of the description. optional: with the functions that are.
  explicit CalledStore(std::uint32_t flags = JETCAPTURE_STORE_CREATES, bool optional = true)
      : stage_(description(flags, optional), host::StageKind::store,
               {"self=" + std::to_string(reinterpret_cast<std::intptr_t>(this))}, "", log_, cancelled_) {}
  CalledStore(const CalledStore &) = delete;
  CalledStore &operator=(const CalledStore &) = delete;

  const host::Store &stage() const { return stage_; }

private:
  struct Instance {
    CalledStore *store;
  };
  static CalledStore &of(void *self) { return *static_cast<Instance *>(self)->store; }
  static std::string_view view(jetcapture_text text) { return {text.data, static_cast<std::size_t>(text.size)}; }

  static jetcapture_store description(std::uint32_t flags, bool optional) {
    static const jetcapture_option self = {
        sizeof self, JETCAPTURE_OPTION_INTEGER, JETCAPTURE_OPTION_REQUIRED, 0, "self", nullptr, nullptr, "its address"};
    static const jetcapture_option *const options[] = {&self, nullptr};
    static const jetcapture_about about = {sizeof about, 0, "called", "1", "a store for tests", options};
    jetcapture_store made{};
    made.size = sizeof made;
    made.flags = flags;
    made.about = &about;
    made.create = [](const jetcapture_create_args *args, void **instance) -> jetcapture_status {
      *instance = new Instance{reinterpret_cast<CalledStore *>(jetcapture_get(args, "self")->integer)};
      return JETCAPTURE_OK;
    };
    made.destroy = [](void *instance) { delete static_cast<Instance *>(instance); };
    made.put = [](void *instance, const jetcapture_object *object, jetcapture_result *result) {
      return of(instance).put(*object, *result);
    };
    if (!optional)
      return made;
    made.stat = [](void *instance, jetcapture_text name, jetcapture_object_status *status) {
      return of(instance).stat(view(name), *status);
    };
    made.get = [](void *instance, jetcapture_text name, std::uint64_t offset, std::uint64_t,
                  const jetcapture_visitor *visitor) {
      const CalledStore &store = of(instance);
      return store.get ? store.get(view(name), offset, *visitor) : store.visit(*visitor);
    };
    made.list = [](void *instance, jetcapture_text prefix, jetcapture_text after, std::uint64_t,
                   const jetcapture_visitor *visitor) {
      const CalledStore &store = of(instance);
      return store.list ? store.list(view(prefix), view(after), *visitor) : store.visit(*visitor);
    };
    made.remove = [](void *instance, jetcapture_text name) { return of(instance).remove(view(name)); };
    return made;
  }

  host::Log log_{host::Level::error, host::LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  std::atomic<bool> cancelled_ = false;
  host::Store stage_;
};

} // namespace jetcapture::test
