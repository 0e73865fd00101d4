// Sends an archive to the server that restores it: each frame is a request, some of them at a time, to the subject that
// the server has named for it (server/jetstream_api.go, processStreamRestore).
//
// The server gives up when no frame comes for five seconds, and the messages of a backup may take longer to come from
// its store: meanwhile a thread sends frames that stand for nothing.
//
// An archive that is cut off is a success to the server: it counts as complete with end() alone. An object that is
// destroyed before leaves the server waiting until it gives up.
#pragma once

#include "nats/pipelined_requests.hpp"
#include "threads/mutex.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

namespace jetcapture::host {

class ArchiveUpload {
public:
  // Throws NoThread.
  ArchiveUpload(Connection &connection, const std::string &inbox_prefix, std::string subject);
  ~ArchiveUpload();
  ArchiveUpload(const ArchiveUpload &) = delete;
  ArchiveUpload &operator=(const ArchiveUpload &) = delete;

  // [may block] until few enough frames are unanswered. Throws RestoreError, NoAnswer: the server does not go on.
  void send(std::string_view frame);
  // [may block, for minutes] Says that it is complete, and waits until the server has restored the stream: what it
  // answers. The same.
  nlohmann::json end();

private:
  void keep_alive(const std::stop_token &stop);
  std::uint64_t unanswered() const;
  void take_answer(std::chrono::milliseconds timeout);

  PipelinedRequests requests_;
  const std::string subject_;
  std::uint64_t answered_ = 0; // of the sending thread
  mutable Mutex mutex_;
  std::uint64_t sent_ GUARDED_BY(mutex_) = 0;
  std::chrono::steady_clock::time_point last_sent_ GUARDED_BY(mutex_);
  std::condition_variable_any wake_;
  std::jthread thread_;
};

} // namespace jetcapture::host
