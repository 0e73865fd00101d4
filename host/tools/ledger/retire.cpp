// `jetcapture retire`.
//
// Nothing is lost but what is to go, and nothing that is gone is told as damage, because:
//
// 1. A manifest lists a block as retired before its object is removed. A reader that finds an object missing reads the
//    commands' chain after that (audit/retirements.hpp). A run that was killed in between is gone on with by the next
//    one: what is listed and still there is removed.
// 2. Only blocks that a manifest declares done are retired. That is final: a host that starts, or that looks a message
//    up, takes them as stored without asking for their objects, and writes nothing again. One that nothing declares yet
//    may still be declared void, and stays. It is told.
// 3. Names are never used twice, so what is removed is what was listed, whatever hosts store meanwhile.
// 4. Of two runs at once one is overtaken in the commands' chain, and lists nothing more.
// 5. `purge` does not take a retired block as proof. Objects that do not count and have messages of retired blocks are
//    removed by `verify --sweep`: the backup does not want these messages.
#include "tools/tools.hpp"

#include "audit/chain_walk.hpp"
#include "audit/object_index.hpp"
#include "settings/error.hpp"
#include "settings/help_text.hpp"
#include "terminal/figures.hpp"
#include "threads/fault_point.hpp"
#include "tools/ledger/backup_store.hpp"
#include "tools/ledger/command_chain.hpp"
#include "tools/ledger/flags.hpp"
#include "tools/ledger/report.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace jetcapture::host {
namespace {

constexpr ToolHelp help = {
    "jetcapture retire --before DATE --stream NAME --consumer NAME --store NAME --store-opt KEY=VALUE",
    "Removes blocks that the backup no longer wants: those whose messages are all from before a date. First a manifest "
    "lists them as retired, then their objects are removed; so verify knows that they are no damage. Without --yes "
    "nothing is removed. A run that was interrupted is gone on with by the next one. Examples:\n"
    "jetcapture retire --config orders.ini --before 2025-01-01\n"
    "jetcapture retire --config orders.ini --before 365d --key eu --yes",
    retire_flags, backup_flags_help};

struct Wanted {
  std::int64_t before = 0;
  std::optional<std::string> key;
  bool yes = false;

  explicit Wanted(const ToolArguments &given) : yes(given.has("yes")) {
    if (!given.has("before"))
      throw StartupError("retire needs to know what: --before DATE, such as 2025-01-01 or 365d (ago)");
    before = time_given("before", given.value("before", ""));
    if (given.has("key"))
      key = given.value("key", "");
  }
  bool has(const BlockLine &line) const {
    return line.last_timestamp < before && (!key || key_begins_with(line.place.key, *key));
  }
};

struct Old {
  std::string name;
  std::uint64_t bytes = 0;
};

class Retiring {
public:
  Retiring(BackupStore &backup, Wanted wanted) : backup_(backup), wanted_(std::move(wanted)) {
    if (backup.settings().stream.empty() || backup.settings().consumer.empty())
      throw StartupError("retire needs the stream and the consumer of the capture: --stream NAME --consumer NAME");
  }

  // The manifests first, the objects afterwards: what is retired by then and there is left by an earlier run.
  void look() {
    CountLine line;
    const FoundChains found = find_chains(backup_, findings_, line);
    const Retirements retired = read_retirements(backup_.reader(), found.chains);
    WalkOptions walking;
    walking.retired = &retired;
    std::uint64_t done = 0;
    for (const ListedChain &chain : found.chains)
      walk(backup_.reader(), chain, walking, findings_, [&](const WalkedManifest &walked) {
        line.show("manifests", ++done, 0);
        if (!is_of_commands(chain) && (facts_.number == 0 || walked.manifest.written > facts_.written))
          facts_ = walked.manifest;
        for (std::size_t i = 0; i < walked.manifest.lines.size(); i++)
          take(walked, i);
      });
    ObjectIndex objects;
    const StoreAnswer answer =
        objects.list(backup_.reader(), [&](std::uint64_t count) { line.show("objects", count, 0); });
    if (!answer.ok())
      findings_.add({Verdict::unknown, "not_listed", "", "the store can't be listed: " + answer.reason, {}});
    std::erase_if(left_, [&](const Old &old) { return !objects.has(old.name); });
  }

  void retire() {
    if (!wanted_.yes || findings_.verdict() != Verdict::good || (old_.empty() && left_.empty()))
      return;
    try {
      if (!old_.empty())
        list_as_retired();
      fault_point("after-retire-manifest");
      for (const std::vector<Old> *some : {&left_, &old_})
        for (const Old &one : *some)
          remove(one);
    } catch (const StoreFailure &failure) {
      findings_.add({Verdict::unknown,
                     "not_retired",
                     backup_.settings().stream,
                     std::string("could not all be retired: ") + failure.what(),
                     {}});
    } catch (const CommandOvertaken &overtaken) {
      findings_.add({Verdict::unknown,
                     "not_retired",
                     backup_.settings().stream,
                     std::string("could not be retired: ") + overtaken.what(),
                     {}});
    }
  }

  void print(std::ostream &out) const {
    print_findings(findings_, false, out);
    const bool good = findings_.verdict() == Verdict::good;
    for (const std::vector<Old> *some : {&left_, &old_})
      for (const Old &one : *some)
        if (!wanted_.yes && good)
          out << "would remove " << one.name << (some == &left_ ? ", which is retired already\n" : "\n");
    std::uint64_t bytes = 0;
    for (const Old &one : old_)
      bytes += one.bytes;
    out << (wanted_.yes ? "retired " : "would retire ") << count_text(wanted_.yes && !listed_ ? 0 : old_.size())
        << " blocks with " << bytes_text(static_cast<double>(wanted_.yes && !listed_ ? 0 : bytes));
    if (wanted_.yes)
      out << "; removed " << count_text(removed_) << " objects";
    out << '\n';
    if (undeclared_ > 0)
      out << count_text(undeclared_) << " blocks of that time are not declared done by their hosts yet, and stay\n";
    if (!good)
      out << "nothing more is removed while something is wrong or could not be told\n";
    else if (!wanted_.yes && !(old_.empty() && left_.empty()))
      out << "--yes removes them\n";
  }

  void print_as_json(std::ostream &out) const {
    const auto names = [](const std::vector<Old> &some) {
      nlohmann::ordered_json list = nlohmann::ordered_json::array();
      for (const Old &one : some)
        list.push_back({{"name", one.name}, {"bytes", one.bytes}});
      return list;
    };
    print_json({{"blocks", names(old_)},
                {"left", names(left_)},
                {"not_declared", undeclared_},
                {"retired", listed_},
                {"removed", removed_},
                {"findings", json_of(findings_)}},
               out);
  }

  int status() const { return exit_status(findings_.verdict()); }

private:
  void take(const WalkedManifest &walked, std::size_t place) {
    const BlockLine &line = walked.manifest.lines[place];
    if (walked.declared[place] == Declared::retired)
      left_.push_back({line.name, line.bytes});
    if (!wanted_.has(line))
      return;
    if (walked.declared[place] == Declared::nothing)
      undeclared_++;
    if (walked.declared[place] != Declared::done)
      return;
    old_.push_back({line.name, line.bytes});
    places_[walked.manifest.chain.host].push_back(
        {walked.manifest.number, static_cast<std::uint32_t>(place), static_cast<std::uint32_t>(place)});
  }

  void list_as_retired() {
    CommandChain chain(backup_.reader(), facts_, backup_.settings().store_timeout, backup_.log());
    chain.begin();
    Manifest retiring = chain.manifest();
    for (const auto &[host, places] : places_)
      retiring.retired.push_back({host, runs_of(places)});
    chain.put(std::move(retiring));
    listed_ = true;
  }

  static std::vector<LineRun> runs_of(std::vector<LineRun> places) {
    std::sort(places.begin(), places.end(), [](const LineRun &one, const LineRun &other) {
      return std::pair(one.manifest, one.first) < std::pair(other.manifest, other.first);
    });
    std::vector<LineRun> runs;
    for (const LineRun &place : places)
      if (!runs.empty() && runs.back().manifest == place.manifest && place.first <= runs.back().last + 1)
        runs.back().last = place.last;
      else
        runs.push_back(place);
    return runs;
  }

  void remove(const Old &one) {
    try_a_few_times([&] {
      if (const StoreAnswer answer = remove_object(backup_.reader().store(), one.name); !answer.ok())
        throw StoreFailure(answer);
    });
    removed_++;
    fault_point("after-retire-remove");
  }

  BackupStore &backup_;
  const Wanted wanted_;
  Findings findings_;
  ManifestHeader facts_;
  std::vector<Old> old_;
  std::vector<Old> left_;                              // retired by an earlier run, and still there
  std::map<std::string, std::vector<LineRun>> places_; // of the old ones, by host
  std::uint64_t undeclared_ = 0;
  bool listed_ = false;
  std::uint64_t removed_ = 0;
};

} // namespace

int retire_blocks(const std::vector<std::string> &arguments, const char *const *environment) {
  const ToolArguments given(help, backup_flags, arguments);
  if (given.wants_help()) {
    print_tool_help(help, std::cout, help_columns(STDOUT_FILENO));
    return 0;
  }
  refuse_plain(given);
  const Wanted wanted(given);
  BackupStore backup(given.rest(), environment);
  Retiring retiring(backup, wanted);
  retiring.look();
  retiring.retire();
  if (given.has("json"))
    retiring.print_as_json(std::cout);
  else
    retiring.print(std::cout);
  return retiring.status();
}

} // namespace jetcapture::host
