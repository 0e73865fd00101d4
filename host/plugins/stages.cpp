#include "plugins/stages.hpp"

#include "plugins/description.hpp"
#include "plugins/options.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"
#include "strings/strings.hpp"

#include <boost/dll/shared_library.hpp>

#include <dlfcn.h>
#include <string_view>
#include <type_traits>

namespace jetcapture::host {
namespace {

// dlerror() begins with the file's name, which the sentence has already.
std::string loader_error(const std::string &file) {
  const char *error = ::dlerror();
  std::string_view text = error == nullptr ? "the loader gives no reason" : error;
  if (text.starts_with(file + ": "))
    text.remove_prefix(file.size() + 2);
  return std::string(text);
}

// The address of the stage's description. The library stays loaded: RTLD_NODELETE makes the closing at the end
// harmless.
const void *load_symbol(const StageFile &stage) {
  const std::string file = stage.file.string();
  boost::dll::shared_library library;
  boost::dll::fs::error_code error;
  const auto mode =
      static_cast<boost::dll::load_mode::type>(static_cast<int>(boost::dll::load_mode::rtld_now) |
                                               static_cast<int>(boost::dll::load_mode::rtld_local) | RTLD_NODELETE);
  library.load(boost::dll::fs::path(file), mode, error);
  if (!library.is_loaded())
    throw StartupError(file + " can't be loaded: " + loader_error(file) + "; install what it needs, or rebuild it");
  const std::string symbol = "jetcapture_" + std::string(to_string(stage.kind)) + "_" +
                             std::to_string(JETCAPTURE_ABI_MAJOR) + "_" + stage.name;
  const void *address = ::dlsym(library.native(), symbol.c_str());
  if (address == nullptr)
    throw StartupError(file + " does not export " + symbol + "; rebuild it against the SDK");
  return address;
}

// payloads: ends with NULL.
std::string list_of(const char *const *payloads) {
  const char *const *end = payloads;
  while (*end != nullptr)
    ++end;
  return joined(std::vector<std::string_view>(payloads, end));
}

// The file of a description, for sentences: the library that its constant is in.
std::string file_of(const void *constant) {
  Dl_info info{};
  return ::dladdr(constant, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : "an unknown file";
}

StageCall create_of(StageKind kind) {
  return kind == StageKind::decoder  ? StageCall::decoder_create
         : kind == StageKind::writer ? StageCall::writer_create
         : kind == StageKind::store  ? StageCall::store_create
                                     : StageCall::none;
}

// What a writer says of itself once its options are known takes the place of what its description says. Throws
// StartupError.
void take_facts(jetcapture_writer &writer, void *self, CallRecord *calls) {
  if (writer.facts == nullptr)
    return;
  jetcapture_writer_facts facts = {sizeof facts, writer.flags, writer.suffix, writer.content_type};
  const jetcapture_status status = [&] {
    const CallRecord::Call call(calls, StageCall::writer_create, 0, 0);
    return writer.facts(self, &facts);
  }();
  std::string why = HostServices::take_failure();
  if (status == JETCAPTURE_OK)
    why = defect_of_facts(facts.suffix, facts.content_type);
  else if (why.empty())
    why = "it gave no reason (" + to_string_status(status) + ")";
  if (!why.empty())
    throw StartupError("writer " + std::string(writer.about->name) + " in " + file_of(writer.about) + ": its facts() " +
                       (status == JETCAPTURE_OK ? "gave " : "failed: ") + why);
  writer.flags = facts.flags;
  writer.suffix = facts.suffix;
  writer.content_type = facts.content_type;
}

} // namespace

LoadedDecoder load_decoder(const StageFile &file) {
  return {file, checked_description<jetcapture_decoder>(file, load_symbol(file))};
}

LoadedWriter load_writer(const StageFile &file) {
  return {file, checked_description<jetcapture_writer>(file, load_symbol(file))};
}

LoadedStore load_store(const StageFile &file) {
  return {file, checked_description<jetcapture_store>(file, load_symbol(file))};
}

LoadedReader load_reader(const StageFile &file) {
  return {file, checked_description<jetcapture_reader>(file, load_symbol(file))};
}

std::string agree_on_payload(const LoadedDecoder &decoder, const LoadedWriter &writer) {
  for (const char *const *produced = decoder.description.produces; *produced != nullptr; ++produced)
    for (const char *const *accepted = writer.description.accepts; *accepted != nullptr; ++accepted)
      if (std::string_view(*produced) == *accepted)
        return *produced;
  throw StartupError("decoder " + decoder.file.name + " produces " + list_of(decoder.description.produces) +
                     ", writer " + writer.file.name + " accepts " + list_of(writer.description.accepts) +
                     "; choose a writer that accepts what the decoder produces, or another decoder");
}

template <class Description>
Stage<Description>::Stage(const Description &description, StageKind kind, const std::vector<std::string> &options,
                          const std::string &payload, Log &log, const std::atomic<bool> &cancelled, const StageUse &use)
    : description_(description), payload_(payload),
      services_(std::string(to_string(kind)) + " " + description.about->name, log, cancelled, use.memory),
      calls_(use.calls) {
  const std::string stage = std::string(to_string(kind)) + " " + description.about->name;
  StageSettings settings;
  parse_stage_options(*description.about, kind, options, settings);
  const jetcapture_create_args args = {sizeof args,
                                       settings.count(),
                                       services_.c_host(),
                                       settings.pointers(),
                                       payload_.empty() ? nullptr : payload_.c_str(),
                                       use.check_only ? 1u : 0u,
                                       use.may_be_read_only ? 1u : 0u};
  HostServices::take_failure();
  const jetcapture_status status = [&] {
    const CallRecord::Call call(calls_, create_of(kind), 0, 0);
    return description_.create(&args, &self_);
  }();
  const std::string sentence = HostServices::take_failure();
  if (status == JETCAPTURE_OK && self_ != nullptr) {
    if constexpr (std::is_same_v<Description, jetcapture_writer>) {
      try {
        take_facts(description_, self_, calls_);
      } catch (...) {
        description_.destroy(self_);
        throw;
      }
    }
    return;
  }

  const auto defect = [&](const std::string &what) {
    return StartupError(stage + " in " + file_of(description_.about) + " is broken: its create() " + what +
                        "; ask its author");
  };
  const std::string in_words = to_string_status(status);
  if (status == JETCAPTURE_OK)
    throw defect("returned ok without an instance");
  if (self_ != nullptr)
    throw defect("returned an instance together with an error (" + in_words + ")" +
                 (sentence.empty() ? "" : ": " + sentence));
  if (status < JETCAPTURE_OK || status >= JETCAPTURE_NEXT_BLOCK)
    throw defect("returned " + in_words + (sentence.empty() ? "" : ": " + sentence));
  if (sentence.empty())
    throw StartupError(stage + " in " + file_of(description_.about) + " did not start (" + in_words +
                       ") and gave no reason; check its options, and ask its author for a sentence");
  throw StartupError(stage + ": " + sentence);
}

template <class Description>
Stage<Description>::~Stage() {
  description_.destroy(self_);
}

template class Stage<jetcapture_decoder>;
template class Stage<jetcapture_writer>;
template class Stage<jetcapture_store>;
template class Stage<jetcapture_reader>;

std::deque<Decoder> make_decoders(const LoadedDecoder &loaded, const Settings &settings, const std::string &payload,
                                  Log &log, const std::atomic<bool> &cancelled, const StageUse &use) {
  std::deque<Decoder> decoders;
  for (std::uint32_t pipeline = 0; pipeline < settings.pipelines; pipeline++)
    decoders.emplace_back(loaded.description, StageKind::decoder, settings.decoder.options, payload, log, cancelled,
                          use);
  return decoders;
}

std::string breach_of_abi(const std::string &what) {
  return what + ": it breaks the plug-in ABI, and `jetcapture check-plugin` tells more";
}

std::string to_string_status(jetcapture_status status) {
  switch (status) {
  case JETCAPTURE_OK:
    return "ok";
  case JETCAPTURE_RETRY:
    return "retry";
  case JETCAPTURE_BAD_DATA:
    return "bad data";
  case JETCAPTURE_CONFIGURATION:
    return "configuration";
  case JETCAPTURE_FATAL:
    return "fatal";
  case JETCAPTURE_NEXT_BLOCK:
    return "next block";
  case JETCAPTURE_EXISTS:
    return "exists";
  case JETCAPTURE_NOT_FOUND:
    return "not found";
  default:
    return "unknown status " + std::to_string(status);
  }
}

} // namespace jetcapture::host
