#include "tools/tools.hpp"

#include "audit/chain_walk.hpp"
#include "audit/superseded.hpp"
#include "log/time_text.hpp"
#include "settings/help_text.hpp"
#include "terminal/figures.hpp"
#include "tools/ledger/backup_store.hpp"
#include "tools/ledger/flags.hpp"
#include "tools/ledger/report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <limits>
#include <optional>
#include <tuple>

#include <unistd.h>

namespace jetcapture::host {
namespace {

constexpr ToolHelp help = {
    "jetcapture ls --store NAME --store-opt KEY=VALUE",
    "Lists the blocks of a backup, as the manifests in the store tell: state, messages, bytes, the times of the first "
    "and "
    "the last message, and the name of the object. The state is done, pending (not stored yet), void (given up: its "
    "messages are in other blocks), superseded (never stored: its messages are in other blocks), retired (no longer "
    "wanted; only with --retired) or unknown. Example:\n"
    "jetcapture ls --store file --store-opt root=backup --from 2026-11-24 --key eu",
    ls_flags, backup_flags_help};

struct Wanted {
  std::int64_t from = std::numeric_limits<std::int64_t>::min();
  std::int64_t to = std::numeric_limits<std::int64_t>::max();
  std::optional<std::string> key;
  bool quarantine = false;
  bool retired = false;

  explicit Wanted(const ToolArguments &given) : quarantine(given.has("quarantine")), retired(given.has("retired")) {
    if (given.has("from"))
      from = time_given("from", given.value("from", ""));
    if (given.has("to"))
      to = time_given("to", given.value("to", ""));
    if (given.has("key"))
      key = given.value("key", "");
  }
  bool has(const BlockLine &line) const {
    return line.last_timestamp >= from && line.first_timestamp < to && (!quarantine || line.place.quarantine) &&
           (!key || key_begins_with(line.place.key, *key));
  }
};

// A block without its sequences.
struct Row {
  std::size_t chain;
  std::uint64_t manifest;
  BlockLine line;
  std::uint64_t messages;
  LineState state;
  std::optional<std::size_t> pending; // its number in Superseded
};

constexpr std::array<LineState, 5> not_done = {LineState::pending, LineState::superseded, LineState::retired,
                                               LineState::voided, LineState::unknown};

struct Totals {
  std::uint64_t blocks = 0;
  std::uint64_t messages = 0; // one in several blocks counts in each
  std::uint64_t bytes = 0;
};

class Listing {
public:
  Listing(BackupStore &backup, Wanted wanted) : backup_(backup), wanted_(std::move(wanted)) {}

  void read() {
    CountLine line;
    const FoundChains found = find_chains(backup_, findings_, line);
    std::uint64_t of = 0;
    for (const ListedChain &chain : found.chains)
      of += chain.manifests.size();
    std::uint64_t done = 0;
    WalkOptions walking;
    walking.through_indexes = true;
    walking.only_undeclared = true;
    const Retirements retired = read_retirements(backup_.reader(), found.chains);
    walking.retired = &retired;
    walking.with_sequences = [](const Manifest &) { return false; };
    walking.look = [&](const BlockLine &block, std::string &reason) {
      return wanted_.has(block) ? look_by_stat(backup_.reader(), block, reason) : ObjectState::unknown;
    };
    for (const ListedChain &chain : found.chains)
      walk(backup_.reader(), chain, walking, findings_, [&](WalkedManifest &walked) {
        line.show("manifests", ++done, of);
        take(walked);
      });
    superseded_.judge(backup_.reader(), found.chains);
    for (Row &row : rows_)
      if (row.pending && superseded_.has(*row.pending))
        row.state = LineState::superseded;
    std::sort(rows_.begin(), rows_.end(), [](const Row &a, const Row &b) {
      return std::tie(a.line.first_timestamp, a.line.name) < std::tie(b.line.first_timestamp, b.line.name);
    });
  }

  void print(std::ostream &out) const {
    for (const Row &row : rows_) {
      char text[160];
      std::snprintf(text, sizeof text, "%-10s %12s %11s  %.19sZ  %.19sZ  ", std::string(to_string(row.state)).c_str(),
                    count_text(row.messages).c_str(), bytes_text(static_cast<double>(row.line.bytes)).c_str(),
                    time_text(row.line.first_timestamp).c_str(), time_text(row.line.last_timestamp).c_str());
      out << text << row.line.name << (row.line.place.quarantine ? "  (quarantine)" : "") << '\n';
    }
    const Totals done = totals_of(LineState::done);
    out << count_text(done.blocks) << " blocks, " << count_text(done.messages) << " messages, "
        << bytes_text(static_cast<double>(done.bytes));
    for (const LineState state : not_done)
      if (const Totals totals = totals_of(state); totals.blocks > 0)
        out << "; " << count_text(totals.blocks) << " " << to_string(state);
    out << '\n';
  }

  void print_as_json(std::ostream &out) const {
    nlohmann::ordered_json json = {{"blocks", nlohmann::ordered_json::array()}};
    for (const Row &row : rows_) {
      ManifestHeader header = headers_[row.chain];
      header.number = row.manifest;
      json["blocks"].push_back(json_of(header, row.line, row.messages, row.state));
    }
    add_totals(LineState::done, json);
    for (const LineState state : not_done)
      add_totals(state, json);
    json["findings"] = json_of(findings_);
    print_json(json, out);
  }

  const Findings &findings() const { return findings_; }

private:
  void take(WalkedManifest &walked) {
    if (headers_.empty() || headers_.back().chain != walked.manifest.chain)
      headers_.push_back(walked.manifest);
    for (std::size_t i = 0; i < walked.manifest.lines.size(); i++) {
      BlockLine &line = walked.manifest.lines[i];
      if (!wanted_.has(line))
        continue;
      const LineState state = walked.state(i);
      if (state == LineState::retired && !wanted_.retired)
        continue;
      if (state == LineState::unknown)
        findings_.add({Verdict::unknown, "object_unknown", line.name, "can't be looked at: " + walked.reasons[i], {}});
      std::optional<std::size_t> pending;
      if (state == LineState::pending)
        pending = superseded_.add(walked.manifest, line);
      rows_.push_back(
          {headers_.size() - 1, walked.manifest.number, std::move(line), walked.messages[i], state, pending});
    }
  }

  void add_totals(LineState state, nlohmann::ordered_json &json) const {
    const Totals totals = totals_of(state);
    json["totals"][std::string(to_string(state))] = {
        {"blocks", totals.blocks}, {"messages", totals.messages}, {"bytes", totals.bytes}};
  }

  Totals totals_of(LineState state) const {
    Totals totals;
    for (const Row &row : rows_)
      if (row.state == state) {
        totals.blocks++;
        totals.messages += row.messages;
        totals.bytes += row.line.bytes;
      }
    return totals;
  }

  BackupStore &backup_;
  const Wanted wanted_;
  Findings findings_;
  std::vector<ManifestHeader> headers_; // of each chain
  Superseded superseded_;
  std::vector<Row> rows_;
};

} // namespace

int list_blocks(const std::vector<std::string> &arguments, const char *const *environment) {
  const ToolArguments given(help, backup_flags, arguments);
  if (given.wants_help()) {
    print_tool_help(help, std::cout, help_columns(STDOUT_FILENO));
    return 0;
  }
  refuse_plain(given);
  BackupStore backup(given.rest(), environment);
  Listing listing(backup, Wanted(given));
  listing.read();
  if (given.has("json"))
    listing.print_as_json(std::cout);
  else
    listing.print(std::cout);
  if (!given.has("json"))
    print_findings(listing.findings(), false, std::cerr);
  return exit_status(listing.findings().verdict());
}

} // namespace jetcapture::host
