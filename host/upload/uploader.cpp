#include "upload/uploader.hpp"

#include "blocks/capture_error.hpp"
#include "blocks/destination_key.hpp"
#include "commit/journal.hpp"
#include "log/time_text.hpp"
#include "store/memory_object.hpp"
#include "store/store_calls.hpp"
#include "strings/strings.hpp"
#include "threads/fault_point.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <pthread.h>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr auto between_complaints = 30s;

// The C object of one put, with what its functions need.
struct ObjectInHand {
  jetcapture_object object; // first: a pointer to it is a pointer to this
  const BlockBody *body;

  static std::int64_t read(const jetcapture_object *object, std::uint64_t offset, void *buffer, std::uint64_t count) {
    fault_point("during-store");
    return reinterpret_cast<const ObjectInHand *>(object)->body->read(offset, static_cast<char *>(buffer), count);
  }
};

// The block's figures, as metadata for stores that keep it.
class Metadata {
public:
  explicit Metadata(const SealedBlock &block)
      : figures_{std::to_string(block.messages()), std::to_string(block.payloads), std::to_string(block.first_sequence),
                 std::to_string(block.last_sequence), std::to_string(block.written_bytes)},
        pairs_{{{text_of("jetcapture-messages"), text_of(figures_[0])},
                {text_of("jetcapture-payloads"), text_of(figures_[1])},
                {text_of("jetcapture-first-sequence"), text_of(figures_[2])},
                {text_of("jetcapture-last-sequence"), text_of(figures_[3])},
                {text_of("jetcapture-bytes"), text_of(figures_[4])},
                {text_of("jetcapture-reason"), text_of(to_string(block.reason))}}} {}
  Metadata(const Metadata &) = delete;
  Metadata &operator=(const Metadata &) = delete;
  const std::array<jetcapture_pair, 6> &pairs() const { return pairs_; }

private:
  const std::array<std::string, 5> figures_;
  const std::array<jetcapture_pair, 6> pairs_; // of constants, and of the figures
};

// The parts of a destination key, as people write them: "eu/books".
std::string key_text(std::string_view encoded) {
  std::string text;
  for (const std::string_view part : decode_key(encoded))
    text.append(text.empty() ? "" : "/").append(part.data() == nullptr ? "null" : part);
  return text;
}

// Of so many threads, those that may put at once, as the instance says; 0: any number.
std::uint32_t most_threads(const Store &store, std::uint32_t threads) {
  const std::uint32_t most = store.description().max_puts == nullptr ? 0 : store.description().max_puts(store.self());
  return most == 0 ? threads : std::min(threads, most);
}

} // namespace

Uploader::Uploader(const Store &store, std::uint32_t threads, Retry retry, Committer &committer, Counters &counters,
                   const MemoryMeter &meter, Log &log)
    : store_(store), retry_(retry), committer_(committer), counters_(counters), meter_(meter), log_(log),
      jitter_(std::random_device{}()),
      threads_(
          most_threads(store, threads), [this](const std::stop_token &stop) { run(stop); },
          [&log](const std::string &reason) {
            log.warn("fewer blocks are stored at once than --store-threads says", {{"reason", reason}});
          }) {}

void Uploader::give(std::shared_ptr<SealedBlock> block) {
  log_.debug("block sealed", {{"block", block->id},
                              {"name", block->name},
                              {"messages", block->messages()},
                              {"reason", to_string(block->reason)}});
  {
    const MutexLock lock(mutex_);
    queue_.emplace(Time::now(), Work{std::move(block)});
    threads_.start_for(queue_.size() + in_hand_);
  }
  wake_.notify_one();
}

std::size_t Uploader::unstored() const {
  const MutexLock lock(mutex_);
  return queue_.size() + in_hand_;
}

void Uploader::check() const {
  const MutexLock lock(mutex_);
  if (!fatal_.empty())
    throw CaptureError(fatal_);
}

std::vector<SequenceList> Uploader::abandon() {
  std::vector<SequenceList> messages;
  const MutexLock lock(mutex_);
  abandoned_ = true;
  for (auto &[when, work] : queue_) {
    messages.push_back(work.block->own);
    messages.push_back(work.block->shared);
  }
  queue_.clear();
  return messages;
}

void Uploader::run(const std::stop_token &stop) {
  pthread_setname_np(pthread_self(), "store");
  MutexLock lock(mutex_);
  while (true) {
    wake_.wait(lock, stop, [this] {
      mutex_.assert_held();
      return !queue_.empty() && fatal_.empty();
    });
    if (stop.stop_requested())
      return;
    const Time::time_point first = queue_.begin()->first;
    if (first > Time::now()) {
      // A block given meanwhile is due at once: it changes the front of the queue.
      wake_.wait_until(lock, stop, first, [&] {
        mutex_.assert_held();
        return queue_.empty() || queue_.begin()->first < first || !fatal_.empty();
      });
      continue;
    }
    Work work = std::move(queue_.begin()->second);
    queue_.erase(queue_.begin());
    in_hand_++;
    work.stored_before = stored_;
    lock.unlock();
    store(std::move(work));
    lock.lock();
    in_hand_--;
  }
}

void Uploader::store(Work work) {
  const SealedBlock &block = *work.block;
  const Time::time_point begin = Time::now();
  counters_.store.begins(block.id);
  std::string location;
  try {
    if (!work.asked) {
      fault_point("before-intent");
      committer_.before_store(block);
      work.asked = true;
      fault_point("after-intent");
    }
    const StoreAnswer answer = put(block, location);
    if (!answer.ok()) {
      failed(std::move(work), answer);
      return;
    }
    fault_point("after-store");
    committer_.stored(block);
  } catch (const JournalError &error) {
    counters_.store.failed(block.id, StoreProgress::Failure::journal, "");
    work.attempts++;
    wait_and_try_again(std::move(work), false, error.what());
    return;
  }
  succeeded(work, std::move(location), Time::now() - begin);
}

StoreAnswer Uploader::put(const SealedBlock &block, std::string &location) {
  const Metadata metadata(block);
  ObjectInHand object{};
  object.body = block.body.get();
  object.object.size = sizeof object.object;
  object.object.descriptor = block.body->whole_file();
  object.object.name = text_of(block.name);
  object.object.bytes = block.body->size();
  std::copy(block.body->sha256().begin(), block.body->sha256().end(), object.object.sha256);
  object.object.content_type = block.content_type.data();
  object.object.content_encoding = block.content_encoding.data();
  object.object.metadata = metadata.pairs().data();
  object.object.metadata_count = static_cast<std::uint32_t>(metadata.pairs().size());
  object.object.deadline = deadline_in(retry_.timeout);
  object.object.read = &ObjectInHand::read;
  return put_object(store_, object.object, location, {block.first_sequence, block.first_timestamp});
}

void Uploader::succeeded(const Work &work, std::string location, std::chrono::nanoseconds took) {
  const SealedBlock &block = *work.block;
  counters_.blocks_stored++;
  counters_.bytes_written += block.written_bytes;
  counters_.bytes_stored += block.body->size();
  log_.info("block stored", {{"block", block.id},
                             {"key", key_text(block.place.key)},
                             {"interval", short_time_text(block.place.interval_start)},
                             {"messages", block.messages()},
                             {"bytes", block.body->size()},
                             {"first", block.first_sequence},
                             {"last", block.last_sequence},
                             {"first_time", time_text(block.first_timestamp)},
                             {"last_time", time_text(block.last_timestamp)},
                             {"reason", to_string(block.reason)},
                             {"seconds", took},
                             {"path", location.empty() ? block.name : location}});
  counters_.store.stored(block, std::move(location), took);
  bool some_wait = false;
  bool works_again = false;
  {
    const MutexLock lock(mutex_);
    stored_++;
    if (std::exchange(failing_, false)) {
      // An outage is over: what waited for it goes now, instead of each block waiting out its own time.
      std::multimap<Time::time_point, Work> queue;
      for (auto &[when, waiting] : queue_) {
        some_wait |= waiting.attempts > 0;
        queue.emplace(waiting.alone ? when : std::min(when, Time::now()), std::move(waiting));
      }
      queue_ = std::move(queue);
    }
    failed_ -= work.attempts > 0 ? 1 : 0;
    // A full disk takes one block and not the next.
    works_again = failed_ == 0 && std::exchange(outage_told_, false);
  }
  if (some_wait)
    wake_.notify_all();
  if (works_again)
    log_.info("the store works again, no block waits for it");
}

void Uploader::failed(Work work, const StoreAnswer &answer) {
  counters_.store_failures++;
  const bool fatal = answer.status == JETCAPTURE_FATAL || answer.status == JETCAPTURE_BAD_DATA;
  const bool someone_has_to_act = fatal || answer.status == JETCAPTURE_CONFIGURATION;
  counters_.store.failed(work.block->id,
                         someone_has_to_act ? StoreProgress::Failure::refused : StoreProgress::Failure::store,
                         answer.reason);
  work.attempts++;
  if (fatal)
    gave_up(std::move(work), answer);
  else
    wait_and_try_again(std::move(work), someone_has_to_act, answer.reason);
}

// Nothing more is put. The capture ends (check()), and the blocks are abandoned.
void Uploader::gave_up(Work work, const StoreAnswer &answer) {
  const std::string why = answer.status == JETCAPTURE_BAD_DATA
                              ? "the block " + work.block->name + " is damaged in memory or spool: " + answer.reason
                              : "the store can't go on: " + answer.reason;
  log_.error("blocks are stored no more; the messages of those that are not stored go back to the stream",
             {{"reason", why}, {"name", work.block->name}, {"attempt", work.attempts}});
  {
    const MutexLock lock(mutex_);
    if (fatal_.empty())
      fatal_ = why;
    failing_ = true;
    keep(std::move(work), Time::now());
  }
  wake_.notify_all();
}

void Uploader::wait_and_try_again(Work work, bool someone_has_to_act, const std::string &reason) {
  const std::string name = work.block->name;
  const std::uint32_t attempt = work.attempts;
  if (meter_.used() > meter_.limit() / 2)
    work.block->body->spill();

  std::chrono::nanoseconds pause;
  std::uint64_t quiet = 0;
  bool complain = false;
  {
    const MutexLock lock(mutex_);
    failing_ = true;
    failed_ += attempt == 1 ? 1 : 0;
    work.alone = stored_ > work.stored_before;
    pause = pause_before(attempt, someone_has_to_act);
    keep(std::move(work), Time::now() + std::chrono::duration_cast<Time::duration>(pause));
    complain = Time::now() >= next_complaint_;
    if (complain) {
      outage_told_ = true;
      next_complaint_ = Time::now() + between_complaints;
      quiet = std::exchange(quiet_failures_, 0);
    } else {
      quiet_failures_++;
    }
  }
  if (complain)
    log_.write(someone_has_to_act ? Level::error : Level::warn,
               someone_has_to_act ? "the store refuses blocks and someone has to act; they are kept and tried again"
                                  : "a block could not be stored; it is tried again",
               {{"reason", reason},
                {"name", name},
                {"attempt", attempt},
                {"next_try_seconds", pause},
                {"failures_not_shown", quiet}});
}

// Until its next attempt, or until it is abandoned.
void Uploader::keep(Work work, Time::time_point next_attempt) {
  if (!abandoned_)
    queue_.emplace(next_attempt, std::move(work));
}

// Longer with each attempt, and never the same for all.
std::chrono::nanoseconds Uploader::pause_before(std::uint32_t attempt, bool someone_has_to_act) {
  const auto doubled = retry_.shortest * (std::int64_t{1} << std::min<std::uint32_t>(attempt - 1, 20));
  const auto longest =
      someone_has_to_act ? retry_.longest : std::min<std::chrono::nanoseconds>(doubled, retry_.longest);
  return longest / 2 +
         std::chrono::nanoseconds(static_cast<std::int64_t>(jitter_() % 1024) * (longest.count() / 2 / 1024));
}

} // namespace jetcapture::host
