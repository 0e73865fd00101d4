// The C++ layer above the plug-in ABI (C++17, header only): stages as classes, errors as exceptions.
//
// A stage is a class with constants that describe it and a constructor from `const jetcapture::Options &`; one macro exports it.
// The thunks here catch every exception and turn it into a status with its sentence, so none crosses the ABI.
//
//   class Decoder            static constexpr const char *version, *summary, *produces[]; options[] (may be left out)
//     explicit Decoder(const jetcapture::Options &)
//     void decode(const jetcapture_message &, jetcapture::Sink &)
//
//   class Writer             static constexpr const char *version, *summary, *accepts[], *suffix, *content_type; options[], flags
//     explicit Writer(const jetcapture::Options &)
//     class Block            Block(Writer &, const jetcapture_block_info &, jetcapture::Out)
//       void write(const void *payload); void finish();
//       optional: uint64_t pending(); void mark(); void rollback();
//
//   class Store              static constexpr const char *version, *summary; max_puts; options[] (may be left out)
//     explicit Store(const jetcapture::Options &)
//     void put(const jetcapture::Object &, jetcapture_result &)
//     optional: void stat(std::string_view name, jetcapture_object_status &);
//               void get(std::string_view name, const jetcapture_visitor &);
//               void list(std::string_view prefix, const jetcapture_visitor &);
//               void remove(std::string_view name);
//
// Which thread calls what, and what may block, is said in decoder.h, writer.h and store.h.
#ifndef JETCAPTURE_PLUGIN_HPP
#define JETCAPTURE_PLUGIN_HPP

#include "plugin.h"

#include <chrono>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace jetcapture {

// Throw one of these to return a status with its sentence.
class Failure : public std::runtime_error {
public:
  Failure(jetcapture_status status, const std::string &sentence) : std::runtime_error(sentence), status_(status) {}
  jetcapture_status status() const noexcept { return status_; }

private:
  jetcapture_status status_;
};
struct Retry : Failure {
  explicit Retry(const std::string &sentence) : Failure(JETCAPTURE_RETRY, sentence) {}
};
struct BadData : Failure {
  explicit BadData(const std::string &sentence) : Failure(JETCAPTURE_BAD_DATA, sentence) {}
};
struct Misconfigured : Failure {
  explicit Misconfigured(const std::string &sentence) : Failure(JETCAPTURE_CONFIGURATION, sentence) {}
};
struct Fatal : Failure {
  explicit Fatal(const std::string &sentence) : Failure(JETCAPTURE_FATAL, sentence) {}
};
struct NextBlock : Failure {
  explicit NextBlock(const std::string &sentence) : Failure(JETCAPTURE_NEXT_BLOCK, sentence) {}
};

// A status that the host gave (from emit, more, a visitor), on its way back to it; the sentence is the host's already.
class Handed : public std::exception {
public:
  explicit Handed(jetcapture_status status) noexcept : status_(status) {}
  jetcapture_status status() const noexcept { return status_; }
  const char *what() const noexcept override { return "the host refused"; }

private:
  jetcapture_status status_;
};

inline std::string_view view(jetcapture_text text) noexcept {
  return {text.data == nullptr ? "" : text.data, static_cast<std::size_t>(text.size)};
}
inline jetcapture_text text(std::string_view view) noexcept {
  return {view.data(), view.size()};
}

inline void hand_on(jetcapture_status status) {
  if (status != JETCAPTURE_OK)
    throw Handed(status);
}

// What create() was given: option values by name, the agreed payload, the host. Only valid in the constructor; host() stays.
class Options {
public:
  explicit Options(const jetcapture_create_args &args) noexcept : args_(&args) {}

  const jetcapture_host *host() const noexcept { return args_->host; }
  std::string_view payload() const noexcept { return args_->payload == nullptr ? "" : args_->payload; }
  bool has(const char *name) const { return setting(name).present != 0; }
  bool given(const char *name) const { return setting(name).given != 0; }
  std::string text(const char *name) const { return std::string(view(setting(name).text)); }
  std::int64_t integer(const char *name) const { return setting(name).integer; }
  double number(const char *name) const { return setting(name).number; }
  bool flag(const char *name) const { return setting(name).integer != 0; }
  std::chrono::nanoseconds duration(const char *name) const { return std::chrono::nanoseconds(setting(name).integer); }
  std::uint64_t bytes(const char *name) const { return static_cast<std::uint64_t>(setting(name).integer); }
  std::vector<std::string> list(const char *name) const {
    const jetcapture_setting &found = setting(name);
    std::vector<std::string> texts;
    texts.reserve(static_cast<std::size_t>(found.list_count));
    for (std::uint64_t i = 0; i < found.list_count; i++)
      texts.emplace_back(view(found.list[i]));
    return texts;
  }

private:
  const jetcapture_setting &setting(const char *name) const {
    const jetcapture_setting *found = jetcapture_get(args_, name);
    if (found == nullptr)
      throw Fatal(std::string("the plug-in asks for an option that it does not describe: ") + name);
    return *found;
  }
  const jetcapture_create_args *args_;
};

// Log lines and the wish to end.
class Host {
public:
  explicit Host(const jetcapture_host *host) noexcept : host_(host) {}
  void debug(std::string_view line) const { host_->log(host_, JETCAPTURE_LOG_DEBUG, text(line)); }
  void info(std::string_view line) const { host_->log(host_, JETCAPTURE_LOG_INFO, text(line)); }
  void warn(std::string_view line) const { host_->log(host_, JETCAPTURE_LOG_WARN, text(line)); }
  void error(std::string_view line) const { host_->log(host_, JETCAPTURE_LOG_ERROR, text(line)); }
  bool cancelled() const { return host_->cancelled(host_) != 0; }

private:
  const jetcapture_host *host_;
};

// Where a decoder puts its items. emit() throws Handed when the host refuses: let it pass.
class Sink {
public:
  explicit Sink(const jetcapture_sink *sink) noexcept : sink_(sink) {}

  void emit(std::string_view key, const void *payload, std::int64_t event_time = JETCAPTURE_NO_TIME) const {
    const jetcapture_text part = text(key);
    emit(&part, 1, payload, event_time);
  }
  void emit(const jetcapture_text *key, std::uint32_t key_count, const void *payload,
            std::int64_t event_time = JETCAPTURE_NO_TIME) const {
    const jetcapture_item item = {sizeof(jetcapture_item), key_count, key, payload, event_time};
    hand_on(sink_->emit(sink_, &item));
  }

private:
  const jetcapture_sink *sink_;
};

// Where a writer puts a block's bytes. Throws Handed when the host refuses: let it pass.
class Out {
public:
  explicit Out(jetcapture_out *out) noexcept : out_(out) {}

  // A place for up to size bytes; say with wrote() how many were used.
  char *reserve(std::size_t size) const {
    if (static_cast<std::size_t>(out_->end - out_->cursor) < size)
      hand_on(out_->more(out_, size));
    return out_->cursor;
  }
  void wrote(std::size_t size) const noexcept { out_->cursor += size; }

  void put(std::string_view bytes) const {
    char *place = reserve(bytes.size());
    if (!bytes.empty())
      std::memcpy(place, bytes.data(), bytes.size());
    wrote(bytes.size());
  }
  void put(char byte) const {
    *reserve(1) = byte;
    wrote(1);
  }

private:
  jetcapture_out *out_;
};

// A finished block on its way into a store.
class Object {
public:
  explicit Object(const jetcapture_object &object) noexcept : object_(&object) {}
  const jetcapture_object &raw() const noexcept { return *object_; }
  std::string_view name() const noexcept { return view(object_->name); }
  std::uint64_t bytes() const noexcept { return object_->bytes; }

  // Up to count bytes from offset; 0 at the end. Throws Retry when they can't be read.
  std::size_t read(std::uint64_t offset, void *buffer, std::size_t count) const {
    const std::int64_t got = object_->read(object_, offset, buffer, count);
    if (got < 0)
      throw Retry("the block can't be read from the spool");
    return static_cast<std::size_t>(got);
  }

private:
  const jetcapture_object *object_;
};

// Descriptions of options, for a class's `static constexpr jetcapture_option options[]`.
constexpr jetcapture_option make_option(std::int32_t kind, const char *name, const char *default_value,
                                        const char *help, std::uint32_t flags = 0,
                                        const char *const *choices = nullptr) {
  return {sizeof(jetcapture_option), kind, flags, 0, name, default_value, choices, help};
}
constexpr jetcapture_option text_option(const char *name, const char *default_value, const char *help,
                                        std::uint32_t flags = 0) {
  return make_option(JETCAPTURE_OPTION_TEXT, name, default_value, help, flags);
}
constexpr jetcapture_option integer_option(const char *name, const char *default_value, const char *help,
                                           std::uint32_t flags = 0) {
  return make_option(JETCAPTURE_OPTION_INTEGER, name, default_value, help, flags);
}
constexpr jetcapture_option number_option(const char *name, const char *default_value, const char *help,
                                          std::uint32_t flags = 0) {
  return make_option(JETCAPTURE_OPTION_NUMBER, name, default_value, help, flags);
}
constexpr jetcapture_option flag_option(const char *name, const char *default_value, const char *help) {
  return make_option(JETCAPTURE_OPTION_FLAG, name, default_value, help);
}
constexpr jetcapture_option duration_option(const char *name, const char *default_value, const char *help,
                                            std::uint32_t flags = 0) {
  return make_option(JETCAPTURE_OPTION_DURATION, name, default_value, help, flags);
}
constexpr jetcapture_option size_option(const char *name, const char *default_value, const char *help,
                                        std::uint32_t flags = 0) {
  return make_option(JETCAPTURE_OPTION_SIZE, name, default_value, help, flags);
}
constexpr jetcapture_option path_option(const char *name, const char *default_value, const char *help,
                                        std::uint32_t flags = 0) {
  return make_option(JETCAPTURE_OPTION_PATH, name, default_value, help, flags);
}
// choices: a NULL-terminated array that lives as long as the library.
constexpr jetcapture_option choice_option(const char *name, const char *const *choices, const char *default_value,
                                          const char *help, std::uint32_t flags = 0) {
  return make_option(JETCAPTURE_OPTION_CHOICE, name, default_value, help, flags, choices);
}
constexpr jetcapture_option list_option(const char *name, const char *default_value, const char *help,
                                        std::uint32_t flags = 0) {
  return make_option(JETCAPTURE_OPTION_LIST, name, default_value, help, flags);
}

namespace detail {

template <class Stage, class = void>
struct OptionTable {
  static constexpr const jetcapture_option *const *pointers = nullptr;
};

template <class Stage>
struct OptionTable<Stage, std::void_t<decltype(Stage::options)>> {
  static constexpr std::size_t count = std::extent_v<decltype(Stage::options)>;
  struct Pointers {
    const jetcapture_option *at[count + 1];
  };
  template <std::size_t... I>
  static constexpr Pointers list(std::index_sequence<I...>) {
    return {{&Stage::options[I]..., nullptr}};
  }
  static constexpr Pointers table = list(std::make_index_sequence<count>{});
  static constexpr const jetcapture_option *const *pointers = table.at;
};

template <class Stage>
struct PayloadTable {
  template <std::size_t N>
  struct Pointers {
    const char *at[N + 1];
  };
  template <std::size_t N, std::size_t... I>
  static constexpr Pointers<N> list(const char *const (&names)[N], std::index_sequence<I...>) {
    return {{names[I]..., nullptr}};
  }
  template <std::size_t N>
  static constexpr Pointers<N> of(const char *const (&names)[N]) {
    return list(names, std::make_index_sequence<N>{});
  }
};

// Runs f, turns what it throws into a status. unexpected: the status of an exception that is not a Failure.
template <class F>
jetcapture_status guarded(const jetcapture_host *host, jetcapture_status unexpected, F &&f) noexcept {
  try {
    f();
    return JETCAPTURE_OK;
  } catch (const Handed &handed) {
    return handed.status();
  } catch (const Failure &failure) {
    return jetcapture_fail(host, failure.status(), failure.what());
  } catch (const std::bad_alloc &) {
    return jetcapture_fail(host, JETCAPTURE_FATAL, "out of memory");
  } catch (const std::exception &other) {
    return jetcapture_fail(host, unexpected, other.what());
  } catch (...) {
    return jetcapture_fail(host, unexpected, "the plug-in threw something that is no std::exception");
  }
}

// An instance with the host that it was created with.
template <class Stage>
struct Instance {
  const jetcapture_host *host;
  Stage stage;
  explicit Instance(const jetcapture_create_args &args) : host(args.host), stage(Options(args)) {}

  static jetcapture_status create(const jetcapture_create_args *args, void **self) {
    return guarded(args->host, JETCAPTURE_CONFIGURATION, [&] { *self = new Instance(*args); });
  }
  static void destroy(void *self) { delete static_cast<Instance *>(self); }
};

template <class Decoder>
jetcapture_status decode(void *self, const jetcapture_message *message, const jetcapture_sink *sink) {
  auto *instance = static_cast<Instance<Decoder> *>(self);
  return guarded(instance->host, JETCAPTURE_BAD_DATA, [&] {
    Sink out(sink);
    instance->stage.decode(*message, out);
  });
}

template <class Block, class = void>
struct HasPending : std::false_type {};
template <class Block>
struct HasPending<Block, std::void_t<decltype(std::declval<Block &>().pending())>> : std::true_type {};
template <class Block, class = void>
struct HasRollback : std::false_type {};
template <class Block>
struct HasRollback<Block,
                   std::void_t<decltype(std::declval<Block &>().mark()), decltype(std::declval<Block &>().rollback())>>
    : std::true_type {};

template <class Stage, class = void>
struct FlagsOf {
  static constexpr std::uint32_t value = 0;
};
template <class Stage>
struct FlagsOf<Stage, std::void_t<decltype(Stage::flags)>> {
  static constexpr std::uint32_t value = Stage::flags;
};
template <class Stage, class = void>
struct MaxPutsOf {
  static constexpr std::uint32_t value = 0;
};
template <class Stage>
struct MaxPutsOf<Stage, std::void_t<decltype(Stage::max_puts)>> {
  static constexpr std::uint32_t value = Stage::max_puts;
};

template <class Writer>
struct WriterThunks {
  using Block = typename Writer::Block;
  struct OpenBlock {
    const jetcapture_host *host;
    Block block;
    OpenBlock(Instance<Writer> &writer, const jetcapture_block_info &info, jetcapture_out *out)
        : host(writer.host), block(writer.stage, info, Out(out)) {}
  };
  static OpenBlock &of(void *block) { return *static_cast<OpenBlock *>(block); }

  static jetcapture_status open(void *self, const jetcapture_block_info *info, jetcapture_out *out, void **block) {
    auto &writer = *static_cast<Instance<Writer> *>(self);
    return guarded(writer.host, JETCAPTURE_FATAL, [&] { *block = new OpenBlock(writer, *info, out); });
  }
  static jetcapture_status write(void *block, const void *payload) {
    return guarded(of(block).host, JETCAPTURE_BAD_DATA, [&] { of(block).block.write(payload); });
  }
  static jetcapture_status finish(void *block) {
    return guarded(of(block).host, JETCAPTURE_FATAL, [&] { of(block).block.finish(); });
  }
  static void close(void *block) { delete &of(block); }
  static std::uint64_t pending(void *block) { return of(block).block.pending(); }
  static void mark(void *block) { of(block).block.mark(); }
  static void rollback(void *block) { of(block).block.rollback(); }

  static constexpr auto pending_or_null() -> std::uint64_t (*)(void *) {
    if constexpr (HasPending<Block>::value)
      return &pending;
    else
      return nullptr;
  }
  static constexpr auto mark_or_null() -> void (*)(void *) {
    if constexpr (HasRollback<Block>::value)
      return &mark;
    else
      return nullptr;
  }
  static constexpr auto rollback_or_null() -> void (*)(void *) {
    if constexpr (HasRollback<Block>::value)
      return &rollback;
    else
      return nullptr;
  }
};

template <class Store, class = void>
struct HasStat : std::false_type {};
template <class Store>
struct HasStat<Store, std::void_t<decltype(std::declval<Store &>().stat(
                          std::string_view(), std::declval<jetcapture_object_status &>()))>> : std::true_type {};
template <class Store, class = void>
struct HasGet : std::false_type {};
template <class Store>
struct HasGet<Store, std::void_t<decltype(std::declval<Store &>().get(
                         std::string_view(), std::declval<const jetcapture_visitor &>()))>> : std::true_type {};
template <class Store, class = void>
struct HasList : std::false_type {};
template <class Store>
struct HasList<Store, std::void_t<decltype(std::declval<Store &>().list(
                          std::string_view(), std::declval<const jetcapture_visitor &>()))>> : std::true_type {};
template <class Store, class = void>
struct HasRemove : std::false_type {};
template <class Store>
struct HasRemove<Store, std::void_t<decltype(std::declval<Store &>().remove(std::string_view()))>> : std::true_type {};

template <class Store>
struct StoreThunks {
  using Self = Instance<Store>;

  static jetcapture_status put(void *self, const jetcapture_object *object, jetcapture_result *result) {
    auto &store = *static_cast<Self *>(self);
    return guarded(store.host, JETCAPTURE_RETRY, [&] { store.stage.put(Object(*object), *result); });
  }
  static jetcapture_status stat(void *self, jetcapture_text name, jetcapture_object_status *status) {
    auto &store = *static_cast<Self *>(self);
    return guarded(store.host, JETCAPTURE_RETRY, [&] { store.stage.stat(view(name), *status); });
  }
  static jetcapture_status get(void *self, jetcapture_text name, const jetcapture_visitor *visitor) {
    auto &store = *static_cast<Self *>(self);
    return guarded(store.host, JETCAPTURE_RETRY, [&] { store.stage.get(view(name), *visitor); });
  }
  static jetcapture_status list(void *self, jetcapture_text prefix, const jetcapture_visitor *visitor) {
    auto &store = *static_cast<Self *>(self);
    return guarded(store.host, JETCAPTURE_RETRY, [&] { store.stage.list(view(prefix), *visitor); });
  }
  static jetcapture_status remove(void *self, jetcapture_text name) {
    auto &store = *static_cast<Self *>(self);
    return guarded(store.host, JETCAPTURE_RETRY, [&] { store.stage.remove(view(name)); });
  }

  static constexpr decltype(jetcapture_store::stat) stat_or_null() {
    if constexpr (HasStat<Store>::value)
      return &stat;
    else
      return nullptr;
  }
  static constexpr decltype(jetcapture_store::get) get_or_null() {
    if constexpr (HasGet<Store>::value)
      return &get;
    else
      return nullptr;
  }
  static constexpr decltype(jetcapture_store::list) list_or_null() {
    if constexpr (HasList<Store>::value)
      return &list;
    else
      return nullptr;
  }
  static constexpr decltype(jetcapture_store::remove) remove_or_null() {
    if constexpr (HasRemove<Store>::value)
      return &remove;
    else
      return nullptr;
  }
};

} // namespace detail
} // namespace jetcapture

#define JETCAPTURE_ABOUT_STAGE(kind, symbol, Class)                        \
  static constexpr jetcapture_about jetcapture_about_##kind##_##symbol = { \
      sizeof(jetcapture_about),                                            \
      0,                                                                   \
      #symbol,                                                             \
      Class::version,                                                      \
      Class::summary,                                                      \
      jetcapture::detail::OptionTable<Class>::pointers}

// Export a class as a stage, at namespace scope: JETCAPTURE_CPP_DECODER(pizza, PizzaDecoder);
#define JETCAPTURE_CPP_DECODER(symbol, Class)                                                                        \
  JETCAPTURE_ABOUT_STAGE(decoder, symbol, Class);                                                                    \
  static constexpr auto jetcapture_produces_##symbol = jetcapture::detail::PayloadTable<Class>::of(Class::produces); \
  JETCAPTURE_DECODER(symbol) = {sizeof(jetcapture_decoder),                                                          \
                                0,                                                                                   \
                                &jetcapture_about_decoder_##symbol,                                                  \
                                jetcapture_produces_##symbol.at,                                                     \
                                &jetcapture::detail::Instance<Class>::create,                                        \
                                &jetcapture::detail::decode<Class>,                                                  \
                                &jetcapture::detail::Instance<Class>::destroy}

#define JETCAPTURE_CPP_WRITER(symbol, Class)                                                                       \
  JETCAPTURE_ABOUT_STAGE(writer, symbol, Class);                                                                   \
  static constexpr auto jetcapture_accepts_##symbol = jetcapture::detail::PayloadTable<Class>::of(Class::accepts); \
  JETCAPTURE_WRITER(symbol) = {sizeof(jetcapture_writer),                                                          \
                               jetcapture::detail::FlagsOf<Class>::value,                                          \
                               &jetcapture_about_writer_##symbol,                                                  \
                               jetcapture_accepts_##symbol.at,                                                     \
                               Class::suffix,                                                                      \
                               Class::content_type,                                                                \
                               &jetcapture::detail::Instance<Class>::create,                                       \
                               &jetcapture::detail::WriterThunks<Class>::open,                                     \
                               &jetcapture::detail::WriterThunks<Class>::write,                                    \
                               &jetcapture::detail::WriterThunks<Class>::finish,                                   \
                               &jetcapture::detail::WriterThunks<Class>::close,                                    \
                               &jetcapture::detail::Instance<Class>::destroy,                                      \
                               jetcapture::detail::WriterThunks<Class>::pending_or_null(),                         \
                               jetcapture::detail::WriterThunks<Class>::mark_or_null(),                            \
                               jetcapture::detail::WriterThunks<Class>::rollback_or_null()}

#define JETCAPTURE_CPP_STORE(symbol, Class)                                           \
  JETCAPTURE_ABOUT_STAGE(store, symbol, Class);                                       \
  JETCAPTURE_STORE(symbol) = {sizeof(jetcapture_store),                               \
                              jetcapture::detail::MaxPutsOf<Class>::value,            \
                              &jetcapture_about_store_##symbol,                       \
                              &jetcapture::detail::Instance<Class>::create,           \
                              &jetcapture::detail::StoreThunks<Class>::put,           \
                              &jetcapture::detail::Instance<Class>::destroy,          \
                              jetcapture::detail::StoreThunks<Class>::stat_or_null(), \
                              jetcapture::detail::StoreThunks<Class>::get_or_null(),  \
                              jetcapture::detail::StoreThunks<Class>::list_or_null(), \
                              jetcapture::detail::StoreThunks<Class>::remove_or_null()}

#endif
