#include "tools/plugins/stage_facts.hpp"

#include "plugins/options.hpp"
#include "plugins/searched_folders.hpp"
#include "plugins/stages.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace jetcapture::host {
namespace {

using Json = nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr auto time_limit = 5s; // of what a file does when it is loaded

std::string_view kind_word(const jetcapture_option &option) {
  switch (option.kind) {
  case JETCAPTURE_OPTION_TEXT:
    return "text";
  case JETCAPTURE_OPTION_INTEGER:
    return "integer";
  case JETCAPTURE_OPTION_NUMBER:
    return "number";
  case JETCAPTURE_OPTION_FLAG:
    return "flag";
  case JETCAPTURE_OPTION_DURATION:
    return "duration";
  case JETCAPTURE_OPTION_SIZE:
    return "size";
  case JETCAPTURE_OPTION_PATH:
    return "path";
  case JETCAPTURE_OPTION_CHOICE:
    return "choice";
  case JETCAPTURE_OPTION_LIST:
    return "list";
  default:
    return "unknown";
  }
}

Json list_of(const char *const *texts) {
  Json list = Json::array();
  for (; texts != nullptr && *texts != nullptr; ++texts)
    list.push_back(*texts);
  return list;
}

Json option_facts(const jetcapture_option &option) {
  const bool secret = (option.flags & JETCAPTURE_OPTION_SECRET) != 0;
  Json facts = {{"name", option.name},
                {"kind", kind_word(option)},
                {"required", (option.flags & JETCAPTURE_OPTION_REQUIRED) != 0},
                {"secret", secret},
                {"default", nullptr}};
  if (option.default_value != nullptr && !secret)
    facts["default"] = option.default_value;
  if (option.kind == JETCAPTURE_OPTION_CHOICE)
    facts["choices"] = list_of(option.choices);
  facts["help"] = option.help;
  return facts;
}

bool has(const char *const *texts, std::string_view wanted) {
  for (; texts != nullptr && *texts != nullptr; ++texts)
    if (*texts == wanted)
      return true;
  return false;
}

// A command that has this stage and others which fit it.
std::string example(StageKind kind, const jetcapture_about &about, const char *const *payloads) {
  if (kind == StageKind::reader) // found by the writer of a backup
    return "jetcapture cat --stream ORDERS --store file --store-opt root=backup";
  const std::string own = " --" + std::string(to_string(kind)) + " " + about.name;
  std::string options;
  for (const jetcapture_option *const *option = about.options; option != nullptr && *option != nullptr; ++option)
    if (((*option)->flags & JETCAPTURE_OPTION_REQUIRED) != 0)
      options += " --" + std::string(to_string(kind)) + "-opt " + (*option)->name + "=…";
  std::string decoder = " --decoder message";
  std::string writer = " --writer ndjson";
  if (kind == StageKind::decoder)
    writer = has(payloads, JETCAPTURE_PAYLOAD_RECORD)    ? " --writer csv"
             : has(payloads, JETCAPTURE_PAYLOAD_MESSAGE) ? " --writer ndjson"
                                                         : " --writer …";
  if (kind == StageKind::writer)
    decoder = has(payloads, JETCAPTURE_PAYLOAD_RECORD)    ? " --decoder json"
              : has(payloads, JETCAPTURE_PAYLOAD_MESSAGE) ? " --decoder message"
                                                          : " --decoder …";
  std::string command = "jetcapture --stream ORDERS --consumer capture --create-consumer";
  command += kind == StageKind::decoder ? own + options : decoder;
  command += kind == StageKind::writer ? own + options : writer;
  command += kind == StageKind::store ? own + options : " --store file --store-opt root=backup";
  return command;
}

Json common_facts(const StageFile &stage, const jetcapture_about &about, const char *const *payloads,
                  std::size_t columns) {
  Json facts = {{"kind", to_string(stage.kind)},
                {"name", stage.name},
                {"file", stage.file.string()},
                {"version", about.version},
                {"abi", std::to_string(stage.abi_major) + "." + std::to_string(about.needs_minor)},
                {"summary", about.summary}};
  if (stage.kind == StageKind::decoder)
    facts["produces"] = list_of(payloads);
  if (stage.kind == StageKind::writer)
    facts["accepts"] = list_of(payloads);
  facts["options"] = Json::array();
  for (const jetcapture_option *const *option = about.options; option != nullptr && *option != nullptr; ++option)
    facts["options"].push_back(option_facts(**option));
  facts["example"] = example(stage.kind, about, payloads);
  facts["help"] = stage_help(stage.kind, about, payloads, columns);
  return facts;
}

const StageChoice &choice_of(const Settings &settings, StageKind kind) {
  return kind == StageKind::decoder ? settings.decoder : kind == StageKind::writer ? settings.writer : settings.store;
}

} // namespace

Json stage_facts(const StageFile &stage, std::size_t columns) {
  switch (stage.kind) {
  case StageKind::decoder: {
    const jetcapture_decoder decoder = load_decoder(stage).description;
    return common_facts(stage, *decoder.about, decoder.produces, columns);
  }
  case StageKind::writer: {
    const jetcapture_writer writer = load_writer(stage).description;
    Json facts = common_facts(stage, *writer.about, writer.accepts, columns);
    facts["suffix"] = writer.suffix;
    facts["content_type"] = writer.content_type;
    facts["compresses"] = (writer.flags & JETCAPTURE_WRITER_COMPRESSES) != 0;
    return facts;
  }
  case StageKind::reader: {
    const jetcapture_reader reader = load_reader(stage).description;
    return common_facts(stage, *reader.about, nullptr, columns);
  }
  case StageKind::store:
    break;
  }
  const jetcapture_store store = load_store(stage).description;
  Json facts = common_facts(stage, *store.about, nullptr, columns);
  facts["can"] = Json::array();
  for (const auto &[name, there] : {std::pair{"stat", store.stat != nullptr},
                                    {"get", store.get != nullptr},
                                    {"list", store.list != nullptr},
                                    {"remove", store.remove != nullptr},
                                    {"create", (store.flags & JETCAPTURE_STORE_CREATES) != 0}})
    if (there)
      facts["can"].push_back(name);
  return facts;
}

std::string StageLook::why() const {
  return describe_end(end, time_limit);
}

StageLook look_at(const StageFile &stage, std::size_t columns) {
  StageLook look = {
      nullptr,
      run_in_child([&] { return stage_facts(stage, columns).dump(-1, ' ', false, Json::error_handler_t::replace); },
                   time_limit)};
  if (look.end.how == ChildEnd::How::answered)
    look.facts = Json::parse(look.end.answer, nullptr, false);
  if (!look.facts.is_object())
    look.facts = nullptr;
  return look;
}

Json facts_of(const Settings &settings, StageKind kind, std::size_t columns) {
  const StageFile stage =
      find_stage(folders_of(settings), kind, choice_of(settings, kind).name, settings.allow_writable_plugins);
  StageLook look = look_at(stage, columns);
  if (!look.facts.is_null())
    return std::move(look.facts);
  if (look.end.how == ChildEnd::How::exited && !look.end.answer.empty())
    throw StartupError(look.end.answer);
  throw StartupError(std::string(to_string(kind)) + " \"" + stage.name + "\" can't be loaded: " + stage.file.string() +
                     " " + look.why());
}

} // namespace jetcapture::host
