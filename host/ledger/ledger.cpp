#include "ledger/ledger.hpp"

#include "blocks/capture_error.hpp"
#include "strings/random_digits.hpp"
#include "threads/fault_point.hpp"
#include "threads/thread.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <pthread.h>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

// Blocks that end since room is needed come together, too.
constexpr auto gather_in_a_hurry = 5ms;
constexpr auto between_complaints = 30s;

bool creates(const Store &store) {
  return (store.description().flags & JETCAPTURE_STORE_CREATES) != 0;
}

bool is_urgent(SealReason reason) {
  return reason == SealReason::ack_budget || reason == SealReason::memory || reason == SealReason::once ||
         reason == SealReason::drain || reason == SealReason::claim;
}

} // namespace

Ledger::Ledger(ManifestHeader facts, StoreRetry retry, Pace pace, Surroundings surroundings,
               std::function<void(std::shared_ptr<SealedBlock>)> give)
    : facts_(std::move(facts)), retry_(retry), pace_(pace), with_(std::move(surroundings)), give_(std::move(give)),
      chain_(with_.store, facts_.chain, random_digits(16), retry_.timeout),
      last_manifest_(with_.last_manifest, with_.log),
      earlier_runs_(facts_.chain, facts_.stream_created, retry_, pace_.decide,
                    {with_.store, with_.counters, with_.log}),
      floor_(facts_.floor) {}

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

std::vector<EarlierLine> Ledger::open(EarlierRuns::Beginning beginning) {
  chain_.fence(creates(with_.store));
  if (beginning.note_run)
    beginning.note_run(run());
  beginning.last = last_manifest_.of(chain_.name());
  return earlier_runs_.open(beginning, chain_,
                            [this](const ChainEnd &end, std::uint32_t epoch) { return put_start(end, epoch); });
}

void Ledger::start() {
  thread_ = start_thread([this](const std::stop_token &stop) { run_thread(stop); });
}

// False: another run was faster.
bool Ledger::put_start(const ChainEnd &end, std::uint32_t epoch) {
  chain_.go_on_from(end.used + 1, end.sha256);
  epoch_ = epoch;
  starts_ = end.header.starts + 1;
  Manifest start = empty_manifest();
  start.kind = ManifestHeader::Kind::start;
  start.rewound_to = facts_.rewound_to;
  start.rewound_to_timestamp = facts_.rewound_to_timestamp;
  highest_sequence_ = start.highest_sequence =
      std::min(end.header.highest_sequence, start.rewound_to.value_or(UINT64_MAX));
  // What earlier runs left is settled behind this manifest: a reader has to begin where they did.
  start.unsettled_from = end.number == 0 ? 1 : std::max<std::uint64_t>(1, end.header.unsettled_from);
  memory_.clear();
  memory_in_ = end.header.memory_in;
  add_memory(start);
  {
    const MutexLock lock(mutex_);
    begun_ = true;
    for (const auto &[what, configuration] : configurations_)
      start.configurations.push_back(configuration);
  }
  if (chain_.put(chain_.prepare(start)) == Chain::Put::overtaken)
    return false;
  start.written++;
  decides_ = creates(with_.store) && chain_.prove_fence(encode(start));
  last_manifest_.keep(chain_.last());
  return true;
}

Manifest Ledger::empty_manifest() const {
  Manifest manifest;
  static_cast<ManifestHeader &>(manifest) = facts_;
  manifest.epoch = epoch_;
  manifest.starts = starts_;
  manifest.rewound_to.reset(); // of the start alone
  manifest.ack_floor = std::max(facts_.ack_floor, ack_floor_.load(std::memory_order_relaxed));
  manifest.written = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  return manifest;
}

// What stages keep, where the chain has it otherwise.
void Ledger::add_memory(Manifest &manifest) {
  KeptMemory memory = with_.stage_memory.empty() ? KeptMemory() : read_memory(with_.stage_memory);
  if (!memory.empty() && memory != memory_) {
    manifest.memory = memory;
    memory_ = std::move(memory);
    memory_in_ = chain_.next();
  }
  manifest.memory_in = memory_in_;
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
  declare(stored ? &LedgerBatch::done : &LedgerBatch::lost, {line.manifest, line.place});
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
                           const std::vector<SequenceRun> &absent, std::chrono::nanoseconds within) {
  const MutexLock lock(mutex_);
  const auto add = [](const SequenceList &list, std::vector<std::uint64_t> &to) {
    list.for_each([&](std::uint64_t sequence) { to.push_back(sequence); });
  };
  add(filtered, next_.filtered);
  add(terminated, next_.terminated);
  next_.absent.insert(next_.absent.end(), absent.begin(), absent.end());
  pass_by_ = std::min(pass_by_, Time::now() + std::chrono::duration_cast<Time::duration>(within));
  next_.ticket = last_pass_ = ++tickets_;
  wake_.notify_one();
  return tickets_;
}

void Ledger::skipped(SequenceRun run) {
  const MutexLock lock(mutex_);
  next_.skipped.push_back(run);
  declare_by_ = std::min(declare_by_, Time::now() + std::chrono::duration_cast<Time::duration>(pace_.declare));
  wake_.notify_one();
}

void Ledger::acked_up_to(std::uint64_t sequence) {
  ack_floor_.store(sequence, std::memory_order_relaxed);
}

void Ledger::configured(const std::vector<ManifestConfiguration> &all) {
  const MutexLock lock(mutex_);
  for (const ManifestConfiguration &one : all) {
    ManifestConfiguration &known = configurations_[{one.of, one.name}];
    if (known == one)
      continue;
    known = one;
    if (!begun_)
      continue;
    next_.configurations.push_back(one);
    declare_by_ = std::min(declare_by_, Time::now() + std::chrono::duration_cast<Time::duration>(pace_.declare));
    wake_.notify_one();
  }
}

void Ledger::declare(std::vector<LinePlace> LedgerBatch::*what, LinePlace place) {
  (next_.*what).push_back(place);
  declare_by_ = std::min(declare_by_, Time::now() + std::chrono::duration_cast<Time::duration>(pace_.declare));
  wake_.notify_one();
}

std::uint64_t Ledger::done(std::uint64_t block) {
  const MutexLock lock(mutex_);
  const auto place = place_of_.find(block);
  if (place == place_of_.end())
    return 0;
  declare(&LedgerBatch::done, place->second);
  return next_.ticket = ++tickets_;
}

void Ledger::lost(std::uint64_t block) {
  {
    const MutexLock lock(mutex_);
    if (const auto place = place_of_.find(block); place != place_of_.end())
      declare(&LedgerBatch::lost, place->second);
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

void Ledger::write_each(std::chrono::nanoseconds time) {
  const MutexLock lock(mutex_);
  each_ = time;
  wake_.notify_one();
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
  return !next_.blocks.empty() || !in_hand_.empty() || passed_.load(std::memory_order_relaxed) < last_pass_;
}

void Ledger::check() const {
  const MutexLock lock(mutex_);
  if (overtaken_)
    throw Overtaken(fatal_);
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

void Ledger::finish(Clock::time_point deadline, bool in_order) {
  if (in_order && floor_of_) {
    const MutexLock lock(mutex_);
    next_.ends = true;
  }
  hurry();
  if (!thread_.joinable())
    return; // it was never started, and writes nothing
  MutexLock lock(mutex_);
  written_.wait_until(lock, deadline, [this] {
    mutex_.assert_held();
    return (next_.empty() && !writing_) || failing_ || !fatal_.empty();
  });
}

// When the next manifest is to be written.
Ledger::Time::time_point Ledger::due() const {
  if (!fatal_.empty())
    return Time::time_point::max();
  if (next_.empty())
    return each_ > 0ns ? last_put_ + std::chrono::duration_cast<Time::duration>(each_) : Time::time_point::max();
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
  LedgerBatch batch;
  std::uint64_t unsettled_from = chain_.next();
  const std::uint64_t floor = floor_of_ ? floor_of_() : 0; // before the batch: see follow_floor()
  {
    const MutexLock lock(mutex_);
    if ((next_.empty() && each_ == 0ns) || !fatal_.empty())
      return;
    batch = next_.take();
    if (!unsettled_.empty())
      unsettled_from = unsettled_.begin()->first;
    in_hand_ = batch.blocks;
    hurry_ = !next_.blocks.empty(); // what did not fit follows at once
    pass_by_ = declare_by_ = Time::time_point::max();
    last_put_ = Time::now();
    writing_ = true;
  }
  write(std::move(batch), unsettled_from, floor, stop);
  {
    const MutexLock lock(mutex_);
    writing_ = false;
  }
  written_.notify_all();
}

void Ledger::write(LedgerBatch batch, std::uint64_t unsettled_from, std::uint64_t floor, const std::stop_token &stop) {
  Manifest manifest = empty_manifest();
  batch.write_into(manifest);
  manifest.highest_sequence = highest_sequence_ = std::max(highest_sequence_, manifest.last_sequence);
  manifest.unsettled_from = unsettled_from;
  manifest.floor = floor;
  add_memory(manifest);
  const std::string bytes = chain_.prepare(manifest);
  fault_point("before-manifest");
  if (!put(bytes, !batch.lost.empty(), stop))
    return;
  fault_point("after-manifest");
  floor_.store(floor, std::memory_order_relaxed);
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
  last_manifest_.keep(chain_.last());
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
      give_up(floor_of_ ? "another host has taken over this capture"
                        : "another host goes on with this capture's manifests: give each host a state directory of its "
                          "own, which is not a copy of another's",
              static_cast<bool>(floor_of_));
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

void Ledger::give_up(const std::string &why, bool overtaken) {
  with_.log.error(floor_of_
                      ? "blocks are stored no more"
                      : "blocks are stored no more; the messages of those that are not stored go back to the stream",
                  {{"reason", why}});
  const MutexLock lock(mutex_);
  fatal_ = why;
  overtaken_ = overtaken;
}

// Waits for the next attempt.
void Ledger::failed(const StoreFailure &failure, std::uint32_t attempt, const std::stop_token &stop) {
  const bool someone_has_to_act = failure.needs_action();
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
  with_.counters.store.failed(in_hand_.empty() ? 0 : in_hand_.front()->id, failure.kind(), failure.what());
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
