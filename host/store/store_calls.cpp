#include "store/store_calls.hpp"

#include "plugins/emitted.hpp"
#include "strings/strings.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace jetcapture::host {

namespace {

// A location is one part of a log line.
constexpr std::uint64_t longest_location = 4096;

StoreAnswer broken(const std::string &function, const std::string &what) {
  return {JETCAPTURE_FATAL, breach_of_abi("the store's " + function + " " + what)};
}

// Makes the call; a status other than OK, RETRY, CONFIGURATION, FATAL and those named is a breach.
template <class Function>
StoreAnswer ask(const Store &store, StageCall call, Function Table, FirstMessage first,
                std::initializer_list<jetcapture_status> named, const std::function<jetcapture_status()> &ask) {
  const std::string function(function_of(call));
  if (store.description().*Table == nullptr)
    return {JETCAPTURE_FATAL, "the store has no " + function};
  HostServices::take_failure();
  const jetcapture_status status = [&] {
    const CallRecord::Call recorded(store.calls(), call, first.sequence, first.timestamp);
    return ask();
  }();
  if (status == JETCAPTURE_OK)
    return {};
  std::string reason = HostServices::take_failure();
  const bool is_known = status == JETCAPTURE_RETRY || status == JETCAPTURE_CONFIGURATION ||
                        status == JETCAPTURE_FATAL || std::find(named.begin(), named.end(), status) != named.end();
  if (!is_known)
    return broken(function, "returned " + to_string_status(status) + (reason.empty() ? "" : " (" + reason + ")"));
  if (reason.empty())
    reason = "the store gave no reason (" + to_string_status(status) + ")";
  return {status, std::move(reason)};
}

struct Result {
  jetcapture_result result; // first: a pointer to it is a pointer to this
  std::string location;

  static void set_location(jetcapture_result *result, jetcapture_text location) {
    if (breach_of(location) == nullptr)
      reinterpret_cast<Result *>(result)->location =
          view({location.data, std::min<std::uint64_t>(location.size, longest_location)});
  }
};

// What get() and list() give, checked one after the other. Once it has refused, it is not to be called any more.
class Visitor {
public:
  using Check = std::function<const char *(jetcapture_text text)>; // what is wrong with it; nullptr: nothing
  using Take = std::function<bool(std::string_view text, std::uint64_t bytes)>;
  Visitor(bool takes_names, Check check, Take take)
      : interface_{{sizeof(jetcapture_visitor), 0, &take_bytes, &take_name}, this}, takes_names_(takes_names),
        check_(std::move(check)), take_(std::move(take)) {}

  const jetcapture_visitor *c_visitor() const { return &interface_.visitor; }
  // What becomes of the store's answer.
  StoreAnswer judge(StoreAnswer answer, const char *function) const {
    if (defect_ != nullptr)
      return broken(function, defect_);
    if (has_enough_)
      return {};
    return answer;
  }

private:
  static Visitor &of(const jetcapture_visitor *visitor) { return *reinterpret_cast<const Interface *>(visitor)->owner; }
  static jetcapture_status take_bytes(const jetcapture_visitor *visitor, jetcapture_text bytes) {
    return of(visitor).visit(false, bytes, 0);
  }
  static jetcapture_status take_name(const jetcapture_visitor *visitor, jetcapture_text name, std::uint64_t bytes) {
    return of(visitor).visit(true, name, bytes);
  }
  jetcapture_status visit(bool name, jetcapture_text text, std::uint64_t bytes) {
    if (defect_ != nullptr)
      return JETCAPTURE_FATAL;
    if (has_enough_)
      defect_ = "went on after the visitor had ended it";
    else if (name != takes_names_)
      defect_ = takes_names_ ? "gave bytes" : "gave a name";
    else if (breach_of(text) != nullptr)
      defect_ = "gave a NULL pointer with a size";
    else
      defect_ = check_(text);
    if (defect_ != nullptr)
      return JETCAPTURE_FATAL;
    has_enough_ = !take_(view(text), bytes);
    return has_enough_ ? JETCAPTURE_RETRY : JETCAPTURE_OK;
  }

  struct Interface {
    jetcapture_visitor visitor; // first: a pointer to it is a pointer to this
    Visitor *owner;
  };
  const Interface interface_;
  const bool takes_names_;
  const Check check_;
  const Take take_;
  const char *defect_ = nullptr;
  bool has_enough_ = false;
};

} // namespace

StoreAnswer put_object(const Store &store, const jetcapture_object &object, std::string &location, FirstMessage first) {
  Result result{{sizeof(jetcapture_result), 0, &Result::set_location}, {}};
  const auto put = [&] { return store.description().put(store.self(), &object, &result.result); };
  const StoreAnswer answer =
      (object.flags & JETCAPTURE_CREATE_ONLY) != 0
          ? ask(store, StageCall::store_put, &jetcapture_store::put, first, {JETCAPTURE_BAD_DATA, JETCAPTURE_EXISTS},
                put)
          : ask(store, StageCall::store_put, &jetcapture_store::put, first, {JETCAPTURE_BAD_DATA}, put);
  location = std::move(result.location);
  return answer;
}

StoreAnswer stat_object(const Store &store, std::string_view name, jetcapture_object_status &status) {
  status = {};
  status.size = sizeof status;
  StoreAnswer answer = ask(store, StageCall::store_stat, &jetcapture_store::stat, {}, {},
                           [&] { return store.description().stat(store.self(), text_of(name), &status); });
  if (answer.ok() && status.exists > 1)
    return broken("stat()", "gave " + std::to_string(status.exists) + " as exists, which is 0 or 1");
  if (answer.ok() && status.exists == 1 && status.hash_source > JETCAPTURE_HASH_VERIFIED)
    return broken("stat()", "gave the unknown hash source " + std::to_string(status.hash_source));
  return answer;
}

StoreAnswer get_object(const Store &store, std::string_view name, std::uint64_t offset, std::uint64_t count,
                       const std::function<bool(std::string_view)> &take) {
  std::uint64_t rest = count;
  Visitor visitor(
      false,
      [&](jetcapture_text bytes) -> const char * {
        return bytes.size > rest ? "gave more bytes than were asked for" : nullptr;
      },
      [&](std::string_view bytes, std::uint64_t) {
        rest -= bytes.size();
        return take(bytes);
      });
  return visitor.judge(
      ask(store, StageCall::store_get, &jetcapture_store::get, {}, {JETCAPTURE_NOT_FOUND},
          [&] { return store.description().get(store.self(), text_of(name), offset, count, visitor.c_visitor()); }),
      "get()");
}

StoreAnswer list_objects(const Store &store, std::string_view prefix, std::string_view after, std::uint64_t limit,
                         const std::function<bool(std::string_view, std::uint64_t)> &take) {
  std::string last(after);
  std::uint64_t names = 0;
  Visitor visitor(
      true,
      [&](jetcapture_text name) -> const char * {
        if (limit != 0 && names == limit)
          return "gave more names than were asked for";
        if (!view(name).starts_with(prefix))
          return "gave a name that does not begin with the prefix";
        return view(name) <= last ? "gave names that are not in ascending order, or not greater than after" : nullptr;
      },
      [&](std::string_view name, std::uint64_t bytes) {
        names++;
        last = name;
        return take(name, bytes);
      });
  return visitor.judge(ask(store, StageCall::store_list, &jetcapture_store::list, {}, {},
                           [&] {
                             return store.description().list(store.self(), text_of(prefix), text_of(after), limit,
                                                             visitor.c_visitor());
                           }),
                       "list()");
}

StoreAnswer remove_object(const Store &store, std::string_view name) {
  return ask(store, StageCall::store_remove, &jetcapture_store::remove, {}, {},
             [&] { return store.description().remove(store.self(), text_of(name)); });
}

} // namespace jetcapture::host
