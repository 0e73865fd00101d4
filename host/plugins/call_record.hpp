// Which call into a plug-in each thread is in, kept where it outlives a killed process: a mapped file of the state
// folder.
//
// A plug-in may crash, end the process or hang. The record then says which function was at which message, to the log,
// to health, and to the next run. A message that a run ended at twice is a suspect: the host does not give it to the
// plug-in a third time. The file survives a killed process, not a power failure: nothing is synced. A call costs a few
// stores and no system call.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// The functions that are noted. Their numbers stand in the file.
enum class StageCall : std::uint32_t {
  none = 0,
  decoder_create = 1,
  decoder_decode = 2,
  writer_create = 3,
  writer_open = 4,
  writer_write = 5,
  writer_mark = 6,
  writer_rollback = 7,
  writer_finish = 8,
  writer_close = 9,
  store_create = 10,
  store_put = 11,
  store_stat = 12,
  store_get = 13,
  store_list = 14,
  store_remove = 15
};
std::string_view stage_of(StageCall call);    // "decoder"
std::string_view function_of(StageCall call); // "decode()"

// A call that one thread is in. sequence: the message, or the first one of the block; 0 where there is none.
struct CallInProgress {
  StageCall call = StageCall::none;
  std::uint64_t sequence = 0;
  std::int64_t timestamp = 0;
};

class CallRecord {
  struct Slot;
  struct File;

public:
  // The calls of this process, in memory alone until keep_in().
  CallRecord();
  ~CallRecord();
  CallRecord(const CallRecord &) = delete;
  CallRecord &operator=(const CallRecord &) = delete;

  // A call that an earlier run was in when it ended.
  struct Interrupted {
    CallInProgress at;
    int signal;         // that the thread met in it; 0: none is known
    bool ended_process; // the plug-in ended the process itself
    std::uint32_t ends; // how many runs have ended at this message so far; 0: the call was not about one message
  };
  // Keeps the record in <folder>/calls from now on, and returns what the file says of the run before. While no other
  // thread makes calls. Throws StartupError: the file can't be written, or the disk has no room for it.
  std::vector<Interrupted> keep_in(const std::filesystem::path &folder);

  // [any-thread] Two runs have ended in calls about that message.
  bool is_suspect(std::uint64_t sequence, std::int64_t timestamp) const {
    return suspects_.load(std::memory_order_relaxed) != 0 && find_suspect(sequence, timestamp);
  }

  // The caller's thread is in that call as long as this object lives. Within another one of the same thread (a decoder
  // emits into a writer) it is about the same message. record: nullptr notes nothing.
  class Call {
  public:
    Call(CallRecord *record, StageCall call, std::uint64_t sequence, std::int64_t timestamp) noexcept
        : slot_(record == nullptr ? nullptr : record->slot_of_this_thread()) {
      if (slot_ != nullptr)
        outer_ = slot_->enter(call, sequence, timestamp);
    }
    ~Call() {
      if (slot_ != nullptr)
        slot_->call.store(outer_, std::memory_order_release);
    }
    Call(const Call &) = delete;
    Call &operator=(const Call &) = delete;

  private:
    Slot *slot_;
    StageCall outer_ = StageCall::none;
  };

  // [any-thread] The calls in progress. thread: the same number for the same thread; entered: changes with each
  // outermost call.
  struct Running {
    std::size_t thread;
    std::uint64_t entered;
    CallInProgress at;
  };
  std::vector<Running> running() const;

  // [signal handlers too] The call that the calling thread is in, and that the process ends in it: by a signal, or 0
  // where the plug-in ends it by itself. nullopt: it is in none.
  static std::optional<CallInProgress> ends_here(int signal) noexcept;

private:
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> sequence;
    std::atomic<std::int64_t> timestamp;
    std::atomic<std::uint64_t> entered;
    std::atomic<StageCall> call;
    std::atomic<std::uint32_t> ended_by; // 0: unknown; else a signal's number, or ended_itself

    StageCall enter(StageCall next, std::uint64_t of_sequence, std::int64_t of_timestamp) noexcept {
      const StageCall outer = call.load(std::memory_order_relaxed);
      if (outer == StageCall::none) {
        sequence.store(of_sequence, std::memory_order_relaxed);
        timestamp.store(of_timestamp, std::memory_order_relaxed);
        entered.store(entered.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      }
      call.store(next, std::memory_order_release);
      return outer;
    }
  };
  // The slot of a thread in one record.
  struct Place {
    std::uint64_t record = 0;
    Slot *slot = nullptr;
  };
  static thread_local Place place;

  Slot *slot_of_this_thread() noexcept { return place.record == id_ ? place.slot : claim_slot(); }
  Slot *claim_slot() noexcept;
  std::vector<Interrupted> take_over(File &file);
  bool find_suspect(std::uint64_t sequence, std::int64_t timestamp) const;

  const std::uint64_t id_; // of this record, among all of the process
  File *file_;             // anonymous memory, then the file
  std::atomic<std::size_t> slots_taken_{0};
  std::atomic<std::uint32_t> suspects_{0};
};

} // namespace jetcapture::host
