#include "tools/tools.hpp"

#include "audit/chain_walk.hpp"
#include "audit/generations.hpp"
#include "audit/superseded.hpp"
#include "settings/error.hpp"
#include "settings/help_text.hpp"
#include "settings/values.hpp"
#include "tools/ledger/backup_store.hpp"
#include "tools/ledger/flags.hpp"
#include "tools/ledger/report.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <optional>
#include <tuple>

#include <unistd.h>

namespace jetcapture::host {
namespace {

constexpr ToolHelp help = {
    "jetcapture find --sequence N --store NAME --store-opt KEY=VALUE",
    "Says in which object a message is: by its sequence, by a time or by a key, or by several of them. Of a sequence "
    "that "
    "is in no block it says why: it was filtered out by the decoder, it was terminated, it was not in the stream any "
    "more, or no manifest knows it. The exit status is 1 where nothing is found, and 3 where it could not be told. "
    "Example:\n"
    "jetcapture find --sequence 81300 --stream ORDERS --store file --store-opt root=backup",
    find_flags, backup_flags_help};

struct Question {
  std::optional<std::uint64_t> sequence;
  std::optional<std::int64_t> time;
  std::optional<std::string> key;

  explicit Question(const ToolArguments &given) {
    if (given.has("sequence")) {
      const auto number = parse_integer(given.value("sequence", ""));
      if (!number || *number < 1)
        throw StartupError("--sequence " + given.value("sequence", "") + " is not a number from 1 on");
      sequence = static_cast<std::uint64_t>(*number);
    }
    if (given.has("time"))
      time = time_given("time", given.value("time", ""));
    if (given.has("key"))
      key = given.value("key", "");
    if (!sequence && !time && !key)
      throw StartupError("find needs to know what: --sequence N, --time TIME or --key KEY");
  }

  bool fits(const BlockLine &line) const { return may_fit(line) && (!sequence || has_sequence(line)); }
  // As far as the line tells without its sequences.
  bool may_fit(const BlockLine &line) const {
    return (!sequence || (line.first_sequence <= *sequence && *sequence <= line.last_sequence)) &&
           (!time || (line.first_timestamp <= *time && *time <= line.last_timestamp)) &&
           (!key || key_begins_with(line.place.key, *key));
  }

private:
  bool has_sequence(const BlockLine &line) const {
    return std::binary_search(line.own.begin(), line.own.end(), *sequence) ||
           std::any_of(line.shared.begin(), line.shared.end(),
                       [&](const SharedMessage &message) { return message.sequence == *sequence; });
  }
};

// A block that fits, or what a manifest says of a sequence that is in none.
struct Hit {
  ManifestHeader header;
  std::optional<BlockLine> line; // without its sequences
  std::uint64_t messages = 0;
  std::uint32_t parts = 1; // of the message
  LineState state = LineState::unknown;
  bool lost = false;                       // the stream has lost it since, and may have given its sequence once more
  std::optional<std::size_t> pending = {}; // its number in Superseded
  std::string why = {};                    // where there is no line
};

constexpr std::string_view filtered = "filtered: the decoder gave nothing for it";
constexpr std::string_view terminated = "terminated: it could not be decoded, and is not delivered again";
constexpr std::string_view absent = "absent: the stream did not have it when it was read";
constexpr std::string_view lost_since = "  (of a message that the stream has lost since)";
constexpr std::string_view skipped = "skipped: the consumer went past it, and delivered it to nobody";

bool is_in(const std::vector<SequenceRun> &runs, std::uint64_t sequence) {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const SequenceRun &run) { return run.first <= sequence && sequence <= run.last; });
}

class Search {
public:
  Search(BackupStore &backup, Question question) : backup_(backup), question_(std::move(question)) {}

  void run() {
    CountLine line;
    const FoundChains found = find_chains(backup_, findings_, line);
    WalkOptions walking;
    walking.through_indexes = true;
    walking.only_undeclared = true;
    const Retirements retired = read_retirements(backup_.reader(), found.chains);
    walking.retired = &retired;
    walking.with_sequences = [&](const Manifest &outline) {
      return question_.sequence && std::any_of(outline.lines.begin(), outline.lines.end(),
                                               [&](const BlockLine &block) { return question_.may_fit(block); });
    };
    walking.look = [&](const BlockLine &block, std::string &reason) {
      return question_.fits(block) ? look_by_stat(backup_.reader(), block, reason) : ObjectState::unknown;
    };
    std::uint64_t done = 0;
    for (const ListedChain &chain : found.chains) {
      Generations generations;
      walk(backup_.reader(), chain, walking, findings_, [&](WalkedManifest &walked) {
        line.show("manifests", ++done, 0);
        take(walked, generations);
        generations.pass(walked.manifest);
      });
    }
    superseded_.judge(backup_.reader(), found.chains);
    for (Hit &hit : hits_)
      if (hit.pending && superseded_.has(*hit.pending))
        hit.state = LineState::superseded;
    std::sort(hits_.begin(), hits_.end(), [](const Hit &a, const Hit &b) {
      return std::tie(a.lost, a.header.chain, a.header.number) < std::tie(b.lost, b.header.chain, b.header.number);
    });
  }

  // Nothing is "not there" where something could not be read.
  int status() const {
    const bool found = std::any_of(hits_.begin(), hits_.end(), [](const Hit &hit) {
      return !hit.line || hit.state == LineState::done || hit.state == LineState::retired;
    });
    if (found)
      return 0;
    const bool open = findings_.verdict() != Verdict::good || is_later() ||
                      std::any_of(hits_.begin(), hits_.end(), [](const Hit &hit) {
                        return hit.state == LineState::pending || hit.state == LineState::unknown;
                      });
    return open ? 3 : 1;
  }

  void print(std::ostream &out) const {
    for (const Hit &hit : hits_) {
      if (!hit.line) {
        out << *question_.sequence << " of " << hit.header.chain.stream << ", captured by " << hit.header.chain.capture
            << ", " << hit.why << (hit.lost ? lost_since : "") << '\n';
        continue;
      }
      out << to_string(hit.state) << "  " << hit.line->name;
      if (hit.parts > 1)
        out << "  (one of " << hit.parts << " blocks of this message)";
      out << (hit.lost ? lost_since : "") << '\n';
    }
    if (hits_.empty())
      out << nothing() << '\n';
  }

  void print_as_json(std::ostream &out) const {
    nlohmann::ordered_json json = {{"found", nlohmann::ordered_json::array()}};
    for (const Hit &hit : hits_) {
      if (hit.line) {
        json["found"].push_back(json_of(hit.header, *hit.line, hit.messages, hit.state));
        json["found"].back()["parts"] = hit.parts;
      } else {
        json["found"].push_back({{"state", hit.why.substr(0, hit.why.find(':'))},
                                 {"stream", hit.header.chain.stream},
                                 {"consumer", hit.header.chain.capture},
                                 {"host", hit.header.chain.host},
                                 {"manifest", hit.header.number}});
      }
      json["found"].back()["lost_by_stream"] = hit.lost;
    }
    json["findings"] = json_of(findings_);
    if (hits_.empty())
      json["text"] = nothing();
    print_json(json, out);
  }

  const Findings &findings() const { return findings_; }

private:
  bool is_later() const { return question_.sequence && *question_.sequence > highest_; }

  std::string nothing() const {
    if (findings_.verdict() != Verdict::good)
      return "nothing was found, and not all manifests could be read";
    if (is_later())
      return "sequence " + std::to_string(*question_.sequence) + " is not captured yet: the manifests go to " +
             std::to_string(highest_);
    if (question_.sequence)
      return "sequence " + std::to_string(*question_.sequence) + " is in no block, and no manifest says why";
    return "no block fits";
  }

  std::uint32_t parts_of(const BlockLine &line) const {
    for (const SharedMessage &message : line.shared)
      if (question_.sequence && message.sequence == *question_.sequence)
        return message.parts;
    return 1;
  }

  void take(const WalkedManifest &walked, const Generations &generations) {
    const Manifest &manifest = walked.manifest;
    highest_ = std::max(highest_, manifest.highest_sequence);
    for (std::size_t i = 0; i < manifest.lines.size(); i++) {
      const BlockLine &line = manifest.lines[i];
      if (!question_.fits(line))
        continue;
      if (walked.state(i) == LineState::unknown)
        findings_.add({Verdict::unknown, "object_unknown", line.name, "can't be looked at: " + walked.reasons[i], {}});
      Hit hit = {.header = manifest,
                 .line = line,
                 .messages = walked.messages[i],
                 .parts = parts_of(line),
                 .state = walked.state(i),
                 .lost = question_.sequence.value_or(line.first_sequence) > generations.current_up_to()};
      if (hit.state == LineState::pending)
        hit.pending = superseded_.add(manifest, line);
      forget_sequences(*hit.line);
      hits_.push_back(std::move(hit));
    }
    if (!question_.sequence || question_.time || question_.key)
      return;
    const auto say = [&](const std::vector<SequenceRun> &runs, std::string_view why) {
      if (is_in(runs, *question_.sequence))
        hits_.push_back({.header = manifest,
                         .line = std::nullopt,
                         .lost = *question_.sequence > generations.current_up_to(),
                         .why = std::string(why)});
    };
    say(manifest.filtered, filtered);
    say(manifest.terminated, terminated);
    say(manifest.absent, absent);
    say(manifest.skipped, skipped);
  }

  BackupStore &backup_;
  const Question question_;
  Findings findings_;
  std::vector<Hit> hits_;
  Superseded superseded_;
  std::uint64_t highest_ = 0;
};

} // namespace

int find_message(const std::vector<std::string> &arguments, const char *const *environment) {
  const ToolArguments given(help, backup_flags, arguments);
  if (given.wants_help()) {
    print_tool_help(help, std::cout, help_columns(STDOUT_FILENO));
    return 0;
  }
  refuse_plain(given);
  const Question question(given);
  BackupStore backup(given.rest(), environment);
  Search search(backup, question);
  search.run();
  if (given.has("json")) {
    search.print_as_json(std::cout);
  } else {
    search.print(std::cout);
    print_findings(search.findings(), false, std::cerr);
  }
  return search.status();
}

} // namespace jetcapture::host
