#include "log/log.hpp"

#include "log/line.hpp"

#include <cerrno>
#include <poll.h>
#include <span>
#include <unistd.h>
#include <utility>

namespace jetcapture::host {
namespace {

constexpr std::size_t most_recent = 20;

// A log that nobody reads must not stop the capture for ever: what does not fit within this time is dropped.
constexpr int full_pipe_timeout_ms = 1000;

constexpr std::string_view clear_line = "\r\x1b[K";

void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd full{descriptor, POLLOUT, 0};
      if (::poll(&full, 1, full_pipe_timeout_ms) <= 0)
        return;
    } else if (errno != EINTR) {
      return;
    }
  }
}

} // namespace

Log::Log(Level level, LogFormat format, int descriptor) : level_(level), format_(format), descriptor_(descriptor) {}

void Log::write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  const int kept_errno = errno;
  const auto now = std::chrono::system_clock::now();
  if (level >= Level::warn)
    keep(now, level, message, fields);
  if (!enabled(level))
    return;
  std::string line;
  line.reserve(256);
  append_line(line, format_, now, level, message, std::span<const Field>(fields.begin(), fields.size()));
  if (has_status_line_.load()) {
    const MutexLock lock(status_mutex_);
    write_all(descriptor_, std::string(clear_line) + line + status_line_);
  } else {
    write_all(descriptor_, line);
  }
  errno = kept_errno;
}

void Log::set_status_line(std::string text) {
  const MutexLock lock(status_mutex_);
  if (text == status_line_)
    return;
  status_line_ = std::move(text);
  has_status_line_.store(!status_line_.empty());
  write_all(descriptor_, std::string(clear_line) + status_line_);
}

void Log::keep(std::chrono::system_clock::time_point time, Level level, std::string_view message,
               std::initializer_list<Field> fields) {
  std::string line;
  append_line(line, LogFormat::json, time, level, message, std::span<const Field>(fields.begin(), fields.size()));
  line.pop_back();
  const MutexLock lock(recent_mutex_);
  recent_.push_front(std::move(line));
  if (recent_.size() > most_recent)
    recent_.pop_back();
}

std::vector<std::string> Log::recent() const {
  const MutexLock lock(recent_mutex_);
  return {recent_.begin(), recent_.end()};
}

} // namespace jetcapture::host
