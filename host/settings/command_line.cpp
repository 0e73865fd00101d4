#include "settings/command_line.hpp"

#include "log/time_text.hpp"
#include "settings/error.hpp"
#include "settings/given.hpp"
#include "settings/values.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace jetcapture::host {
namespace {

struct StageFlags {
  std::string_view name;
  std::string_view options;
  std::string_view example;
  StageChoice &(*choice)(Settings &);
};
constexpr std::array<StageFlags, 3> stage_flags = {
    {{"decoder", "decoder-opt", "json", [](Settings &settings) -> StageChoice & { return settings.decoder; }},
     {"writer", "writer-opt", "csv", [](Settings &settings) -> StageChoice & { return settings.writer; }},
     {"store", "store-opt", "file", [](Settings &settings) -> StageChoice & { return settings.store; }}}};

bool has(const std::vector<Given> &all, std::string_view name) {
  return std::any_of(all.begin(), all.end(), [&](const Given &given) { return given.flag->name == name; });
}

bool may_repeat(const Flag &flag) {
  return flag.kind == FlagKind::list || flag.kind == FlagKind::stage_options || flag.kind == FlagKind::flag;
}

CommandLine::Mode mode_of(const std::vector<Given> &arguments) {
  if (has(arguments, "help")) {
    const bool of_stage = std::any_of(stage_flags.begin(), stage_flags.end(),
                                      [&](const StageFlags &stage) { return has(arguments, stage.name); });
    return of_stage ? CommandLine::Mode::stage_help : CommandLine::Mode::help;
  }
  if (has(arguments, "version"))
    return CommandLine::Mode::version;
  return has(arguments, "print-config") ? CommandLine::Mode::print_config : CommandLine::Mode::run;
}

std::string config_file(const std::vector<Given> &all) {
  std::string file;
  for (const Given &given : all)
    if (given.flag->name == "config")
      file = given.value;
  return file;
}

std::string option_key(const std::string &option) {
  return option.substr(0, option.find('='));
}

// The options of one stage. Those of a weaker source count only if they were meant for the stage that is chosen in the
// end, and if no stronger source gives the same key.
std::vector<Given> merged_options(const std::vector<Given> &all, const StageFlags &stage) {
  std::array<std::string, 3> name_at; // as chosen by this source, or else by a weaker one
  std::string chosen;
  for (const Source source : {Source::file, Source::environment, Source::arguments}) {
    for (const Given &given : all)
      if (given.flag->name == stage.name && given.source == source)
        chosen = given.value;
    name_at[static_cast<std::size_t>(source)] = chosen;
  }
  std::vector<Given> merged;
  for (const Given &option : all) {
    if (option.flag->name != stage.options)
      continue;
    const std::string &meant_for = name_at[static_cast<std::size_t>(option.source)];
    const bool replaced = std::any_of(all.begin(), all.end(), [&](const Given &other) {
      return other.flag == option.flag && other.source > option.source &&
             option_key(other.value) == option_key(option.value);
    });
    if (!replaced && (meant_for.empty() || meant_for == chosen))
      merged.push_back(option);
  }
  return merged;
}

// Of each member that several sources or two flags set, only the values of the strongest source are left.
std::vector<Given> strongest(const std::vector<Given> &all) {
  std::vector<Given> kept;
  for (const Given &given : all) {
    const bool weaker = std::any_of(all.begin(), all.end(), [&](const Given &other) {
      const bool same = other.flag == given.flag ||
                        (other.flag->kind != FlagKind::command && other.flag->member == given.flag->member);
      return same && other.source > given.source;
    });
    if (!weaker)
      kept.push_back(given);
  }
  for (std::size_t i = 0; i < kept.size(); i++) {
    for (std::size_t j = 0; j < i; j++) {
      if (kept[j].flag == kept[i].flag && !may_repeat(*kept[i].flag))
        throw StartupError(kept[i].where + " is given twice; give it once");
      if (kept[j].flag != kept[i].flag && kept[i].flag->kind != FlagKind::command &&
          kept[j].flag->member == kept[i].flag->member)
        throw StartupError(kept[i].where + " and " + kept[j].where + " say the same thing; give one of them");
    }
  }
  return kept;
}

std::string where_given(const std::vector<Given> &all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Given &given) { return given.flag->name == name; });
  return found == all.end() ? "--" + std::string(name) : found->where;
}

// The kinds of credentials that are given, each as the user gave it.
std::vector<std::string> kinds_of_credentials(const Settings &settings, const std::vector<Given> &given) {
  const ConnectionSettings &connection = settings.connection;
  std::vector<std::string> kinds;
  if (!connection.creds_file.empty())
    kinds.push_back(where_given(given, "creds"));
  if (!connection.nkey_file.empty())
    kinds.push_back(where_given(given, "nkey"));
  if (!connection.user.empty())
    kinds.push_back(where_given(given, "user"));
  if (!connection.token.empty())
    kinds.push_back(where_given(given, has(given, "token") ? "token" : "token-file"));
  if (std::any_of(connection.servers.begin(), connection.servers.end(),
                  [](const std::string &url) { return url.find('@') != std::string::npos; }))
    kinds.push_back("the user in " + where_given(given, "server"));
  return kinds;
}

void check_credentials(const Settings &settings, const std::vector<Given> &given) {
  const std::vector<std::string> kinds = kinds_of_credentials(settings, given);
  if (kinds.size() > 1)
    throw StartupError(kinds[0] + " and " + kinds[1] + " are two kinds of credentials; give one of them");
  if (!settings.connection.password.empty() && settings.connection.user.empty() && settings.connection.context.empty())
    throw StartupError(where_given(given, has(given, "password") ? "password" : "password-file") +
                       " is given without its user; add --user NAME");
}

void check_start(const Settings &settings, const std::vector<Given> &given) {
  if (settings.start_time.empty())
    return;
  if (settings.start_sequence != 0)
    throw StartupError(where_given(given, "start-sequence") + " and " + where_given(given, "start-time") +
                       " exclude each other; give one of them");
  if (!time_of_text(settings.start_time))
    throw StartupError(where_given(given, "start-time") + ": \"" + settings.start_time +
                       "\" is not a time; write it as 2026-11-02T12:00:00Z");
}

void check_delivery(const Settings &settings, const std::vector<Given> &given) {
  if (settings.delivery == DeliveryKind::shared && settings.drain == Drain::drop)
    throw StartupError(where_given(given, "drain") +
                       " drop needs --delivery ordered: a host with shared delivery returns what it does not store, "
                       "which is delivered again to others");
  // Each part has a chain of its own, and a beginning and an end.
  constexpr std::uint64_t smallest_claim = 1000;
  if (settings.parallel_backlog > 0 && settings.parallel_backlog < smallest_claim)
    throw StartupError(where_given(given, "parallel-backlog") + " is less than " + std::to_string(smallest_claim) +
                       ": give a number that takes a host a minute or more");
  if (settings.delivery == DeliveryKind::shared && settings.parallel_backlog > 0)
    throw StartupError(where_given(given, "parallel-backlog") +
                       " is of ordered delivery: add --delivery ordered, or leave it out, since hosts with shared "
                       "delivery share the work anyway");
  if (settings.delivery == DeliveryKind::shared)
    return;
  if (settings.no_ledger)
    throw StartupError(where_given(given, "no-ledger") + " and " + where_given(given, "delivery") +
                       " exclude each other: with ordered delivery the manifests tell where a run goes on");
}

void check_together(const Settings &settings, const std::vector<Given> &given) {
  check_start(settings, given);
  check_delivery(settings, given);
  if (!settings.connection.js_domain.empty() && !settings.connection.js_api_prefix.empty())
    throw StartupError(where_given(given, "js-domain") + " and " + where_given(given, "js-api-prefix") +
                       " exclude each other; a domain is the prefix $JS.DOMAIN.API, so give one of them");
  if (settings.connection.tls_cert.empty() != settings.connection.tls_key.empty())
    throw StartupError("--tlscert and --tlskey belong together; give both");
  if (settings.retry_min > settings.retry_max)
    throw StartupError("--retry-min (" + format_duration(settings.retry_min) + ") is longer than --retry-max (" +
                       format_duration(settings.retry_max) + "); make it the shorter one");
}

void check_complete(Settings &settings, Purpose purpose) {
  if (purpose == Purpose::capture && settings.stream.empty())
    throw StartupError(
        "--stream is missing; name the stream to capture, as in --stream ORDERS (jetcapture --help lists all flags)");
  if (purpose == Purpose::capture && settings.consumer.empty())
    throw StartupError("--consumer is missing; name the durable consumer to pull from, as in --consumer capture, with "
                       "--create-consumer if it does not exist yet");
  for (const StageFlags &stage : stage_flags)
    if (stage.choice(settings).name.empty() && (purpose == Purpose::capture || stage.name != "store"))
      throw StartupError("--" + std::string(stage.name) + " is missing; name a " + std::string(stage.name) +
                         ", as in --" + std::string(stage.name) + " " + std::string(stage.example));
}

} // namespace

CommandLine read_command_line(const std::vector<std::string> &arguments, const char *const *environment,
                              Purpose purpose) {
  CommandLine result;
  const std::vector<Given> from_arguments = read_arguments(arguments);
  result.mode = mode_of(from_arguments);
  if (result.mode == CommandLine::Mode::help || result.mode == CommandLine::Mode::version)
    return result;

  // Weak to strong.
  std::vector<Given> all = read_environment(environment, result.warnings);
  all.insert(all.end(), from_arguments.begin(), from_arguments.end());
  if (const std::string file = config_file(all); !file.empty()) {
    const std::vector<Given> from_file = read_config_file(file);
    all.insert(all.begin(), from_file.begin(), from_file.end());
  }

  // The help of stages is that of the ones named by flags; all else only says where plug-ins are.
  if (result.mode == CommandLine::Mode::stage_help)
    std::erase_if(all, [](const Given &given) {
      const bool finds_plugins = given.flag->name == "plugin-dir" || given.flag->name == "allow-writable-plugins";
      const bool names_stage = given.source == Source::arguments && given.flag->group == FlagGroup::stages;
      return !finds_plugins && !names_stage;
    });

  const std::vector<Given> kept = strongest(all);
  for (const Given &given : kept)
    if (given.flag->kind != FlagKind::stage_options) {
      apply(given, result.settings);
      result.given.push_back(given);
    }
  for (const StageFlags &stage : stage_flags)
    for (Given &option : merged_options(all, stage)) {
      stage.choice(result.settings).options.push_back(option.value);
      result.given.push_back(std::move(option));
    }
  if (result.mode == CommandLine::Mode::run) {
    check_together(result.settings, kept);
    if (purpose != Purpose::listing) {
      check_credentials(result.settings, kept);
      check_complete(result.settings, purpose);
    }
  }
  return result;
}

} // namespace jetcapture::host
