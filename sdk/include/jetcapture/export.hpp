// How a class of the C++ layer becomes a stage of the C ABI: thunks that catch every exception, and the macros that
// export them.
//
// Included by plugin.hpp, which says what the classes look like.
#ifndef JETCAPTURE_EXPORT_HPP
#define JETCAPTURE_EXPORT_HPP

#include "plugin.hpp"

#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace jetcapture {
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
template <class Writer, class = void>
struct HasFacts : std::false_type {};
template <class Writer>
struct HasFacts<Writer,
                std::void_t<decltype(std::declval<Writer &>().facts(std::declval<jetcapture_writer_facts &>()))>>
    : std::true_type {};
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
template <class Writer>
struct WriterThunks {
  using Block = typename Writer::Block;
  struct OpenBlock {
    const jetcapture_host *host;
    Block block;
    std::string broken; // why pending() failed, which can't return it; else empty
    OpenBlock(Instance<Writer> &writer, const jetcapture_block_info &info, jetcapture_out *out)
        : host(writer.host), block(writer.stage, info, Out(out)) {}

    // If it fails, the block can't go on: write() and finish() say so.
    std::uint64_t pending() noexcept {
      try {
        return block.pending();
      } catch (const std::exception &error) {
        break_off(error.what());
      } catch (...) {
        break_off("it threw something that is no std::exception");
      }
      return 0;
    }
    void break_off(const char *why) noexcept { broken = std::string("pending() failed, which it must not: ") + why; }
    void check() const {
      if (!broken.empty())
        throw Failure(JETCAPTURE_FATAL, broken);
    }
  };
  static OpenBlock &of(void *block) { return *static_cast<OpenBlock *>(block); }

  static jetcapture_status open(void *self, const jetcapture_block_info *info, jetcapture_out *out, void **block) {
    auto &writer = *static_cast<Instance<Writer> *>(self);
    return guarded(writer.host, JETCAPTURE_FATAL, [&] { *block = new OpenBlock(writer, *info, out); });
  }
  static jetcapture_status write(void *block, const void *payload) {
    return guarded(of(block).host, JETCAPTURE_BAD_DATA, [&] {
      of(block).check();
      of(block).block.write(payload);
    });
  }
  static jetcapture_status finish(void *block) {
    return guarded(of(block).host, JETCAPTURE_FATAL, [&] {
      of(block).check();
      of(block).block.finish();
    });
  }
  static void close(void *block) { delete &of(block); }
  static std::uint64_t pending(void *block) { return of(block).pending(); }
  static jetcapture_status mark(void *block) {
    return guarded(of(block).host, JETCAPTURE_FATAL, [&] { of(block).block.mark(); });
  }
  static jetcapture_status rollback(void *block) {
    return guarded(of(block).host, JETCAPTURE_FATAL, [&] { of(block).block.rollback(); });
  }
  static jetcapture_status facts(void *self, jetcapture_writer_facts *facts) {
    auto &writer = *static_cast<Instance<Writer> *>(self);
    return guarded(writer.host, JETCAPTURE_CONFIGURATION, [&] { writer.stage.facts(*facts); });
  }

  static constexpr auto pending_or_null() -> std::uint64_t (*)(void *) {
    if constexpr (HasPending<Block>::value)
      return &pending;
    else
      return nullptr;
  }
  static constexpr decltype(jetcapture_writer::mark) mark_or_null() {
    if constexpr (HasRollback<Block>::value)
      return &mark;
    else
      return nullptr;
  }
  static constexpr decltype(jetcapture_writer::rollback) rollback_or_null() {
    if constexpr (HasRollback<Block>::value)
      return &rollback;
    else
      return nullptr;
  }
  static constexpr decltype(jetcapture_writer::facts) facts_or_null() {
    if constexpr (HasFacts<Writer>::value)
      return &facts;
    else
      return nullptr;
  }
};

template <class Reader>
struct ReaderThunks {
  using Object = typename Reader::Object;
  struct OpenObject {
    const jetcapture_host *host;
    Object object;
    OpenObject(Instance<Reader> &reader, const jetcapture_input *input)
        : host(reader.host), object(reader.stage, Input(input)) {}
  };

  static jetcapture_status open(void *self, const jetcapture_input *input, void **object) {
    auto &reader = *static_cast<Instance<Reader> *>(self);
    return guarded(reader.host, JETCAPTURE_BAD_DATA, [&] { *object = new OpenObject(reader, input); });
  }
  static jetcapture_status next(void *object, jetcapture_whole_message *message, std::uint32_t *there) {
    auto &open = *static_cast<OpenObject *>(object);
    return guarded(open.host, JETCAPTURE_BAD_DATA, [&] { *there = open.object.next(*message) ? 1 : 0; });
  }
  static void close(void *object) { delete static_cast<OpenObject *>(object); }
};

// Whether calling a member with these arguments compiles.
#define JETCAPTURE_HAS_MEMBER(Trait, call) \
  template <class Store, class = void>     \
  struct Trait : std::false_type {};       \
  template <class Store>                   \
  struct Trait<Store, std::void_t<decltype(std::declval<Store &>().call)>> : std::true_type {}
JETCAPTURE_HAS_MEMBER(HasStat, stat(std::string_view(), std::declval<jetcapture_object_status &>()));
JETCAPTURE_HAS_MEMBER(HasGet, get(std::string_view(), std::uint64_t(), std::uint64_t(),
                                  std::declval<const jetcapture_visitor &>()));
JETCAPTURE_HAS_MEMBER(HasList, list(std::string_view(), std::string_view(), std::uint64_t(),
                                    std::declval<const jetcapture_visitor &>()));
JETCAPTURE_HAS_MEMBER(HasRemove, remove(std::string_view()));
JETCAPTURE_HAS_MEMBER(HasMaxPuts, max_puts());
#undef JETCAPTURE_HAS_MEMBER
// A member of that name, whatever it takes: one that the traits above don't know would be left out in silence.
#define JETCAPTURE_NAMES_MEMBER(Trait, member) \
  template <class Store, class = void>         \
  struct Trait : std::false_type {};           \
  template <class Store>                       \
  struct Trait<Store, std::void_t<decltype(&Store::member)>> : std::true_type {}
JETCAPTURE_NAMES_MEMBER(NamesStat, stat);
JETCAPTURE_NAMES_MEMBER(NamesGet, get);
JETCAPTURE_NAMES_MEMBER(NamesList, list);
JETCAPTURE_NAMES_MEMBER(NamesRemove, remove);
JETCAPTURE_NAMES_MEMBER(NamesMaxPuts, max_puts);
#undef JETCAPTURE_NAMES_MEMBER

template <class Store>
struct StoreThunks {
  using Self = Instance<Store>;
  static_assert(!NamesStat<Store>::value || HasStat<Store>::value, "stat() of the store has other arguments");
  static_assert(!NamesGet<Store>::value || HasGet<Store>::value, "get() of the store has other arguments");
  static_assert(!NamesList<Store>::value || HasList<Store>::value, "list() of the store has other arguments");
  static_assert(!NamesRemove<Store>::value || HasRemove<Store>::value, "remove() of the store has other arguments");
  static_assert(!NamesMaxPuts<Store>::value || HasMaxPuts<Store>::value, "max_puts of the store is no function");

  // f is given the stage. An exception that is not a Failure may pass by itself.
  template <class F>
  static jetcapture_status call(void *self, F &&f) {
    auto &store = *static_cast<Self *>(self);
    return guarded(store.host, JETCAPTURE_RETRY, [&] { f(store.stage); });
  }
  static jetcapture_status put(void *self, const jetcapture_object *object, jetcapture_result *result) {
    return call(self, [&](Store &store) { store.put(Object(*object), *result); });
  }
  static jetcapture_status stat(void *self, jetcapture_text name, jetcapture_object_status *status) {
    return call(self, [&](Store &store) { store.stat(view(name), *status); });
  }
  static jetcapture_status get(void *self, jetcapture_text name, std::uint64_t offset, std::uint64_t count,
                               const jetcapture_visitor *visitor) {
    return call(self, [&](Store &store) { store.get(view(name), offset, count, *visitor); });
  }
  static jetcapture_status list(void *self, jetcapture_text prefix, jetcapture_text after, std::uint64_t limit,
                                const jetcapture_visitor *visitor) {
    return call(self, [&](Store &store) { store.list(view(prefix), view(after), limit, *visitor); });
  }
  static jetcapture_status remove(void *self, jetcapture_text name) {
    return call(self, [&](Store &store) { store.remove(view(name)); });
  }
  // One at a time is right where it is not known.
  static std::uint32_t max_puts(void *self) {
    std::uint32_t most = 1;
    call(self, [&](Store &store) { most = store.max_puts(); });
    return most;
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
  static constexpr decltype(jetcapture_store::max_puts) max_puts_or_null() {
    if constexpr (HasMaxPuts<Store>::value)
      return &max_puts;
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
                               jetcapture::detail::WriterThunks<Class>::rollback_or_null(),                        \
                               jetcapture::detail::WriterThunks<Class>::facts_or_null()}

#define JETCAPTURE_CPP_READER(symbol, Class)                                    \
  JETCAPTURE_ABOUT_STAGE(reader, symbol, Class);                                \
  JETCAPTURE_READER(symbol) = {sizeof(jetcapture_reader),                       \
                               0,                                               \
                               &jetcapture_about_reader_##symbol,               \
                               &jetcapture::detail::Instance<Class>::create,    \
                               &jetcapture::detail::ReaderThunks<Class>::open,  \
                               &jetcapture::detail::ReaderThunks<Class>::next,  \
                               &jetcapture::detail::ReaderThunks<Class>::close, \
                               &jetcapture::detail::Instance<Class>::destroy}

#define JETCAPTURE_CPP_STORE(symbol, Class)                                             \
  JETCAPTURE_ABOUT_STAGE(store, symbol, Class);                                         \
  JETCAPTURE_STORE(symbol) = {sizeof(jetcapture_store),                                 \
                              jetcapture::detail::FlagsOf<Class>::value,                \
                              &jetcapture_about_store_##symbol,                         \
                              &jetcapture::detail::Instance<Class>::create,             \
                              &jetcapture::detail::StoreThunks<Class>::put,             \
                              &jetcapture::detail::Instance<Class>::destroy,            \
                              jetcapture::detail::StoreThunks<Class>::stat_or_null(),   \
                              jetcapture::detail::StoreThunks<Class>::get_or_null(),    \
                              jetcapture::detail::StoreThunks<Class>::list_or_null(),   \
                              jetcapture::detail::StoreThunks<Class>::remove_or_null(), \
                              jetcapture::detail::StoreThunks<Class>::max_puts_or_null()}

#endif
