#include "tools/tools.hpp"

#include "jetcapture/abi.h"
#include "plugins/searched_folders.hpp"
#include "settings/command_line.hpp"
#include "settings/error.hpp"
#include "tools/ledger/flags.hpp"
#include "tools/plugins/stage_facts.hpp"

#include <algorithm>
#include <iostream>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace jetcapture::host {

namespace {

class Completion {
public:
  Completion(std::string current, std::ostream &out) : current_(std::move(current)), out_(out) {}

  const std::string &current() const { return current_; }
  // What stands before a candidate in the word under the cursor: "--writer=".
  void set_lead(std::string lead) { lead_ = std::move(lead); }

  void offer(std::string_view candidate, std::string_view help = "") {
    const std::string whole = lead_ + std::string(candidate);
    if (whole.starts_with(current_))
      out_ << whole << '\t' << help << '\n';
  }
  void offer_files() { out_ << ":files\n"; }
  void offer_folders() { out_ << ":folders\n"; }

private:
  std::string current_;
  std::string lead_;
  std::ostream &out_;
};

bool may_repeat(const Flag &flag) {
  return flag.kind == FlagKind::list || flag.kind == FlagKind::stage_options;
}

std::string_view name_of(std::string_view word) {
  return word.starts_with("--")
             ? word.substr(2, word.find('=') == std::string_view::npos ? word.npos : word.find('=') - 2)
             : "";
}

const Flag *flag_of(std::string_view word) {
  if (word.size() == 2 && word.front() == '-')
    for (const Flag &flag : flags())
      if (flag.details.letter == word.back())
        return &flag;
  return find_flag(name_of(word));
}

void offer_flags(Completion &completion, const std::vector<std::string> &before) {
  for (const Flag &flag : flags()) {
    const bool given =
        std::any_of(before.begin(), before.end(), [&](const std::string &word) { return flag_of(word) == &flag; });
    if (flag.kind != FlagKind::secret && (!given || may_repeat(flag)))
      completion.offer("--" + std::string(flag.name), flag.help);
  }
}

// Of a command that reads a backup: its own flags, and those of a capture that it takes.
void offer_backup_flags(Completion &completion, std::span<const ToolFlag> own, bool reaches_server,
                        const std::vector<std::string> &before) {
  for (const ToolFlag &flag : own)
    if (std::find(before.begin(), before.end(), "--" + std::string(flag.name)) == before.end())
      completion.offer("--" + std::string(flag.name), flag.help);
  for (const Flag &flag : flags()) {
    const bool of_store = std::find(backup_flags.begin(), backup_flags.end(), flag.name) != backup_flags.end();
    const bool of_server = reaches_server && flag.group == FlagGroup::connection && flag.kind != FlagKind::secret;
    if (of_store || of_server)
      completion.offer("--" + std::string(flag.name), flag.help);
  }
}

// Whether the word is a flag whose value is a file.
bool wants_file(std::span<const ToolFlag> flags, std::string_view word) {
  return std::any_of(flags.begin(), flags.end(), [&](const ToolFlag &flag) {
    return flag.value == "FILE" && word == "--" + std::string(flag.name);
  });
}

// The settings that the words before the cursor make, with environment and file; or only the stages, where they are not
// complete yet.
Settings settings_of(std::vector<std::string> before, const char *const *environment) {
  try {
    before.push_back("--print-config");
    return read_command_line(before, environment).settings;
  } catch (const std::exception &) {
    Settings settings;
    for (std::size_t i = 0; i + 1 < before.size(); i++) {
      if (before[i] == "--decoder")
        settings.decoder.name = before[i + 1];
      if (before[i] == "--writer")
        settings.writer.name = before[i + 1];
      if (before[i] == "--store")
        settings.store.name = before[i + 1];
      if (before[i] == "--plugin-dir")
        settings.plugin_folders.push_back(before[i + 1]);
    }
    return settings;
  }
}

std::optional<StageKind> kind_of(const Flag &flag) {
  for (const StageKind kind : {StageKind::decoder, StageKind::writer, StageKind::store})
    if (flag.name.starts_with(to_string(kind)) && flag.group == FlagGroup::stages)
      return kind;
  return std::nullopt;
}

// kind: nullopt for a name of any kind; one that several kinds have is offered once.
void offer_stages(Completion &completion, std::optional<StageKind> kind, const Settings &settings) {
  std::set<std::string> names;
  for (const StageFile &stage : search_folders(folders_of(settings), settings.allow_writable_plugins).stages)
    if (stage.kind == kind.value_or(stage.kind) && stage.abi_major == JETCAPTURE_ABI_MAJOR)
      names.insert(stage.name);
  for (const std::string &name : names)
    completion.offer(name);
  if (completion.current().find('/') != std::string::npos)
    completion.offer_files();
}

// option: as in stage_facts.hpp.
void offer_value(Completion &completion, const nlohmann::ordered_json &option) {
  const std::string lead = option["name"].get<std::string>() + "=";
  if (option["kind"] == "flag") {
    completion.offer(lead + "true");
    completion.offer(lead + "false");
  } else if (option["kind"] == "choice") {
    for (const std::string choice : option["choices"])
      completion.offer(lead + choice);
  } else if (option["kind"] == "path") {
    completion.offer_files();
  }
}

void offer_options(Completion &completion, std::string_view typed, StageKind kind, const Settings &settings) {
  const std::string_view key = typed.substr(0, typed.find('='));
  const nlohmann::ordered_json facts = facts_of(settings, kind);
  for (const auto &option : facts["options"]) {
    if (typed.find('=') == std::string_view::npos)
      completion.offer(option["name"].get<std::string>() + "=", option["help"].get<std::string>());
    else if (option["name"] == key)
      offer_value(completion, option);
  }
}

void offer_values(Completion &completion, const Flag &flag, std::string_view typed, const Settings &settings) {
  for (const std::string_view choice : flag.details.choices)
    completion.offer(choice);
  if (const auto kind = kind_of(flag)) {
    if (flag.kind == FlagKind::stage_options)
      offer_options(completion, typed, *kind, settings);
    else
      offer_stages(completion, *kind, settings);
  } else if (flag.value == "FILE") {
    completion.offer_files();
  } else if (flag.value == "FOLDER") {
    completion.offer_folders();
  }
}

void offer_commands(Completion &completion) {
  completion.offer("plugins", "list the plug-ins that are found");
  completion.offer("try", "show what stages make of sample messages");
  completion.offer("check-plugin", "check that a plug-in keeps the rules");
  completion.offer("ls", "list the blocks of a backup");
  completion.offer("find", "say in which object a message is");
  completion.offer("cat", "print the messages of a backup");
  completion.offer("verify", "check a backup against its manifests");
  completion.offer("purge", "remove from a stream what its backup holds");
  completion.offer("restore", "bring the messages of a backup back into NATS");
  completion.offer("retire", "remove old blocks from a backup");
  completion.offer("ledger", "put the manifests of past days together");
}

// command: the one that the line begins with; empty: a capture.
void complete_word(Completion &completion, const std::string &command, std::vector<std::string> before,
                   const char *const *environment) {
  const std::string &current = completion.current();
  const Flag *previous =
      before.empty() || before.back().find('=') != std::string::npos ? nullptr : flag_of(before.back());
  if (previous != nullptr && !previous->value.empty()) {
    before.pop_back();
    offer_values(completion, *previous, current, settings_of(before, environment));
  } else if (const std::size_t equals = current.find('='); current.starts_with("--") && equals != std::string::npos) {
    if (const Flag *flag = flag_of(current); flag != nullptr && !flag->value.empty()) {
      completion.set_lead(current.substr(0, equals + 1));
      offer_values(completion, *flag, std::string_view(current).substr(equals + 1), settings_of(before, environment));
    }
  } else if (command == "ledger" && before.empty()) {
    completion.offer("compact", "write indexes of manifests, so that reading many is fast");
  } else if (const std::span<const ToolFlag> own = backup_command_flags(command); !own.empty()) {
    if (!before.empty() && wants_file(own, before.back()))
      completion.offer_files();
    else if (current.empty() || current.starts_with('-'))
      offer_backup_flags(completion, own, command == "verify" || command == "purge" || command == "restore", before);
  } else if (command == "plugins") {
    offer_stages(completion, std::nullopt, settings_of(before, environment));
  } else if (command.empty() || current.starts_with('-')) {
    offer_flags(completion, before);
  } else {
    completion.offer_files();
  }
}

} // namespace

int complete(const std::vector<std::string> &words, const char *const *environment) {
  std::vector<std::string> before = words;
  std::string current;
  if (!before.empty()) {
    current = before.back();
    before.pop_back();
  }
  const bool of_command = !before.empty() && !before.front().starts_with('-');
  const std::string command = of_command ? before.front() : "";
  if (of_command)
    before.erase(before.begin());
  Completion completion(current, std::cout);
  try {
    complete_word(completion, command, before, environment);
    if (words.size() == 1)
      offer_commands(completion);
  } catch (const StartupError &) {
    // A plug-in that can't be loaded has no options to offer.
  }
  return 0;
}

} // namespace jetcapture::host
