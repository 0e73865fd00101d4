// The floor of ordered delivery: the highest sequence up to which all that the stream had is done, stored with all its
// parts or recorded as filtered, terminated or absent.
//
// It is known without a look at single messages: of what is not done, each block knows its first message. Any thread; a
// lock of its own.
#pragma once

#include "threads/mutex.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

namespace jetcapture::host {

class Floor {
public:
  // All up to that sequence is done.
  explicit Floor(std::uint64_t floor) : through_(floor) {}

  // That block is not done, and begins with that sequence, or with one before the one that it began with.
  void begins(std::uint64_t block, std::uint64_t first_sequence);
  // It is done.
  void done(std::uint64_t block);

  // A message that goes into no block waits to be recorded.
  void waits(std::uint64_t sequence);
  // What waits now is about to be recorded; it is, and what has come to wait meanwhile waits still.
  void begins_to_record();
  void recorded();

  // It is never done: the capture ends before.
  void stays(std::uint64_t sequence);

  // All messages up to that sequence have gone into blocks, or wait, or stay.
  void is_through(std::uint64_t sequence);

  std::uint64_t value() const;

private:
  static constexpr std::uint64_t none = UINT64_MAX;

  mutable Mutex mutex_;
  std::uint64_t through_ GUARDED_BY(mutex_);
  std::map<std::uint64_t, std::uint64_t> first_of_ GUARDED_BY(mutex_); // by block
  std::multiset<std::uint64_t> firsts_ GUARDED_BY(mutex_);
  // The lowest of those that wait, of those that are being recorded, and of those that stay.
  std::uint64_t waits_ GUARDED_BY(mutex_) = none;
  std::uint64_t recording_ GUARDED_BY(mutex_) = none;
  std::uint64_t stays_ GUARDED_BY(mutex_) = none;
};

} // namespace jetcapture::host
