#include "ledger/earlier_runs.hpp"

#include "blocks/capture_error.hpp"
#include "blocks/sha256.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock;

constexpr auto between_looks = 100ms;
constexpr auto between_complaints = 30s;

} // namespace

EarlierRuns::EarlierRuns(ChainName chain, std::string stream_created, StoreRetry retry, std::chrono::nanoseconds decide,
                         Surroundings surroundings)
    : chain_(std::move(chain)), stream_created_(std::move(stream_created)), retry_(retry), decide_(decide),
      with_(surroundings) {}

// A question to the store, asked until it is answered.
template <class Ask>
auto EarlierRuns::until_answered(Ask &&ask) const {
  Time::time_point next_complaint{};
  std::chrono::nanoseconds pause = retry_.shortest;
  bool failed = false;
  while (true) {
    beginning_.check();
    try {
      auto answer = ask();
      if (failed)
        with_.counters.store.works_again();
      return answer;
    } catch (const StoreFailure &failure) {
      if (failure.status == JETCAPTURE_FATAL)
        throw CaptureError(std::string("the store can't go on: ") + failure.what());
      failed = true;
      with_.counters.store_failures++;
      with_.counters.store.failed(0, failure.kind(), failure.what());
      if (Time::now() >= next_complaint) {
        next_complaint = Time::now() + between_complaints;
        with_.log.write(failure.needs_action() ? Level::error : Level::warn,
                        "the store can't be asked for the manifests of earlier runs; it is asked again",
                        {{"reason", failure.what()}});
      }
    }
    pause_for(pause);
    pause = std::min(2 * pause, retry_.longest);
  }
}

// A run that is to end is not held up by it.
void EarlierRuns::pause_for(std::chrono::nanoseconds time) const {
  const Time::time_point end = Time::now() + std::chrono::duration_cast<Time::duration>(time);
  while (Time::now() < end) {
    beginning_.check();
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(time, between_looks));
  }
}

std::vector<EarlierLine> EarlierRuns::open(const Beginning &beginning, Chain &chain, const PutStart &put_start) {
  beginning_ = beginning;
  std::vector<ChainReader> readers;
  if (!beginning_.known_above)
    readers = until_answered([this] { return other_chains(); });
  // From its first manifest on, this run fences the runs before it.
  ChainEnd end = until_answered([&] { return known_end(chain); });
  tell_missing(end);
  while (!until_answered([&] {
    end = known_end(chain);
    if (beginning_.only_behind && end.number != *beginning_.only_behind && end.header.run != chain.run())
      throw Outrun("another host has begun what this one was about to begin");
    epoch_ = epoch_after(end, readers);
    return put_start(end, epoch_);
  })) {
  }
  readers.emplace_back(chain, std::move(end), true, beginning_.unsettled_too);
  std::vector<EarlierLine> lines = read_back(readers, beginning_.floor);
  floor_ = std::max(beginning_.floor, beginning_.known_above.value_or(0));
  return lines;
}

// The end of this host's own chain: behind what it remembers to have put, whether or not that is still there.
ChainEnd EarlierRuns::known_end(Chain &chain) const {
  if (!beginning_.last)
    return end_of_chain(chain, with_.log);
  const KnownManifest &last = *beginning_.last;
  const std::optional<std::string> bytes = read_object(with_.store, last.name);
  const bool is_there = bytes && sha256_of(*bytes) == last.sha256;
  ChainEnd end = end_of_chain(chain, with_.log, is_there ? last.number() : 0);
  end.lost_from = is_there ? 0 : std::min(end.number + 1, last.number());
  if (end.used < last.number()) {
    end.used = last.number();
    end.sha256 = last.sha256;
  }
  return end;
}

// Somebody removed what proves that the backup is whole.
void EarlierRuns::tell_missing(const ChainEnd &end) const {
  if (end.lost_from == 0)
    return;
  const std::uint64_t last = beginning_.last->number();
  const std::string which = end.lost_from == last
                                ? "manifest " + std::to_string(last)
                                : "manifests " + std::to_string(end.lost_from) + " to " + std::to_string(last);
  if (!beginning_.accepts_missing)
    throw CaptureRefused("this host has put " + which + " into " + folder_of(chain_) +
                         ", and the store has them no more as they were: they were removed or replaced, or it is "
                         "another store; put them back, or start once with --accept-missing-manifests, which goes on "
                         "after number " +
                         std::to_string(end.used));
  with_.log.warn("manifests of this host are not in the store any more; the capture goes on behind their numbers, and "
                 "jetcapture verify tells that they are missing",
                 {{"missing", which}, {"chain", folder_of(chain_)}, {"next", end.used + 1}});
}

ChainReader EarlierRuns::reader_of(const ChainName &name, bool own) const {
  Chain chain(with_.store, name, "", retry_.timeout);
  ChainEnd end = end_of_chain(chain, with_.log);
  return {std::move(chain), std::move(end), own};
}

std::vector<ChainReader> EarlierRuns::other_chains() const {
  std::vector<ChainReader> others;
  for (const ChainName &name : chains_of(with_.store, chain_.stream, chain_.capture))
    if (name != chain_)
      others.push_back(reader_of(name, false));
  return others;
}

// A chain that is new goes on with the epoch of the others.
std::uint32_t EarlierRuns::epoch_after(const ChainEnd &end, const std::vector<ChainReader> &others) const {
  const ManifestHeader *last = &end.header;
  for (const ChainReader &other : others)
    if (end.number == 0 && other.end().header.number > 0 && other.end().header.epoch >= last->epoch)
      last = &other.end().header;
  return last->epoch + (last->number > 0 && beginning_.again(*last) ? 1 : 0);
}

std::vector<EarlierLine> EarlierRuns::read_back(std::vector<ChainReader> &readers, std::uint64_t floor) {
  std::vector<EarlierLine> lines;
  for (ChainReader &reader : readers) {
    std::vector<EarlierLine> more = read_decided(reader, floor);
    judge(more);
    for (EarlierLine &line : more) {
      if (!line.own && !(line.counts && is_done(line, reader)))
        continue;
      line.done = line.done || !line.own;
      lines.push_back(std::move(line));
    }
  }
  floor_ = floor;
  return lines;
}

// A run declares first what the runs before it have left. One that does not for a while is dead.
std::vector<EarlierLine> EarlierRuns::read_decided(ChainReader &reader, std::uint64_t floor) const {
  const Time::time_point deadline = Time::now() + std::chrono::duration_cast<Time::duration>(decide_);
  while (true) {
    std::vector<EarlierLine> lines = until_answered([&] { return reader.read_back(floor, with_.log); });
    const bool undecided =
        std::any_of(lines.begin(), lines.end(), [](const EarlierLine &line) { return line.is_undecided; });
    if (!undecided || Time::now() >= deadline)
      return lines;
    std::this_thread::sleep_for(between_looks);
    reader = until_answered([&] { return reader_of(reader.name(), false); });
  }
}

// Another host's line. A later run of that host may find that the object is not there, and declare the line void, while
// a late put brings the object: it counts only if no such run had begun when it was there.
bool EarlierRuns::is_done(const EarlierLine &line, const ChainReader &reader) const {
  if (line.done)
    return true;
  return beginning_.is_stored(line) && until_answered([&] { return reader.is_still_the_end(); });
}

// When a stream was created is told otherwise by a server that restarts after the stream was edited.
void EarlierRuns::judge(std::vector<EarlierLine> &lines) const {
  std::map<std::string, bool> is_same = {{stream_created_, true}};
  for (EarlierLine &line : lines) {
    const auto [same, is_new] = is_same.try_emplace(line.stream_created, false);
    if (!same->second && beginning_.has(line.block.last_sequence, line.block.last_sequence_timestamp))
      same->second = true;
    line.counts = line.epoch == epoch_ && same->second;
  }
}

std::vector<EarlierLine> EarlierRuns::look_up(std::uint64_t sequence) {
  std::vector<ChainReader> readers = until_answered([this] {
    std::vector<ChainReader> all = other_chains();
    all.push_back(reader_of(chain_, true));
    return all;
  });
  // Each look begins at the end: the next one goes twice as far.
  std::vector<EarlierLine> lines = read_back(readers, sequence - 1 - std::min(sequence - 1, look_back_));
  look_back_ *= 2;
  std::erase_if(lines,
                [this](const EarlierLine &line) { return !line.counts || !(line.done || beginning_.is_stored(line)); });
  with_.log.info("a message that was stored before may have come again: manifests of earlier runs are read",
                 {{"sequence", sequence}, {"blocks", lines.size()}});
  return lines;
}

void EarlierRuns::forgotten_up_to(std::uint64_t sequence) {
  if (sequence <= floor_)
    return;
  look_back_ = messages_a_look;
  floor_ = sequence;
}

} // namespace jetcapture::host
