// Something that a service demands and that ends some day, such as a token: kept, and fetched anew before it ends.
#pragma once

#include "http/session.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace jetcapture::plugins {

// Value: has expires, an optional time of the system's clock, and generation, a number that Renewed gives it.
template <class Value>
struct Source {
  std::string description; // "the profile backup", for sentences
  // Throws Retry or Misconfigured.
  std::function<Value(const TimeLimit &)> fetch;
  bool renewable = false; // another fetch may give another one
};

// Any thread; one renews while the others wait.
template <class Value>
class Renewed {
public:
  explicit Renewed(Source<Value> source) : source_(std::move(source)) {}

  // Fetches it where there is none yet or it ends soon. Throws as the source does, unless the one that is there still
  // holds.
  Value get(const TimeLimit &time_limit) {
    using namespace std::chrono_literals;
    // Services hand out new ones at least so long before the old ones end; with less than the other, an old one is not
    // used any more.
    constexpr auto renew_before = 5min;
    constexpr auto still_holds = 10s;
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::system_clock::now();
    if (current_ && !refused_ && (!current_->expires || *current_->expires > now + renew_before))
      return *current_;
    try {
      Value fetched = source_.fetch(time_limit);
      fetched.generation = ++generations_;
      current_ = std::move(fetched);
      if (std::exchange(refused_, false))
        replaced_at_ = now;
    } catch (const Failure &) {
      if (!current_ || refused_ || *current_->expires < now + still_holds)
        throw;
    }
    return *current_;
  }

  // After the service has refused the one of this generation: get() fetches another. False: there can be no other, or
  // another was fetched for this reason just now, and is no better.
  bool renew(std::uint64_t generation) {
    using namespace std::chrono_literals;
    constexpr auto between_replacements = 1min;
    const std::lock_guard lock(mutex_);
    if (generation != generations_)
      return true;
    const bool just_replaced = replaced_at_ && std::chrono::system_clock::now() < *replaced_at_ + between_replacements;
    refused_ = source_.renewable && !just_replaced;
    return refused_;
  }

  const std::string &description() const { return source_.description; }

private:
  const Source<Value> source_;
  std::mutex mutex_;
  std::optional<Value> current_;
  bool refused_ = false;
  std::optional<std::chrono::system_clock::time_point> replaced_at_; // last, because it was refused
  std::uint64_t generations_ = 0;
};

} // namespace jetcapture::plugins
