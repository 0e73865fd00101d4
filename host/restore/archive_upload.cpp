#include "restore/archive_upload.hpp"

#include "nats/request.hpp"
#include "restore/framed_snappy.hpp"
#include "restore/restore_error.hpp"
#include "threads/thread.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::uint64_t most_unanswered = 16; // of 64 KiB each
constexpr auto between_frames = 1s;
constexpr std::chrono::milliseconds frame_timeout = 1min;     // the server writes it to its disk
constexpr std::chrono::milliseconds recovery_timeout = 30min; // the server reads all of it back

[[noreturn]] void refused(const json &answer) {
  const json error = answer.is_object() ? answer.value("error", json::object()) : json::object();
  throw RestoreError("the server does not restore the stream: " +
                     error.value("description", "it does not say why; see its log"));
}

} // namespace

ArchiveUpload::ArchiveUpload(Connection &connection, const std::string &inbox_prefix, std::string subject)
    : requests_(connection, inbox_prefix), subject_(std::move(subject)), last_sent_(std::chrono::steady_clock::now()),
      thread_(start_thread([this](const std::stop_token &stop) { keep_alive(stop); })) {}

ArchiveUpload::~ArchiveUpload() = default;

void ArchiveUpload::send(std::string_view frame) {
  while (unanswered() >= most_unanswered)
    take_answer(frame_timeout);
  const MutexLock lock(mutex_);
  requests_.send(subject_, frame, ++sent_);
  last_sent_ = std::chrono::steady_clock::now();
}

json ArchiveUpload::end() {
  thread_.request_stop();
  thread_.join();
  while (unanswered() > 0)
    take_answer(frame_timeout);
  {
    const MutexLock lock(mutex_);
    requests_.send(subject_, "", ++sent_);
  }
  const auto last = requests_.next(recovery_timeout);
  if (!last)
    throw RestoreError("the server has all of the archive, and does not say that the stream is restored: see its log, "
                       "and run the command again, which removes what it left");
  json answer = json::parse(last->data(), nullptr, false);
  if (!answer.is_object() || answer.contains("error"))
    refused(answer);
  return answer;
}

std::uint64_t ArchiveUpload::unanswered() const {
  const MutexLock lock(mutex_);
  return sent_ - answered_;
}

// A frame that was taken is answered with nothing.
void ArchiveUpload::take_answer(std::chrono::milliseconds timeout) {
  const auto answer = requests_.next(timeout);
  if (!answer)
    throw NoAnswer(Unanswered::lost, "the server takes no more of the archive: see its log");
  if (!answer->data().empty())
    refused(json::parse(answer->data(), nullptr, false));
  answered_++;
}

// Nothing before the first frame, which has to be that of an archive.
void ArchiveUpload::keep_alive(const std::stop_token &stop) {
  MutexLock lock(mutex_);
  while (!wake_.wait_for(lock, stop, between_frames, [&stop] { return stop.stop_requested(); })) {
    if (sent_ == 0 || std::chrono::steady_clock::now() - last_sent_ < between_frames)
      continue;
    try {
      requests_.send(subject_, padding_frame, ++sent_);
    } catch (const NoAnswer &) {
      // Whoever waits for the answers is told.
    }
    last_sent_ = std::chrono::steady_clock::now();
  }
}

} // namespace jetcapture::host
