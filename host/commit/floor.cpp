#include "commit/floor.hpp"

namespace jetcapture::host {

void Floor::begins(std::uint64_t block, std::uint64_t first_sequence) {
  const MutexLock lock(mutex_);
  const auto [known, is_new] = first_of_.try_emplace(block, first_sequence);
  if (!is_new) {
    firsts_.erase(firsts_.find(known->second));
    known->second = std::min(known->second, first_sequence);
  }
  firsts_.insert(known->second);
}

void Floor::done(std::uint64_t block) {
  const MutexLock lock(mutex_);
  const auto known = first_of_.find(block);
  if (known == first_of_.end())
    return;
  firsts_.erase(firsts_.find(known->second));
  first_of_.erase(known);
}

void Floor::waits(std::uint64_t sequence) {
  const MutexLock lock(mutex_);
  waits_ = std::min(waits_, sequence);
}

void Floor::begins_to_record() {
  const MutexLock lock(mutex_);
  recording_ = std::min(recording_, waits_);
  waits_ = none;
}

void Floor::recorded() {
  const MutexLock lock(mutex_);
  recording_ = none;
}

void Floor::stays(std::uint64_t sequence) {
  const MutexLock lock(mutex_);
  stays_ = std::min(stays_, sequence);
}

void Floor::is_through(std::uint64_t sequence) {
  const MutexLock lock(mutex_);
  through_ = sequence;
}

std::uint64_t Floor::value() const {
  const MutexLock lock(mutex_);
  std::uint64_t beyond = std::min({waits_, recording_, stays_});
  if (!firsts_.empty())
    beyond = std::min(beyond, *firsts_.begin());
  return std::min(through_, beyond - 1);
}

} // namespace jetcapture::host
