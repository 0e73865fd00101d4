#include "tools/tools.hpp"

#include "audit/chain_walk.hpp"
#include "audit/store_check.hpp"
#include "settings/error.hpp"
#include "settings/help_text.hpp"
#include "terminal/figures.hpp"
#include "tools/ledger/adopt.hpp"
#include "tools/ledger/against_stream.hpp"
#include "tools/ledger/backup_store.hpp"
#include "tools/ledger/flags.hpp"
#include "tools/ledger/report.hpp"
#include "tools/ledger/verify_metrics.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <vector>

#include <unistd.h>

namespace jetcapture::host {
namespace {

constexpr ToolHelp help = {
    "jetcapture verify --store NAME --store-opt KEY=VALUE",
    "Checks a backup against its manifests: each block that is done is in the store with its size and hash; the chains "
    "of manifests have no hole, and nothing in them was replaced; no block is in the store that no manifest lists; no "
    "message is in two blocks, and none in a part of its blocks. A hash that jetcapture wrote beside an object proves "
    "nothing: where the service keeps none, the bytes are read with --deep. That also finds damage which the service "
    "does not see, since it tells the hash of what it took. With --against-stream it also asks the server: a message "
    "that is acked, and that no manifest records, is missing. With --adopt an object of a block that "
    "was given up, and that is the only copy of messages that have left the stream, is copied under a name that "
    "counts. With --state-dir it compares with what that host remembers: whether its newest manifests were removed. "
    "Examples:\n"
    "jetcapture verify --store file --store-opt root=backup\n"
    "jetcapture verify --config orders.ini --against-stream\n"
    "jetcapture verify --config orders.ini --metrics-file /var/lib/prometheus/node-exporter/jetcapture-orders.prom",
    verify_flags, backup_flags_help};

// by_store_alone: nothing but the store was asked. deep: all bytes were read.
void print(const StoreCheck &check, bool by_store_alone, bool deep, std::ostream &out) {
  out << count_text(check.done) << " blocks with " << count_text(check.messages) << " messages, "
      << bytes_text(static_cast<double>(check.bytes)) << ", in " << count_text(check.manifests) << " manifests of "
      << count_text(check.chains) << (check.chains == 1 ? " chain" : " chains");
  if (check.done > 0)
    out << "; sequences " << check.first_sequence << " to " << check.last_sequence;
  out << "\nhashes checked: " << count_text(check.proven) << " of " << count_text(check.done)
      << (deep ? ", of the bytes as they are now\n" : ", as the store tells them\n");
  const auto also = [&](std::uint64_t count, std::string_view of_one, std::string_view of_more) {
    if (count > 0)
      out << count_text(count) << ' ' << (count == 1 ? of_one : of_more) << '\n';
  };
  const auto found = [&](std::string_view kind) { return check.findings.count(kind); };
  also(check.lost_by_stream, "message is kept that the stream has lost since",
       "messages are kept that the stream has lost since");
  also(check.pending, "block is not stored yet", "blocks are not stored yet");
  also(check.superseded, "block was never stored; its messages are in others",
       "blocks were never stored; their messages are in others");
  also(check.voided, "block was given up; its messages are in others",
       "blocks were given up; their messages are in others");
  also(found("across_hosts"), "block has messages that another host has stored too",
       "blocks have messages that another host has stored too");
  also(check.retired, "block is retired", "blocks are retired");
  also(found("void_object"), "object is there and does not count", "objects are there and do not count");
  also(found("object_foreign"), "object is of someone else", "objects are of someone else");
  also(check.indexes, "index of manifests", "indexes of manifests");
  also(found("stranger"), "object below _manifest/ is no manifest", "objects below _manifest/ are no manifests");
  switch (check.findings.verdict()) {
  case Verdict::good:
    out << "good\n";
    if (by_store_alone)
      out << "not checked: whether the newest manifests of a host were removed together with their objects "
             "(--state-dir or --against-stream)\n";
    break;
  case Verdict::unknown:
    out << "it could not be told whether all is good\n";
    break;
  case Verdict::wrong:
    out << "something is wrong\n";
    break;
  }
}

void print_compared(const SequenceRun &compared, const AgainstStream &stream, std::ostream &out) {
  if (compared.first > compared.last) {
    out << "compared with the stream: nothing is " << (stream.is_ordered() ? "stored and recorded" : "acked")
        << " yet\n";
    return;
  }
  out << "compared with the stream: sequences " << compared.first << " to " << compared.last;
  if (stream.is_filtered())
    out << ", of messages that the " << (stream.is_ordered() ? "capture" : "consumer") << "'s filter lets through";
  out << '\n';
}

void print_as_json(const StoreCheck &check, const std::optional<SequenceRun> &compared, std::ostream &out) {
  constexpr std::array<std::string_view, 3> verdicts = {"good", "unknown", "wrong"};
  nlohmann::ordered_json counts = nlohmann::ordered_json::object();
  for (const auto &[kind, count] : check.findings.counts())
    counts[std::string(kind)] = count;
  print_json({{"verdict", verdicts[static_cast<std::size_t>(check.findings.verdict())]},
              {"chains", check.chains},
              {"manifests", check.manifests},
              {"indexes", check.indexes},
              {"objects", check.objects},
              {"blocks",
               {{"done", check.done},
                {"pending", check.pending},
                {"void", check.voided},
                {"retired", check.retired},
                {"superseded", check.superseded},
                {"hash_checked", check.proven}}},
              {"bytes", check.bytes},
              {"messages", check.messages},
              {"lost_by_stream", check.lost_by_stream},
              {"first_sequence", check.first_sequence},
              {"last_sequence", check.last_sequence},
              {"spare", check.spare},
              {"compared_with_stream",
               compared ? nlohmann::ordered_json({compared->first, compared->last}) : nlohmann::ordered_json(nullptr)},
              {"counts", std::move(counts)},
              {"findings", json_of(check.findings)}},
             out);
}

// What the state directory of a host says of its chain.
KnownManifest last_of(const std::filesystem::path &folder) {
  const std::filesystem::path file = folder / last_manifest_file;
  try {
    if (std::optional<KnownManifest> last = read_last_manifest(file))
      return *std::move(last);
  } catch (const ManifestError &error) {
    throw StartupError("--state-dir: " + file.string() + " is damaged: " + error.what());
  }
  throw StartupError("--state-dir: there is no " + file.string() +
                     "; give the directory that a run of the capture tells as state_dir");
}

// Names, or removes, what is spare. The verdict: whether it could be.
Verdict sweep(const StoreCheck &check, const Store &store, bool remove, std::ostream &out) {
  if (check.findings.verdict() != Verdict::good) {
    out << "nothing is removed while something is wrong or could not be told\n";
    return check.findings.verdict();
  }
  for (const std::string &name : check.spare) {
    if (!remove) {
      out << "would remove " << name << '\n';
      continue;
    }
    if (const StoreAnswer answer = remove_object(store, name); !answer.ok()) {
      out << name << " can't be removed: " << answer.reason << '\n';
      return Verdict::unknown;
    }
    out << "removed " << name << '\n';
  }
  if (!remove && !check.spare.empty())
    out << "--sweep --yes removes them\n";
  return Verdict::good;
}

// Objects that are the only copies of messages, and whose messages do not come again. The others are told.
std::vector<OnlyCopy> adoptable(StoreCheck &check, const StoreReader &reader, AgainstStream &stream,
                                std::ostream &said) {
  std::vector<OnlyCopy> copies;
  for (OnlyCopy &copy : check.only_copies)
    if (stream.may_still_come(copy))
      said << copy.line.name << " is not adopted: its messages may come again, or are still in the stream\n";
    else if (std::string why; look_by_reading(reader, copy.line, why) != ObjectState::same)
      said << copy.line.name << " is not adopted: it has other bytes than its manifest says, or can't be read\n";
    else
      copies.push_back(std::move(copy));
  return copies;
}

// Of what could be adopted, what still has to be by a later check.
void keep_those_in(const std::vector<OnlyCopy> &later, std::vector<OnlyCopy> &copies) {
  std::erase_if(copies, [&](const OnlyCopy &copy) {
    return std::none_of(later.begin(), later.end(),
                        [&](const OnlyCopy &one) { return one.line.name == copy.line.name; });
  });
}

// Names, or copies, what is the only copy of messages. Afterwards check is that of a backup with the copies.
void adopt(BackupStore &backup, AgainstStream &stream, StoreCheck &check, const std::function<StoreCheck()> &look,
           bool yes, std::ostream &said) {
  const Settings &settings = backup.settings();
  std::string failure;
  try {
    std::vector<OnlyCopy> copies = adoptable(check, backup.reader(), stream, said);
    for (const OnlyCopy &copy : copies)
      if (!yes)
        said << "would adopt " << copy.line.name << " (" << text_of(copy.only) << ")\n";
    if (!yes && !copies.empty())
      said << "--adopt --yes copies them under names that count\n";
    if (!yes || copies.empty())
      return;
    CommandChain chain(backup.reader(), check.newest[{settings.stream, settings.consumer}], settings.store_timeout,
                       backup.log());
    Adoption adoption(backup.reader(), chain, settings.store_timeout);
    chain.begin();
    check = look();
    keep_those_in(check.only_copies, copies);
    adoption.copy(copies, [&](const std::string &from, const std::string &to) {
      said << "adopted " << from << " as " << to << '\n';
    });
  } catch (const StartupError &) {
    throw;
  } catch (const std::runtime_error &error) {
    failure = error.what();
  }
  check = look();
  if (!failure.empty())
    check.findings.add({Verdict::unknown, "not_adopted", settings.stream, "could not all be adopted: " + failure, {}});
}

} // namespace

int verify_backup(const std::vector<std::string> &arguments, const char *const *environment) {
  const ToolArguments given(help, server_flags(), arguments);
  if (given.wants_help()) {
    print_tool_help(help, std::cout, help_columns(STDOUT_FILENO));
    return 0;
  }
  refuse_plain(given);
  if (given.has("yes") && !given.has("sweep") && !given.has("adopt"))
    throw StartupError("--yes belongs to --sweep or --adopt: give it with one of them, or not at all");
  if (given.has("sweep") && given.has("adopt"))
    throw StartupError("--sweep and --adopt are two steps: give --adopt first, and --sweep in another run");
  BackupStore backup(given.rest(), environment);
  std::optional<AgainstStream> stream;
  if (given.has("against-stream") || given.has("adopt"))
    stream.emplace(backup.settings(), backup.log());
  const auto begin = std::chrono::steady_clock::now();
  StoreCheckOptions options;
  options.filter = backup.filter();
  options.deep = given.has("deep");
  options.strict = given.has("strict");
  if (given.has("state-dir"))
    options.last = last_of(given.value("state-dir", ""));
  const auto look = [&] {
    CountLine line;
    options.progress = [&](std::string_view what, std::uint64_t done, std::uint64_t of) { line.show(what, done, of); };
    return check_store(backup.reader(), options);
  };
  StoreCheck check = look();
  std::ostream &said = given.has("json") ? std::cerr : std::cout;
  if (given.has("adopt"))
    adopt(backup, *stream, check, look, given.has("yes"), said);
  std::optional<SequenceRun> compared;
  if (given.has("against-stream"))
    compared = stream->compare(check);
  const VerifyRun run = {backup.filter(), std::time(nullptr), std::chrono::steady_clock::now() - begin};
  if (given.has("json")) {
    print_as_json(check, compared, std::cout);
  } else {
    print_findings(check.findings, given.has("notes"), std::cout);
    if (compared)
      print_compared(*compared, *stream, std::cout);
    print(check, !stream && !options.last, options.deep, std::cout);
  }
  if (given.has("metrics-file"))
    write_verify_metrics(given.value("metrics-file", ""), check, run);
  if (given.has("sweep"))
    return exit_status(sweep(check, backup.reader().store(), given.has("yes"), said));
  return exit_status(check.findings.verdict());
}

} // namespace jetcapture::host
