#include "plugins/description.hpp"

#include "settings/error.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

namespace jetcapture::host {
namespace {

// Lists in a description end with NULL; one that has lost its end must not be read on for ever.
constexpr std::size_t longest_list = 1000;
constexpr std::size_t longest_suffix = 32;

class Check {
public:
  explicit Check(const StageFile &file) : file_(file) {}

  [[noreturn]] void refuse(const std::string &defect) const {
    throw StartupError(std::string(to_string(file_.kind)) + " \"" + file_.name + "\" in " + file_.file.string() +
                       " is broken: " + defect + "; rebuild it against the SDK, or ask its author");
  }
  void require(bool holds, const std::string &defect) const {
    if (!holds)
      refuse(defect);
  }

  template <class Function>
  void function(Function pointer, const char *name) const {
    require(pointer != nullptr, std::string("its description has no ") + name + "()");
  }

  void text(const char *value, const char *name) const {
    require(value != nullptr, std::string("its description has no ") + name);
  }

  void about(const jetcapture_about *about) const {
    require(about != nullptr, "its description has no about");
    require(about->size >= sizeof(jetcapture_about), "the size of its about is too small");
    if (about->needs_minor > JETCAPTURE_ABI_MINOR)
      throw StartupError(std::string(to_string(file_.kind)) + " \"" + file_.name + "\" in " + file_.file.string() +
                         " needs plug-in ABI 1." + std::to_string(about->needs_minor) + ", this host has 1." +
                         std::to_string(JETCAPTURE_ABI_MINOR) + "; update jetcapture");
    text(about->name, "name");
    text(about->version, "version");
    text(about->summary, "summary");
    if (about->name != file_.name)
      throw StartupError(std::string(to_string(file_.kind)) + " \"" + file_.name + "\" in " + file_.file.string() +
                         " is broken: its description calls it \"" + about->name + "\" and its symbol \"" + file_.name +
                         "\"; give both the same name");
    options(about->options);
  }

  void payloads(const char *const *payloads, const char *name) const {
    require(payloads != nullptr && *payloads != nullptr, std::string("its description has no payload in ") + name);
    std::size_t count = 0;
    for (; *payloads != nullptr; ++payloads) {
      require(**payloads != '\0', std::string("its description has an empty payload in ") + name);
      require(++count <= longest_list, std::string(name) + " of its description has no end");
    }
  }

private:
  void options(const jetcapture_option *const *options) const {
    std::set<std::string_view> names;
    std::size_t count = 0;
    for (; options != nullptr && *options != nullptr; ++options) {
      const jetcapture_option &option = **options;
      require(++count <= longest_list, "its list of options has no end");
      require(option.size >= sizeof(jetcapture_option), "the size of an option is too small");
      require(option.name != nullptr && is_option_name(option.name),
              "an option's name is not of the form [a-z][a-z0-9-]*");
      const std::string name = std::string("option \"") + option.name + '"';
      require(names.insert(option.name).second, name + " is there twice");
      require(option.help != nullptr, name + " has no help");
      require(option.kind >= JETCAPTURE_OPTION_TEXT && option.kind <= JETCAPTURE_OPTION_LIST,
              name + " has the unknown kind " + std::to_string(option.kind));
      require(option.kind != JETCAPTURE_OPTION_CHOICE || (option.choices != nullptr && *option.choices != nullptr),
              name + " has no choices");
    }
  }

  static bool is_option_name(std::string_view name) {
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    return !name.empty() && is_lower(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
      return is_lower(c) || (c >= '0' && c <= '9') || c == '-';
    });
  }

  const StageFile &file_;
};

bool fits_file_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

void check(const Check &check, const jetcapture_decoder &decoder) {
  check.payloads(decoder.produces, "produces");
  check.function(decoder.create, "create");
  check.function(decoder.decode, "decode");
  check.function(decoder.destroy, "destroy");
}

void check(const Check &check, const jetcapture_writer &writer) {
  check.payloads(writer.accepts, "accepts");
  const std::string defect = defect_of_facts(writer.suffix, writer.content_type);
  check.require(defect.empty(), "its description has " + defect);
  check.function(writer.create, "create");
  check.function(writer.open, "open");
  check.function(writer.write, "write");
  check.function(writer.finish, "finish");
  check.function(writer.close, "close");
  check.function(writer.destroy, "destroy");
  check.require((writer.mark == nullptr) == (writer.rollback == nullptr),
                "its description has one of mark() and rollback() without the other");
}

void check(const Check &check, const jetcapture_store &store) {
  check.function(store.create, "create");
  check.function(store.put, "put");
  check.function(store.destroy, "destroy");
}

void check(const Check &check, const jetcapture_reader &reader) {
  check.function(reader.create, "create");
  check.function(reader.open, "open");
  check.function(reader.next, "next");
  check.function(reader.close, "close");
  check.function(reader.destroy, "destroy");
}

// What the first release requires: everything up to and with destroy().
template <class Description>
constexpr std::size_t smallest_size = offsetof(Description, destroy) + sizeof(Description::destroy);

} // namespace

std::string defect_of_facts(const char *suffix, const char *content_type) {
  if (suffix == nullptr)
    return "no suffix";
  if (content_type == nullptr)
    return "no content type";
  const std::string_view text(suffix, ::strnlen(suffix, longest_suffix + 1));
  const bool good = (text.empty() || text.front() == '.') && text.size() <= longest_suffix &&
                    std::all_of(text.begin(), text.end(), fits_file_name);
  return good ? "" : "a suffix that is not of the form .NAME";
}

template <class Description>
Description checked_description(const StageFile &file, const void *exported) {
  const Check rules(file);
  Description description{};
  std::uint32_t size = 0;
  std::memcpy(&size, exported, sizeof size);
  rules.require(size >= smallest_size<Description>, "its description has " + std::to_string(size) + " bytes, " +
                                                        std::to_string(smallest_size<Description>) + " are the least");
  // Never half of a pointer: the fields that may be missing are all pointers.
  const std::size_t common = std::min<std::size_t>(size, sizeof description) / sizeof(void *) * sizeof(void *);
  std::memcpy(&description, exported, common);
  description.size = static_cast<std::uint32_t>(common);
  rules.about(description.about);
  check(rules, description);
  return description;
}

template jetcapture_decoder checked_description<jetcapture_decoder>(const StageFile &, const void *);
template jetcapture_writer checked_description<jetcapture_writer>(const StageFile &, const void *);
template jetcapture_store checked_description<jetcapture_store>(const StageFile &, const void *);
template jetcapture_reader checked_description<jetcapture_reader>(const StageFile &, const void *);

} // namespace jetcapture::host
