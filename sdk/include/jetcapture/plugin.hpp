// The C++ layer above the plug-in ABI (C++17, header only): stages as classes, errors as exceptions.
//
// A stage is a class with constants that describe it and a constructor from `const jetcapture::Options &`; one macro
// exports it. The thunks here catch every exception and turn it into a status with its sentence, so none crosses the
// ABI.
//
//   class Decoder            static constexpr const char *version, *summary, *produces[]; options[] (may be left out)
//     explicit Decoder(const jetcapture::Options &)
//     void decode(const jetcapture_message &, jetcapture::Sink &)
//
//   class Writer             static constexpr const char *version, *summary, *accepts[], *suffix, *content_type;
//                            options[], flags
//     explicit Writer(const jetcapture::Options &)
//     optional: void facts(jetcapture_writer_facts &);
//     class Block            Block(Writer &, const jetcapture_block_info &, jetcapture::Out)
//       void write(const void *payload); void finish();
//       optional: uint64_t pending(); void mark(); void rollback();
//
//   class Store              static constexpr const char *version, *summary; flags, options[] (may be left out)
//     explicit Store(const jetcapture::Options &)
//     void put(const jetcapture::Object &, jetcapture_result &)
//     optional: void stat(std::string_view name, jetcapture_object_status &);
//               void get(std::string_view name, std::uint64_t offset, std::uint64_t count, const jetcapture_visitor &);
//               void list(std::string_view prefix, std::string_view after, std::uint64_t limit,
//                         const jetcapture_visitor &);
//               void remove(std::string_view name);
//               std::uint32_t max_puts();
//
//   class Reader           static constexpr const char *version, *summary; options[] (may be left out)
//     explicit Reader(const jetcapture::Options &)
//     class Object           Object(Reader &, jetcapture::Input)
//       bool next(jetcapture_whole_message &);    false: there are no more
//
// Which thread calls what, and what may block, is said in decoder.h, writer.h, store.h and reader.h.
#ifndef JETCAPTURE_PLUGIN_HPP
#define JETCAPTURE_PLUGIN_HPP

#include "plugin.h"

#include <chrono>
#include <cstdint>
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
struct Exists : Failure {
  explicit Exists(const std::string &sentence) : Failure(JETCAPTURE_EXISTS, sentence) {}
};
struct NotFound : Failure {
  explicit NotFound(const std::string &sentence) : Failure(JETCAPTURE_NOT_FOUND, sentence) {}
};

// A status that the host returned (from emit, more, a visitor) and that goes back to it; it has its sentence already.
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

// What create() was given: option values by name, the agreed payload, the host. Only valid in the constructor; host()
// stays.
class Options {
public:
  explicit Options(const jetcapture_create_args &args) noexcept : args_(&args) {}

  const jetcapture_host *host() const noexcept { return args_->host; }
  std::string_view payload() const noexcept { return args_->payload == nullptr ? "" : args_->payload; }
  // The host only checks: make and change nothing.
  bool check_only() const noexcept {
    return JETCAPTURE_HAS(args_, jetcapture_create_args, check_only) && args_->check_only != 0;
  }
  // That nothing can be written is no reason to refuse.
  bool may_be_read_only() const noexcept {
    return JETCAPTURE_HAS(args_, jetcapture_create_args, may_be_read_only) && args_->may_be_read_only != 0;
  }
  // There is a value: the user gave one, or there is a default. The others give an empty text or 0 where there is none.
  bool has(const char *name) const { return setting(name).present != 0; }
  // The user gave one.
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

// Log lines, and whether the host wants to end.
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

// An object to be stored.
class Object {
public:
  explicit Object(const jetcapture_object &object) noexcept : object_(&object) {}
  const jetcapture_object &raw() const noexcept { return *object_; }
  std::string_view name() const noexcept { return view(object_->name); }
  std::uint64_t bytes() const noexcept { return object_->bytes; }
  // Throw Exists rather than replace an object of that name.
  bool create_only() const noexcept { return (object_->flags & JETCAPTURE_CREATE_ONLY) != 0; }

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

// The bytes of an object that a reader reads.
class Input {
public:
  explicit Input(const jetcapture_input *input) noexcept : input_(input) {}
  std::uint64_t bytes() const noexcept { return input_->bytes; }

  // Up to count bytes from offset; 0 at the end. Throws Retry when they can't be read.
  std::size_t read(std::uint64_t offset, void *buffer, std::size_t count) const {
    const std::int64_t got = input_->read(input_, offset, buffer, count);
    if (got < 0)
      throw Retry("the object can't be read from the spool");
    return static_cast<std::size_t>(got);
  }

private:
  const jetcapture_input *input_;
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

} // namespace jetcapture

#include "export.hpp"

#endif
