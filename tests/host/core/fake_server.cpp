#include "host/core/fake_server.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::test {

void FakeServer::publish(std::string data) {
  last_timestamp_ = std::max(last_timestamp_ + 1, clock_.wall());
  const std::uint64_t sequence = last_sequence() + 1;
  stream_[sequence].message = {sequence, last_timestamp_, std::move(data)};
}

void FakeServer::let_ack_wait_pass() {
  for (auto &[sequence, stored] : stream_)
    if (stored.state == State::pending && stored.until <= clock_.now())
      stored.state = State::waiting;
}

std::optional<FakeMessage> FakeServer::deliver() {
  let_ack_wait_pass();
  if (pending() >= max_ack_pending)
    return std::nullopt;
  for (auto &[sequence, stored] : stream_)
    if (stored.state == State::waiting) {
      stored.state = State::pending;
      stored.until = clock_.now() + ack_wait;
      delivered_ = std::max(delivered_, sequence);
      return stored.message;
    }
  return std::nullopt;
}

void FakeServer::settle(std::uint64_t sequence, bool terminated) {
  let_ack_wait_pass();
  const auto found = stream_.find(sequence);
  if (found == stream_.end() || found->second.state == State::acked)
    return;
  acked_(found->second.message, terminated);
  found->second.state = State::acked;
  found->second.acked_at = clock_.now();
}

void FakeServer::give_back(std::uint64_t sequence) {
  if (const auto found = stream_.find(sequence); found != stream_.end() && found->second.state == State::pending)
    found->second.state = State::waiting;
}

void FakeServer::keep_alive(std::uint64_t sequence) {
  if (const auto found = stream_.find(sequence); found != stream_.end() && found->second.state == State::pending)
    found->second.until = clock_.now() + ack_wait;
}

void FakeServer::restart(std::chrono::nanoseconds acks_forgotten, std::uint64_t messages_lost) {
  connection_++;
  for (auto &[sequence, stored] : stream_)
    if (stored.state == State::acked && stored.acked_at + acks_forgotten > clock_.now())
      stored.state = State::waiting;
  for (; messages_lost > 0 && !stream_.empty(); messages_lost--)
    stream_.erase(std::prev(stream_.end()));
  delivered_ = std::min(delivered_, last_sequence());
}

bool FakeServer::has(std::uint64_t sequence, std::int64_t timestamp) const {
  const auto found = stream_.find(sequence);
  return found != stream_.end() && found->second.message.timestamp == timestamp;
}

std::uint64_t FakeServer::ack_floor() const {
  std::uint64_t floor = 0;
  for (const auto &[sequence, stored] : stream_) {
    if (stored.state != State::acked)
      break;
    floor = sequence;
  }
  return floor;
}

std::uint64_t FakeServer::pending() const {
  return static_cast<std::uint64_t>(std::count_if(
      stream_.begin(), stream_.end(), [](const auto &entry) { return entry.second.state == State::pending; }));
}

std::uint64_t FakeServer::not_delivered() const {
  return static_cast<std::uint64_t>(std::distance(stream_.upper_bound(delivered_), stream_.end()));
}

std::uint64_t FakeServer::not_acked() const {
  return static_cast<std::uint64_t>(
      std::count_if(stream_.begin(), stream_.upper_bound(delivered_),
                    [](const auto &entry) { return entry.second.state != State::acked; }));
}

bool FakeServer::all_acked() const {
  return std::all_of(stream_.begin(), stream_.end(),
                     [](const auto &entry) { return entry.second.state == State::acked; });
}

} // namespace jetcapture::test
