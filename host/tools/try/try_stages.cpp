#include "tools/tools.hpp"

#include "capture/capture.hpp"
#include "commit/in_flight.hpp"
#include "commit/shared_committer.hpp"
#include "plugins/load_stages.hpp"
#include "plugins/searched_folders.hpp"
#include "settings/command_line.hpp"
#include "settings/error.hpp"
#include "settings/flags.hpp"
#include "settings/help_text.hpp"
#include "settings/values.hpp"
#include "tools/arguments.hpp"
#include "tools/temporary_folder.hpp"
#include "tools/try/sample_delivery.hpp"
#include "tools/try/shown.hpp"

#include <array>
#include <cstdio>
#include <deque>
#include <iostream>
#include <optional>

#include <unistd.h>

namespace jetcapture::host {
namespace {

constexpr auto longest_wait = std::chrono::seconds(10); // of a message whose stage asks to wait

constexpr std::array<ToolFlag, 6> tool_flags = {
    {{"whole", "", "each file is one message, instead of each line"},
     {"subject", "SUBJECT", "subject of the messages [try]"},
     {"header", "NAME=VALUE", "header of the messages, repeatable"},
     {"last", "COUNT", "read the last messages of --stream instead of files; no consumer is used or created"},
     {"out", "FOLDER", "write the blocks into this directory instead of printing them"},
     {"quiet", "", "print only the blocks, not the messages"}}};
constexpr ToolHelp help = {
    "jetcapture try --decoder NAME --writer NAME [FILE …]",
    "Runs a decoder and a writer on sample messages, without a server, through the same pipeline as a capture. Prints "
    "what each message becomes, and the blocks. Files hold one message per line; without a file, or for '-', the "
    "messages are read from standard input. The exit status is 1 if a message can't be decoded or written, if a "
    "stage asks to wait (JETCAPTURE_RETRY) for 10 s, or if the decoder breaks a rule.",
    tool_flags,
    "It also takes the flags of a capture, such as --decoder-opt, --writer-opt, --max-messages, --path-template, "
    "--compression and --server: jetcapture --help lists them."};

std::vector<std::pair<std::string, std::string>> headers_of(const ToolArguments &given) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const std::string &header : given.values("header")) {
    const std::size_t equals = header.find('=');
    if (equals == std::string::npos || equals == 0)
      throw StartupError("--header " + header + " has no '='; write it as --header NAME=VALUE");
    headers.emplace_back(header.substr(0, equals), header.substr(equals + 1));
  }
  return headers;
}

std::unique_ptr<Samples> samples_of(const ToolArguments &given, const Settings &settings, Log &log) {
  if (!given.has("last"))
    return samples_from_files({given.plain().empty() ? std::vector<std::string>{"-"} : given.plain(),
                               given.has("whole"), given.value("subject", "try"), headers_of(given)});
  const auto count = parse_integer(given.value("last", ""));
  if (!count || *count < 1 || *count > 1'000'000)
    throw StartupError("--last " + given.value("last", "") + " is not a number from 1 to 1000000");
  if (!given.plain().empty())
    throw StartupError("--last and the file " + given.plain().front() +
                       " exclude each other; give the stream or files");
  if (settings.stream.empty())
    throw StartupError("--last needs a stream: --stream NAME");
  return samples_from_stream(settings, static_cast<std::uint64_t>(*count), log);
}

std::vector<std::string_view> capture_flags() {
  std::vector<std::string_view> names;
  for (const Flag &flag : flags())
    if (flag.kind != FlagKind::command || flag.name == "config")
      names.push_back(flag.name);
  return names;
}

} // namespace

int try_stages(const std::vector<std::string> &arguments, const char *const *environment) {
  const ToolArguments given(help, capture_flags(), arguments);
  if (given.wants_help()) {
    print_tool_help(help, std::cout, help_columns(STDOUT_FILENO));
    return 0;
  }
  CommandLine command = read_command_line(given.rest(), environment, Purpose::trying);
  Settings &settings = command.settings;
  if (given.has("out") && !settings.store.name.empty())
    throw StartupError("--out and --store exclude each other; --out FOLDER is --store file --store-opt root=FOLDER");
  if (given.has("out"))
    settings.store = {"file", {"root=" + given.value("out", "")}};
  const bool printed = settings.store.name.empty();
  // A line a block belongs to those that are not printed.
  Log log(printed && settings.log_level == Level::info ? Level::warn : settings.log_level, settings.log_format);
  for (const std::string &warning : command.warnings)
    log.warn(warning);

  std::atomic<bool> cancelled{false};
  const LoadedStages loaded = load_stages(settings, log);
  const Stages stages(loaded, printed ? printing_store() : loaded.store->description, settings, log, cancelled);
  // What is shown comes from an instance of its own, so that the capture's goes its usual way.
  const Decoder shown_decoder(loaded.decoder.description, StageKind::decoder, settings.decoder.options, loaded.payload,
                              log, cancelled);

  const std::unique_ptr<Samples> samples = samples_of(given, settings, log);
  if (settings.stream.empty())
    settings.stream = "try";
  settings.consumer = "try";
  settings.once = false;
  // For the journal and the spool.
  const TemporaryFolder folder;
  Spool spool(folder.path() / "spool", settings.spool_limit);
  Journal journal(
      folder.path(), {}, {settings.stream, "", settings.consumer, 0},
      [](const CaptureIdentity &) { return JournalOrigin::this_consumer; }, log);
  Counters counters;
  std::atomic<int> stop{0};
  bool keeps_rules = true;
  SampleDelivery delivery(
      *samples, settings,
      [&](const jetcapture_message &message) {
        const ShownMessage shown = shown_message(message, shown_decoder, loaded.payload);
        keeps_rules = keeps_rules && shown.keeps_rules;
        if (!given.has("quiet"))
          std::fwrite(shown.text.data(), 1, shown.text.size(), stdout);
      },
      counters.waits, longest_wait, stop);
  InFlight in_flight(folder.path() / "in-flight", settings.stream, log);
  const SystemClock clock;
  Capture capture(settings, {settings.stream, "", settings.consumer, captured_by(settings)},
                  {stages.decoders, stages.writer, stages.store},
                  {delivery,
                   [&](Ledger *ledger) {
                     return std::make_unique<SharedCommitter>(
                         SharedCommitter::Surroundings{delivery, journal, in_flight, counters, clock, log, ledger});
                   },
                   spool, counters, clock, log},
                  {stop, cancelled});
  const CaptureEnd end = capture.run();
  if (!given.has("quiet"))
    std::printf("%llu messages, %llu filtered out, %llu bad; %llu blocks, %llu bytes\n",
                static_cast<unsigned long long>(counters.messages.load()),
                static_cast<unsigned long long>(counters.filtered.load()),
                static_cast<unsigned long long>(counters.quarantined.load() + counters.terminated.load()),
                static_cast<unsigned long long>(counters.blocks_stored.load()),
                static_cast<unsigned long long>(counters.bytes_stored.load()));
  std::fflush(stdout);
  if (const auto &wait = delivery.given_up())
    std::cerr << "jetcapture: the " << wait->stage << " has asked to wait at message " << wait->sequence << " for "
              << format_duration(longest_wait) << " (" << (wait->reason.empty() ? "it gave no reason" : wait->reason)
              << "); that message and those behind it were not tried\n";
  const bool all =
      end.failure.empty() && end.returned == 0 && counters.quarantined + counters.terminated == 0 && keeps_rules;
  return all ? 0 : 1;
}

} // namespace jetcapture::host
