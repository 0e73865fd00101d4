#include "host/core/fake_server.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace jetcapture::test {

void FakeServer::publish(std::string data) {
  last_timestamp_ = std::max(last_timestamp_ + 1, clock_.wall());
  const std::uint64_t sequence = ++last_sequence_;
  stream_[sequence].message = {sequence, last_timestamp_, std::move(data)};
  waiting_.insert(sequence);
}

void FakeServer::let_ack_wait_pass() {
  if (clock_.now() < first_until_)
    return;
  first_until_ = FakeClock::time_point::max();
  for (auto place = pending_.begin(); place != pending_.end();) {
    const std::uint64_t sequence = *place;
    const FakeClock::time_point until = stream_.at(sequence).until;
    if (until <= clock_.now()) {
      place = pending_.erase(place);
      waiting_.insert(sequence);
    } else {
      ++place;
      first_until_ = std::min(first_until_, until);
    }
  }
}

void FakeServer::wait_from_now(Stored &stored) {
  stored.until = clock_.now() + ack_wait;
  first_until_ = std::min(first_until_, stored.until);
}

std::optional<FakeMessage> FakeServer::deliver() {
  let_ack_wait_pass();
  if (pending() >= max_ack_pending || waiting_.empty())
    return std::nullopt;
  const std::uint64_t sequence = *waiting_.begin();
  waiting_.erase(waiting_.begin());
  pending_.insert(sequence);
  Stored &stored = stream_.at(sequence);
  wait_from_now(stored);
  stored.message.deliveries++;
  stored.message.consumer_sequence = ++consumer_sequence_;
  if (stored.message.deliveries == 1)
    delivered_sequence_ = sequence;
  return stored.message;
}

void FakeServer::settle(std::uint64_t sequence, bool terminated) {
  let_ack_wait_pass();
  early_acks_ += sequence > delivered_sequence_ ? 1 : 0;
  const auto found = stream_.find(sequence);
  if (found == stream_.end() || is_acked(sequence))
    return;
  acked_(found->second.message, terminated);
  waiting_.erase(sequence);
  pending_.erase(sequence);
  found->second.acked_at = clock_.now();
}

void FakeServer::give_back(std::uint64_t sequence) {
  if (pending_.erase(sequence) > 0)
    waiting_.insert(sequence);
}

void FakeServer::keep_alive(std::uint64_t sequence) {
  if (pending_.contains(sequence))
    wait_from_now(stream_.at(sequence));
}

void FakeServer::restart(std::chrono::nanoseconds acks_forgotten, std::uint64_t messages_lost) {
  connection_++;
  for (const auto &[sequence, stored] : stream_)
    if (is_acked(sequence) && stored.acked_at + acks_forgotten > clock_.now())
      waiting_.insert(sequence);
  for (; messages_lost > 0 && !stream_.empty(); messages_lost--) {
    last_sequence_ = stream_.rbegin()->first - 1;
    remove(last_sequence_ + 1);
  }
  delivered_sequence_ = std::min(delivered_sequence_, last_sequence_);
}

void FakeServer::recreate_consumer() {
  pending_.clear();
  for (auto &[sequence, stored] : stream_) {
    stored.message.deliveries = 0;
    waiting_.insert(sequence);
  }
  delivered_sequence_ = consumer_sequence_ = 0;
}

void FakeServer::remove(std::uint64_t sequence) {
  stream_.erase(sequence);
  waiting_.erase(sequence);
  pending_.erase(sequence);
}

void FakeServer::limit(std::size_t messages) {
  while (stream_.size() > messages && is_acked(stream_.begin()->first))
    stream_.erase(stream_.begin());
}

bool FakeServer::has(std::uint64_t sequence, std::int64_t timestamp) const {
  const auto found = stream_.find(sequence);
  return found != stream_.end() && found->second.message.timestamp == timestamp;
}

std::optional<FakeMessage> FakeServer::next_behind(std::uint64_t sequence) const {
  const auto found = stream_.upper_bound(sequence);
  return found == stream_.end() ? std::nullopt : std::optional(found->second.message);
}

std::uint64_t FakeServer::ack_floor() const {
  std::uint64_t first_open = last_sequence_ + 1;
  for (const std::set<std::uint64_t> *open : {&waiting_, &pending_})
    if (!open->empty())
      first_open = std::min(first_open, *open->begin());
  return first_open - 1;
}

std::uint64_t FakeServer::not_delivered() const {
  return static_cast<std::uint64_t>(std::distance(waiting_.upper_bound(delivered_sequence_), waiting_.end()));
}

std::uint64_t FakeServer::not_acked() const {
  return pending_.size() + waiting_.size() - not_delivered();
}

} // namespace jetcapture::test
