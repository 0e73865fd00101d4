// Several threads that decode, each with a decoder of its own; for decoders that need more than one core.
//
// They take messages in the order of the stream, one after another, and decode them at the same time. Each message is
// written into its blocks as a whole (see OpenBlocks::Entry); messages of different pipelines come into a block in the
// order in which they were decoded. A pipeline whose message waits for its stage waits with it; the others go on.
#pragma once

#include "capture/message_batch.hpp"
#include "capture/message_path.hpp"
#include "capture/retry_delay.hpp"
#include "delivery/sequence_list.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace jetcapture::host {

class Pipelines {
public:
  // One thread for each path. blocks: told how far the stream has gone its way. retry: of a message that waits. What a
  // path throws ends all pipelines.
  Pipelines(std::deque<MessagePath> &paths, OpenBlocks &blocks, RetryDelay retry);
  ~Pipelines();

  // [capture thread] There is room for one more batch, perhaps after a while. Throws what ended a pipeline.
  bool wait_for_room(std::chrono::milliseconds wait);
  // [capture thread] Gives them messages; not an empty batch.
  void give(std::unique_ptr<MessageBatch> batch);

  // [capture thread] From here on no message waits for its stage: it goes back to the stream.
  void wait_no_more();

  // [any-thread] All messages that they were given have gone their way.
  bool idle() const;
  // [any-thread] The lowest sequence of the messages of the first batch that is on its way; nullopt: there is none.
  // Behind end(), of those that did not go it to their end.
  std::optional<std::uint64_t> oldest() const;
  // [capture thread] Ends them, each after the message that it is at. The sequences of messages that did not get their
  // turn.
  SequenceList end();

private:
  // A batch on its way. Each message is taken by one pipeline, of those that are at this batch.
  struct Flight {
    explicit Flight(std::unique_ptr<MessageBatch> given) : batch(std::move(given)) {}
    std::unique_ptr<MessageBatch> batch;
    std::atomic<std::size_t> next{0};   // the first that nobody has taken
    std::atomic<std::size_t> routed{0}; // have gone their way
  };

  void work(MessagePath &path);
  void take(MessagePath &path, const MessageBatch::Admitted &admitted);
  std::shared_ptr<Flight> take();
  void landed();

  const std::size_t most_flights_;
  OpenBlocks &blocks_;
  const RetryDelay retry_;
  std::atomic<bool> ending_{false};

  mutable std::mutex mutex_; // of what follows
  std::condition_variable work_came_;
  std::condition_variable room_came_;
  std::deque<std::shared_ptr<Flight>> flights_; // in the order of the stream
  std::optional<std::uint64_t> left_from_;      // behind end(): see oldest()
  std::exception_ptr failure_;
  bool may_wait_ = true;

  std::vector<std::jthread> threads_;
};

} // namespace jetcapture::host
