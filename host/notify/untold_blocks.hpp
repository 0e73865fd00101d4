// Which blocks of a capture with ordered delivery are still to be told. The chain of manifests remembers them, and no
// file has to: a line counts as settled once its block was told, so that the next run, of whichever host, finds it.
//
//   stored()     the block is in the store; the manifest that declares it done is still to be put
//   declared()   that manifest is put: no other run can say anything else of the block, and it may be told
//   confirmed()  a stream has its notification; it is settled then, or once that of its interval is confirmed, too
//
// Any thread; a lock of its own.
#pragma once

#include "notify/notifier.hpp"
#include "threads/mutex.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace jetcapture::host {

class UntoldBlocks final : public NotificationListener {
public:
  // with_intervals: complete intervals are told, too.
  explicit UntoldBlocks(bool with_intervals) : with_intervals_(with_intervals) {}

  struct Block {
    std::uint64_t number = 0; // in this run
    std::string id;           // of its notification
    std::int64_t interval_start = 0;
    std::uint64_t ticket = 0; // of the ledger, for the manifest that declares it done
  };
  void stored(Block block);
  // [capture thread] All up to that ticket are declared: tell() has each published, by its id. What tell() throws ends
  // it, and the block is told the next time.
  void declared(std::uint64_t ticket, const std::function<void(const std::string &id)> &tell);

  bool holds_back(std::int64_t interval_start) const override;
  void interval_made(std::int64_t start, const std::string &id) override;
  void confirmed(const std::string &id) override;

  // Those that are settled since it was asked for them last.
  std::vector<std::uint64_t> take_settled();
  bool all_declared() const;
  // Each block is confirmed.
  bool all_told() const;

private:
  struct Untold {
    bool own = false;         // its notification is not confirmed
    bool of_interval = false; // nor one of its interval that counts it
  };
  struct Interval {
    std::vector<std::uint64_t> uncounted; // blocks that no notification of it counts
    std::string id;                       // of the last notification of it, until it is confirmed
    std::vector<std::uint64_t> counted;   // by that one
  };
  // The next block, which waits to be confirmed from now on; "": there is none that is declared.
  std::string expect_next(std::uint64_t ticket);
  void settle(std::uint64_t block, bool Untold::*told) NEEDS_LOCK(mutex_);

  const bool with_intervals_;
  mutable Mutex mutex_;
  std::deque<Block> undeclared_ GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, Untold> untold_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, std::uint64_t> number_of_ GUARDED_BY(mutex_); // by the id of what is not confirmed
  std::map<std::int64_t, Interval> intervals_ GUARDED_BY(mutex_);
  std::vector<std::uint64_t> settled_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
