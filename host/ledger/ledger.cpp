#include "ledger/ledger.hpp"

#include "blocks/capture_error.hpp"
#include "threads/fault_point.hpp"
#include "threads/thread.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include <pthread.h>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

// Blocks that end since room is needed come together, too.
constexpr auto gather_in_a_hurry = 5ms;
constexpr auto declare_within = 60s;
constexpr auto between_looks = 100ms;
constexpr auto between_complaints = 30s;
constexpr std::uint64_t most_messages = 1'000'000; // in a manifest, unless one block has more

// Nobody else has it.
std::string make_nonce() {
  std::random_device random;
  char text[17];
  std::snprintf(text, sizeof text, "%08x%08x", random(), random());
  return text;
}

bool is_urgent(SealReason reason) {
  return reason == SealReason::ack_budget || reason == SealReason::memory || reason == SealReason::once ||
         reason == SealReason::drain;
}

std::vector<std::uint64_t> ascending(const SequenceList &list) {
  std::vector<std::uint64_t> sequences;
  sequences.reserve(list.size());
  list.for_each([&](std::uint64_t sequence) { sequences.push_back(sequence); });
  std::sort(sequences.begin(), sequences.end());
  return sequences;
}

BlockLine line_of(const SealedBlock &block) {
  BlockLine line = {.name = block.name,
                    .bytes = block.body->size(),
                    .sha256 = block.body->sha256(),
                    .written_bytes = block.written_bytes,
                    .payloads = block.payloads,
                    .reason = std::string(to_string(block.reason)),
                    .place = block.place,
                    .first_sequence = block.first_sequence,
                    .last_sequence = block.last_sequence,
                    .last_sequence_timestamp = block.last_sequence_timestamp,
                    .first_timestamp = block.first_timestamp,
                    .last_timestamp = block.last_timestamp,
                    .own = ascending(block.own),
                    .shared = {}};
  std::size_t i = 0;
  block.shared.for_each([&](std::uint64_t sequence) {
    line.shared.push_back({sequence, i < block.shared_parts.size() ? block.shared_parts[i] : 0});
    i++;
  });
  std::sort(line.shared.begin(), line.shared.end(),
            [](const SharedMessage &one, const SharedMessage &other) { return one.sequence < other.sequence; });
  return line;
}

std::vector<SequenceRun> runs_of(std::vector<std::uint64_t> &sequences) {
  std::sort(sequences.begin(), sequences.end());
  std::vector<SequenceRun> runs;
  for (const std::uint64_t sequence : sequences)
    if (!runs.empty() && sequence <= runs.back().last + 1)
      runs.back().last = sequence;
    else
      runs.push_back({sequence, sequence});
  return runs;
}

template <class Places>
std::vector<LineRun> line_runs_of(Places &places) {
  std::sort(places.begin(), places.end());
  std::vector<LineRun> runs;
  for (const auto &place : places)
    if (!runs.empty() && runs.back().manifest == place.manifest && place.place <= runs.back().last + 1)
      runs.back().last = place.place;
    else
      runs.push_back({place.manifest, place.place, place.place});
  return runs;
}

} // namespace

Ledger::Ledger(ManifestHeader facts, Retry retry, Pace pace, Surroundings surroundings,
               std::function<void(std::shared_ptr<SealedBlock>)> give)
    : facts_(std::move(facts)), retry_(retry), pace_(pace), with_(std::move(surroundings)), give_(std::move(give)),
      chain_(with_.store, facts_.chain, make_nonce(), retry_.timeout) {}

Ledger::~Ledger() {
  end();
}

void Ledger::end() {
  thread_.request_stop();
  if (thread_.joinable())
    thread_.join();
}

bool Ledger::can_keep(const Store &store) {
  return store.description().list != nullptr && store.description().get != nullptr;
}

// A question to the store, asked until it is answered.
template <class Ask>
auto Ledger::until_answered(Ask &&ask) const {
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
      const bool refused = failure.status == JETCAPTURE_CONFIGURATION;
      with_.counters.store_failures++;
      with_.counters.store.failed(0, refused ? StoreProgress::Failure::refused : StoreProgress::Failure::store,
                                  failure.what());
      if (Time::now() >= next_complaint) {
        next_complaint = Time::now() + between_complaints;
        with_.log.write(refused ? Level::error : Level::warn,
                        "the store can't be asked for the manifests of earlier runs; it is asked again",
                        {{"reason", failure.what()}});
      }
    }
    // A run that is to end is not held up by it.
    for (const Time::time_point end = Time::now() + std::chrono::duration_cast<Time::duration>(pause);
         Time::now() < end;) {
      beginning_.check();
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(pause, between_looks));
    }
    pause = std::min(2 * pause, retry_.longest);
  }
}

std::vector<EarlierLine> Ledger::open(const Beginning &beginning) {
  beginning_ = beginning;
  std::vector<ChainReader> readers;
  if (!beginning_.known_above)
    readers = until_answered([this] { return other_chains(); });
  begin_chain(readers);
  std::vector<EarlierLine> lines = read_back(readers, beginning_.floor);
  floor_ = std::max(beginning_.floor, beginning_.known_above.value_or(0));
  return lines;
}

void Ledger::start() {
  thread_ = start_thread([this](const std::stop_token &stop) { run_thread(stop); });
}

std::vector<ChainReader> Ledger::other_chains() const {
  std::vector<ChainReader> others;
  for (const ChainName &name : chains_of(with_.store, facts_.chain.stream, facts_.chain.capture)) {
    if (name == facts_.chain)
      continue;
    Chain chain(with_.store, name, "", retry_.timeout);
    ChainEnd end = end_of_chain(chain, with_.log);
    others.emplace_back(std::move(chain), std::move(end), false);
  }
  return others;
}

// The first manifest of this run fences the runs before it. Adds the chain's reader to those of the others.
void Ledger::begin_chain(std::vector<ChainReader> &readers) {
  chain_.fence((with_.store.description().flags & JETCAPTURE_STORE_CREATES) != 0);
  bool is_in = false;
  ChainEnd end;
  while (!is_in)
    is_in = until_answered([&] {
      end = end_of_chain(chain_, with_.log);
      const ManifestHeader *last = &end.header;
      for (const ChainReader &other : readers)
        if (end.number == 0 && other.end().header.number > 0 && other.end().header.epoch >= last->epoch)
          last = &other.end().header;
      epoch_ = last->epoch + (last->number > 0 && beginning_.again(last->consumer_created) ? 1 : 0);
      return put_start(end);
    });
  readers.emplace_back(chain_, std::move(end), true);
}

// False: another run was faster.
bool Ledger::put_start(const ChainEnd &end) {
  chain_.go_on_from(end.number + 1, end.bytes);
  Manifest start = empty_manifest();
  start.kind = ManifestHeader::Kind::start;
  {
    const MutexLock lock(mutex_);
    highest_sequence_ = start.highest_sequence = end.header.highest_sequence;
  }
  // What earlier runs left is settled behind this manifest: a reader has to begin where they did.
  start.unsettled_from = end.number == 0 ? 1 : std::max<std::uint64_t>(1, end.header.unsettled_from);
  if (chain_.put(chain_.prepare(start)) == Chain::Put::overtaken)
    return false;
  start.written++;
  decides_ = (with_.store.description().flags & JETCAPTURE_STORE_CREATES) != 0 && chain_.prove_fence(encode(start));
  return true;
}

std::vector<EarlierLine> Ledger::read_back(std::vector<ChainReader> &readers, std::uint64_t floor) {
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
std::vector<EarlierLine> Ledger::read_decided(ChainReader &reader, std::uint64_t floor) {
  const Time::time_point deadline = Time::now() + std::chrono::duration_cast<Time::duration>(pace_.decide);
  while (true) {
    std::vector<EarlierLine> lines = until_answered([&] { return reader.read_back(floor, with_.log); });
    const bool undecided =
        std::any_of(lines.begin(), lines.end(), [](const EarlierLine &line) { return line.is_undecided; });
    if (!undecided || Time::now() >= deadline)
      return lines;
    std::this_thread::sleep_for(between_looks);
    reader = until_answered([&] {
      Chain chain(with_.store, reader.name(), "", retry_.timeout);
      ChainEnd end = end_of_chain(chain, with_.log);
      return ChainReader(std::move(chain), std::move(end), false);
    });
  }
}

// Another host's line. A later run of that host may find that the object is not there, and declare the line void, while
// a late put brings the object: it counts only if no such run had begun when it was there.
bool Ledger::is_done(const EarlierLine &line, const ChainReader &reader) const {
  if (line.done)
    return true;
  return beginning_.is_stored(line) && until_answered([&] { return reader.is_still_the_end(); });
}

// When a stream was created is told otherwise by a server that restarts after the stream was edited.
void Ledger::judge(std::vector<EarlierLine> &lines) const {
  std::map<std::string, bool> is_same = {{facts_.stream_created, true}};
  for (EarlierLine &line : lines) {
    const auto [same, is_new] = is_same.try_emplace(line.stream_created, false);
    if (!same->second && beginning_.has(line.block.last_sequence, line.block.last_sequence_timestamp))
      same->second = true;
    line.counts = line.epoch == epoch_ && same->second;
  }
}

std::vector<EarlierLine> Ledger::look_up(std::uint64_t sequence) {
  std::vector<ChainReader> readers = until_answered([this] {
    std::vector<ChainReader> all = other_chains();
    Chain own(with_.store, facts_.chain, "", retry_.timeout);
    ChainEnd end = end_of_chain(own, with_.log);
    all.emplace_back(std::move(own), std::move(end), true);
    return all;
  });
  // Each look begins at the end: the next one goes twice as far.
  std::vector<EarlierLine> lines = read_back(readers, sequence - 1 - std::min(sequence - 1, look_back_));
  look_back_ *= 2;
  std::erase_if(lines, [](const EarlierLine &line) { return !line.counts; });
  with_.log.info("a message that was stored before may have come again: manifests of earlier runs are read",
                 {{"sequence", sequence}, {"blocks", lines.size()}});
  return lines;
}

void Ledger::forgotten_up_to(std::uint64_t sequence) {
  if (sequence <= floor_)
    return;
  look_back_ = messages_a_look;
  floor_ = sequence;
}

Manifest Ledger::empty_manifest() const {
  Manifest manifest;
  static_cast<ManifestHeader &>(manifest) = facts_;
  manifest.epoch = epoch_;
  manifest.written = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  return manifest;
}

void Ledger::adopt(std::uint64_t block, const EarlierLine &line) {
  if (!line.own)
    return;
  const MutexLock lock(mutex_);
  place_of_[block] = {line.manifest, line.place};
  unsettled_[line.manifest]++;
}

void Ledger::settle(const EarlierLine &line, bool stored) {
  if (!line.own || line.done)
    return;
  const MutexLock lock(mutex_);
  declare(stored ? &Batch::done : &Batch::lost, {line.manifest, line.place});
}

void Ledger::list(std::shared_ptr<SealedBlock> block) {
  const bool short_of_memory = with_.meter.used() > with_.meter.limit() / 2;
  const MutexLock lock(mutex_);
  if (abandoned_)
    return;
  if (failing_ && short_of_memory)
    block->body->spill();
  if (next_.blocks.empty())
    blocks_since_ = Time::now();
  hurry_ = hurry_ || is_urgent(block->reason);
  next_.blocks.push_back(std::move(block));
  wake_.notify_one();
}

std::uint64_t Ledger::pass(const SequenceList &filtered, const SequenceList &terminated,
                           std::chrono::nanoseconds within) {
  const MutexLock lock(mutex_);
  filtered.for_each([this](std::uint64_t sequence) {
    mutex_.assert_held();
    next_.filtered.push_back(sequence);
  });
  terminated.for_each([this](std::uint64_t sequence) {
    mutex_.assert_held();
    next_.terminated.push_back(sequence);
  });
  pass_by_ = std::min(pass_by_, Time::now() + std::chrono::duration_cast<Time::duration>(within));
  next_.ticket = ++tickets_;
  wake_.notify_one();
  return tickets_;
}

void Ledger::declare(std::vector<LinePlace> Batch::*what, LinePlace place) {
  (next_.*what).push_back(place);
  declare_by_ = std::min(declare_by_, Time::now() + declare_within);
  wake_.notify_one();
}

void Ledger::done(std::uint64_t block) {
  const MutexLock lock(mutex_);
  if (const auto place = place_of_.find(block); place != place_of_.end())
    declare(&Batch::done, place->second);
}

void Ledger::lost(std::uint64_t block) {
  {
    const MutexLock lock(mutex_);
    if (const auto place = place_of_.find(block); place != place_of_.end())
      declare(&Batch::lost, place->second);
  }
  settled(block);
}

void Ledger::settled(std::uint64_t block) {
  const MutexLock lock(mutex_);
  const auto place = place_of_.find(block);
  if (place == place_of_.end())
    return;
  if (const auto lines = unsettled_.find(place->second.manifest); --lines->second == 0)
    unsettled_.erase(lines);
  place_of_.erase(place);
}

void Ledger::hurry() {
  const MutexLock lock(mutex_);
  if (hurry_ || next_.empty())
    return;
  hurry_ = true;
  wake_.notify_one();
}

std::size_t Ledger::unlisted() const {
  const MutexLock lock(mutex_);
  return next_.blocks.size() + in_hand_.size();
}

bool Ledger::is_busy() const {
  const MutexLock lock(mutex_);
  return !next_.blocks.empty() || !in_hand_.empty() || passed_.load(std::memory_order_relaxed) < tickets_;
}

void Ledger::check() const {
  const MutexLock lock(mutex_);
  if (!fatal_.empty())
    throw CaptureError(fatal_);
}

std::vector<SequenceList> Ledger::abandon() {
  std::vector<SequenceList> messages;
  const MutexLock lock(mutex_);
  abandoned_ = true;
  for (const auto *blocks : {&next_.blocks, &in_hand_})
    for (const std::shared_ptr<SealedBlock> &block : *blocks) {
      messages.push_back(block->own);
      messages.push_back(block->shared);
    }
  next_.blocks.clear();
  return messages;
}

void Ledger::finish(Clock::time_point deadline) {
  hurry();
  MutexLock lock(mutex_);
  written_.wait_until(lock, deadline, [this] {
    mutex_.assert_held();
    return (next_.empty() && !writing_) || failing_ || !fatal_.empty();
  });
}

// When the next manifest is to be written.
Ledger::Time::time_point Ledger::due() const {
  if (!fatal_.empty() || next_.empty())
    return Time::time_point::max();
  Time::time_point due = std::min(pass_by_, declare_by_);
  if (next_.blocks.empty())
    return hurry_ ? Time::time_point::min() : due;
  const auto in_steps = [](std::chrono::nanoseconds time) { return std::chrono::duration_cast<Time::duration>(time); };
  if (hurry_)
    return blocks_since_ + in_steps(std::min<std::chrono::nanoseconds>(pace_.gather, gather_in_a_hurry));
  return std::min(due, std::max(blocks_since_ + in_steps(pace_.gather), last_put_ + in_steps(pace_.between)));
}

void Ledger::run_thread(const std::stop_token &stop) {
  pthread_setname_np(pthread_self(), "ledger");
  MutexLock lock(mutex_);
  while (!stop.stop_requested()) {
    const Time::time_point next = due();
    if (next > Time::now()) {
      const auto changed = [&] {
        mutex_.assert_held();
        return due() < next;
      };
      if (next == Time::time_point::max())
        wake_.wait(lock, stop, changed);
      else
        wake_.wait_until(lock, stop, next, changed);
      continue;
    }
    lock.unlock();
    write_waiting(stop);
    lock.lock();
  }
}

void Ledger::write_waiting(const std::stop_token &stop) {
  Batch batch;
  Manifest manifest;
  {
    const MutexLock lock(mutex_);
    if (next_.empty() || !fatal_.empty())
      return;
    batch = take_batch();
    manifest = manifest_of(batch);
    writing_ = true;
  }
  write(std::move(manifest), std::move(batch), stop);
  {
    const MutexLock lock(mutex_);
    writing_ = false;
  }
  written_.notify_all();
}

// What waits, but for blocks that would make the manifest too large.
Ledger::Batch Ledger::take_batch() {
  std::vector<std::shared_ptr<SealedBlock>> later;
  std::uint64_t messages = 0;
  auto block = next_.blocks.begin();
  while (block != next_.blocks.end() && (messages == 0 || messages + (*block)->messages() <= most_messages))
    messages += (*block++)->messages();
  std::move(block, next_.blocks.end(), std::back_inserter(later));
  next_.blocks.erase(block, next_.blocks.end());
  Batch batch = std::exchange(next_, {});
  next_.blocks = std::move(later);
  in_hand_ = batch.blocks;
  hurry_ = hurry_ && !next_.blocks.empty();
  pass_by_ = declare_by_ = Time::time_point::max();
  last_put_ = Time::now();
  return batch;
}

Manifest Ledger::manifest_of(Batch &batch) {
  Manifest manifest = empty_manifest();
  std::uint64_t first = UINT64_MAX;
  std::uint64_t last = 0;
  const auto see = [&](std::uint64_t low, std::uint64_t high) {
    first = std::min(first, low);
    last = std::max(last, high);
  };
  for (const std::shared_ptr<SealedBlock> &block : batch.blocks) {
    manifest.lines.push_back(line_of(*block));
    see(block->first_sequence, block->last_sequence);
  }
  manifest.filtered = runs_of(batch.filtered);
  manifest.terminated = runs_of(batch.terminated);
  for (const auto *runs : {&manifest.filtered, &manifest.terminated})
    if (!runs->empty())
      see(runs->front().first, runs->back().last);
  manifest.done = line_runs_of(batch.done);
  manifest.voided = line_runs_of(batch.lost);
  manifest.first_sequence = last == 0 ? 0 : first;
  manifest.last_sequence = last;
  manifest.highest_sequence = highest_sequence_ = std::max(highest_sequence_, last);
  if (!unsettled_.empty())
    manifest.unsettled_from = unsettled_.begin()->first;
  return manifest;
}

void Ledger::write(Manifest manifest, Batch batch, const std::stop_token &stop) {
  if (manifest.unsettled_from == 0)
    manifest.unsettled_from = chain_.next();
  const std::string bytes = chain_.prepare(manifest);
  fault_point("before-manifest");
  if (!put(bytes, !batch.lost.empty(), stop))
    return;
  fault_point("after-manifest");
  std::vector<std::shared_ptr<SealedBlock>> listed;
  {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < batch.blocks.size(); i++)
      place_of_[batch.blocks[i]->id] = {manifest.number, static_cast<std::uint32_t>(i)};
    if (!batch.blocks.empty())
      unsettled_[manifest.number] = batch.blocks.size();
    in_hand_.clear();
    if (!abandoned_)
      listed = std::move(batch.blocks);
  }
  if (batch.ticket > 0)
    passed_.store(batch.ticket, std::memory_order_release);
  for (std::shared_ptr<SealedBlock> &block : listed)
    give_(std::move(block));
}

bool Ledger::put(const std::string &bytes, bool tells_of_lost, const std::stop_token &stop) {
  for (std::uint32_t attempt = 1; !stop.stop_requested(); attempt++) {
    try {
      if (tells_of_lost)
        if (std::string why_not = with_.flush_journal(); !why_not.empty())
          throw StoreFailure({JETCAPTURE_RETRY, std::move(why_not)});
      const bool is_in = chain_.put(bytes) == Chain::Put::written;
      succeeded();
      if (is_in)
        return true;
      give_up("another host goes on with this capture's manifests: give each host a state directory of its own, which "
              "is not a copy of another's");
      return false;
    } catch (const StoreFailure &failure) {
      if (failure.status == JETCAPTURE_FATAL || failure.status == JETCAPTURE_BAD_DATA) {
        give_up(std::string("the store can't go on: ") + failure.what());
        return false;
      }
      failed(failure, attempt, stop);
    }
  }
  return false;
}

void Ledger::give_up(const std::string &why) {
  with_.log.error("blocks are stored no more; the messages of those that are not stored go back to the stream",
                  {{"reason", why}});
  const MutexLock lock(mutex_);
  fatal_ = why;
}

// Waits for the next attempt.
void Ledger::failed(const StoreFailure &failure, std::uint32_t attempt, const std::stop_token &stop) {
  const bool someone_has_to_act = failure.status == JETCAPTURE_CONFIGURATION;
  const std::chrono::nanoseconds doubled =
      retry_.shortest * (std::int64_t{1} << std::min<std::uint32_t>(attempt - 1, 20));
  const std::chrono::nanoseconds pause = std::min(doubled, retry_.longest);
  with_.counters.store_failures++;
  if (Time::now() >= next_complaint_) {
    next_complaint_ = Time::now() + between_complaints;
    outage_told_ = true;
    with_.log.write(someone_has_to_act ? Level::error : Level::warn,
                    someone_has_to_act ? "the store refuses a manifest and someone has to act; it is tried again"
                                       : "a manifest could not be stored; it is tried again",
                    {{"reason", failure.what()},
                     {"name", name_of(chain_.name(), chain_.next())},
                     {"attempt", attempt},
                     {"next_try_seconds", pause}});
  }
  MutexLock lock(mutex_);
  failing_ = true;
  with_.counters.store.failed(in_hand_.empty() ? 0 : in_hand_.front()->id,
                              someone_has_to_act ? StoreProgress::Failure::refused : StoreProgress::Failure::store,
                              failure.what());
  if (with_.meter.used() > with_.meter.limit() / 2)
    for (const auto *blocks : {&in_hand_, &next_.blocks})
      for (const std::shared_ptr<SealedBlock> &block : *blocks)
        block->body->spill();
  written_.notify_all();
  wake_.wait_for(lock, stop, pause, [] { return false; });
}

void Ledger::succeeded() {
  {
    const MutexLock lock(mutex_);
    if (!std::exchange(failing_, false))
      return;
  }
  with_.counters.store.works_again();
  if (std::exchange(outage_told_, false))
    with_.log.info("the store takes manifests again", {});
}

} // namespace jetcapture::host
