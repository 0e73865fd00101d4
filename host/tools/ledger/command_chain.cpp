#include "tools/ledger/command_chain.hpp"

#include "audit/chain_walk.hpp"
#include "ledger/earlier_lines.hpp"
#include "settings/error.hpp"
#include "store/create_only_probe.hpp"
#include "strings/random_digits.hpp"
#include "threads/fault_point.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

ManifestHeader facts_of(ManifestHeader facts) {
  facts.kind = ManifestHeader::Kind::commit;
  facts.chain.host = commands_chain;
  facts.program = "jetcapture " JETCAPTURE_VERSION;
  facts.first_sequence = 0;
  facts.last_sequence = 0;
  return facts;
}

ListedChain listing_of(const StoreReader &reader, const ChainName &name) {
  Findings told_elsewhere;
  const FoundChains found = find_chains(reader, {name.stream, name.capture}, Listed::all, told_elsewhere, [](auto) {});
  if (!found.answer.ok())
    throw StoreFailure(found.answer);
  for (const ListedChain &chain : found.chains)
    if (chain.folder == folder_of(name))
      return chain;
  return {folder_of(name), {}, {}};
}

} // namespace

void try_a_few_times(const std::function<void()> &attempt) {
  constexpr auto longest_wait = 4s;
  for (std::chrono::milliseconds wait = 250ms;; wait *= 2)
    try {
      attempt();
      return;
    } catch (const StoreFailure &failure) {
      if (failure.status != JETCAPTURE_RETRY || wait > longest_wait)
        throw;
      std::this_thread::sleep_for(wait);
    }
}

CommandChain::CommandChain(const StoreReader &reader, const ManifestHeader &facts, std::chrono::nanoseconds timeout,
                           Log &log)
    : reader_(reader), facts_(facts_of(facts)), log_(log),
      chain_(reader.store(), facts_.chain, random_digits(16), timeout) {
  const CreateOnlyProbe probe = probe_create_only(reader.store(), timeout);
  if (probe.verdict == CreateOnlyProbe::Verdict::lacking)
    throw StartupError("the store can't put an object only where there is none, so two runs of this command could undo "
                       "each other: " +
                       probe.reason);
  if (probe.verdict == CreateOnlyProbe::Verdict::unknown)
    throw StoreFailure({JETCAPTURE_CONFIGURATION, probe.reason});
}

Manifest CommandChain::manifest() const {
  Manifest manifest;
  static_cast<ManifestHeader &>(manifest) = facts_;
  return manifest;
}

void CommandChain::begin() {
  ChainEnd end;
  try_a_few_times([&] { end = end_of_chain(chain_, log_); });
  chain_.go_on_from(end.number + 1, end.sha256);
  highest_sequence_ = end.header.highest_sequence;
  if (end.number > 0)
    unsettled_from_ = std::max<std::uint64_t>(1, end.header.unsettled_from);
  Manifest start = manifest();
  start.kind = ManifestHeader::Kind::start;
  put(std::move(start));
  fault_point("after-command-start");
  settle_earlier_runs();
}

void CommandChain::settle_earlier_runs() {
  Manifest settling = manifest();
  Findings findings;
  std::string unknown;
  WalkOptions walking;
  walking.only_undeclared = true;
  walking.look = [&](const BlockLine &line, std::string &reason) {
    const ObjectState object = look_by_stat(reader_, line, reason);
    return object == ObjectState::unproven ? look_by_reading(reader_, line, reason) : object;
  };
  walk(reader_, listing_of(reader_, name()), walking, findings, [&](const WalkedManifest &walked) {
    for (std::size_t i = 0; i < walked.objects.size(); i++) {
      if (walked.declared[i] != Declared::nothing)
        continue;
      if (walked.objects[i] == ObjectState::unknown)
        unknown = walked.manifest.lines[i].name + ": " + walked.reasons[i];
      const auto place = static_cast<std::uint32_t>(i);
      (walked.objects[i] == ObjectState::same ? settling.done : settling.voided)
          .push_back({walked.manifest.number, place, place});
    }
  });
  if (findings.verdict() != Verdict::good)
    throw StoreFailure({JETCAPTURE_BAD_DATA, "the manifests of earlier runs below " + folder_of(name()) +
                                                 " can't all be read; verify says more"});
  if (!unknown.empty())
    throw StoreFailure({JETCAPTURE_RETRY, unknown});
  settles_all();
  if (!settling.done.empty() || !settling.voided.empty())
    put(std::move(settling));
}

std::uint64_t CommandChain::put(Manifest manifest) {
  const std::uint64_t number = chain_.next();
  if (!manifest.lines.empty())
    unsettled_from_ = std::min(unsettled_from_, number);
  manifest.unsettled_from = std::min(unsettled_from_, number);
  highest_sequence_ = std::max(highest_sequence_, manifest.last_sequence);
  manifest.highest_sequence = highest_sequence_;
  manifest.written = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::string bytes = chain_.prepare(manifest);
  Chain::Put result = Chain::Put::written;
  try_a_few_times([&] { result = chain_.put(bytes); });
  if (result == Chain::Put::overtaken)
    throw CommandOvertaken("another run of verify --adopt or retire goes on with this capture");
  return number;
}

} // namespace jetcapture::host
