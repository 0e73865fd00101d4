// Notifications that are not published yet, in a file of the state directory: none is forgotten by a crash or a power
// cut.
//
// A notification of a block is prepared before the block is put, and waits to be published once it is stored. The file
// has a record a line, JSON:
//   prepared   of a block whose put may have begun: id and body, and what it adds to its interval
//   stored     the block is in the store: its notification waits
//   dropped    the block is not in the store
//   ready      id and body of a notification that waits; "told": of that interval
//   published  it is confirmed; may be lost, then it is published once more
//   interval   what is stored of an interval; when the file was rewritten
#pragma once

#include "notify/notification.hpp"
#include "threads/mutex.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// The file can't be written now: one sentence. Then it is as if the function had not been called.
struct OutboxError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Any thread.
class Outbox {
public:
  enum class Lasts {
    for_ever,    // reads what earlier runs left, and syncs
    for_this_run // begins empty: what is still to be told is remembered elsewhere, too
  };
  // Throws OutboxError: the file can't be read or written.
  explicit Outbox(std::filesystem::path file, Lasts lasts = Lasts::for_ever);
  ~Outbox();
  Outbox(const Outbox &) = delete;
  Outbox &operator=(const Outbox &) = delete;

  // A block whose put is about to begin. Once prepared it may be prepared again.
  struct Prepared {
    Notification notification;
    std::int64_t interval_start = 0;
    std::uint64_t rows = 0;
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    Sha256 sha256{};
  };
  // [may block] Durable when it returns.
  void prepare(const Prepared &block);
  // By the id. What is not prepared is left out.
  void stored(const std::string &id);
  void dropped(const std::string &id); // [may block] durable when it returns
  // What is prepared, and neither stored nor dropped.
  std::vector<Prepared> unsettled() const;

  // Intervals of which something is stored since they were told to be complete.
  std::vector<std::int64_t> untold_intervals() const;
  // [may block] The interval is complete: what make() gives waits to be published. Durable when it returns.
  void tell_interval(std::int64_t start, const std::function<Notification(const IntervalTotals &)> &make);

  // Notifications that wait to be published, the oldest ones, at most so many.
  struct Waiting {
    std::uint64_t number;
    Notification notification;
  };
  std::vector<Waiting> next(std::size_t most) const;
  void published(std::span<const Waiting> ones);
  std::size_t waiting() const;
  // Lines that could not be read when it was opened.
  std::uint64_t damaged() const { return damaged_; }

private:
  struct Place { // of a record in the file
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  struct InStore {
    Place place;
    std::int64_t interval_start;
  };

  // Reads the file. Returns where its last whole line ends.
  std::uint64_t apply_all() NEEDS_LOCK(mutex_);
  void apply(std::string_view line, Place place, std::map<std::string, std::uint64_t> &numbers) NEEDS_LOCK(mutex_);
  void add(const Prepared &block) NEEDS_LOCK(mutex_);
  std::uint64_t make_ready(Place place) NEEDS_LOCK(mutex_);
  // Throws OutboxError.
  Place append(const std::string &line) NEEDS_LOCK(mutex_);
  std::string read_at(Place place) const NEEDS_LOCK(mutex_);
  void sync(std::uint64_t up_to);
  void open() NEEDS_LOCK(mutex_);
  void rewrite_if_due();
  std::string live_text() const NEEDS_LOCK(mutex_);
  void forget_old_intervals() NEEDS_LOCK(mutex_);
  [[noreturn]] void fail(int error) const;

  const std::filesystem::path file_;
  const Lasts lasts_;
  std::uint64_t damaged_ = 0;

  Mutex sync_mutex_;                                 // taken before mutex_
  std::uint64_t synced_ GUARDED_BY(sync_mutex_) = 0; // of appended_
  mutable Mutex mutex_;
  int descriptor_ GUARDED_BY(mutex_) = -1;
  std::uint64_t size_ GUARDED_BY(mutex_) = 0;
  std::uint64_t live_ GUARDED_BY(mutex_) = 0;      // bytes of records that are still needed
  std::uint64_t rewritten_ GUARDED_BY(mutex_) = 0; // size_ when it was rewritten last
  std::uint64_t appended_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_number_ GUARDED_BY(mutex_) = 1;
  std::map<std::string, Place, std::less<>> prepared_ GUARDED_BY(mutex_);
  std::map<std::uint64_t, Place> ready_ GUARDED_BY(mutex_); // in the order in which they became ready
  std::map<std::int64_t, IntervalTotals> intervals_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
