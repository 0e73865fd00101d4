// Log lines on standard error: one line an event, as key=value text or as JSON, with a level.
//
// Any thread may write; lines never mix (one write(2) each). Values are escaped so that a line stays a line.
// On a terminal a status line may stand below them: it is taken away for each line, and put back under it.
#pragma once

#include "threads/mutex.hpp"

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace jetcapture::host {

enum class Level { debug, info, warn, error };
enum class LogFormat { text, json };

// One named value of a log line. Durations are written in seconds.
struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char *v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, const std::string &v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  Field(std::string_view n, std::chrono::nanoseconds v) : name(n), value(std::chrono::duration<double>(v).count()) {}
  template <std::signed_integral I>
  Field(std::string_view n, I v) : name(n), value(static_cast<std::int64_t>(v)) {}
  template <std::unsigned_integral U>
  Field(std::string_view n, U v) : name(n), value(static_cast<std::uint64_t>(v)) {}
};

class Log {
public:
  explicit Log(Level level = Level::info, LogFormat format = LogFormat::text, int descriptor = 2);

  bool enabled(Level level) const { return level >= level_.load(std::memory_order_relaxed); }
  void set_level(Level level) { level_.store(level, std::memory_order_relaxed); }

  int descriptor() const { return descriptor_; }

  // Only where the descriptor is a terminal. One line of printable text, narrower than the terminal; empty: none.
  void set_status_line(std::string text);

  // time=2026-11-23T19:00:00.123Z level=info msg="block stored" name=eu/2026/… messages=120
  void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

  void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::info, message, fields); }
  void warn(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::warn, message, fields); }
  void error(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::error, message, fields);
  }

  // The last warnings and errors, newest first, each as a JSON object; whatever the level is set to.
  std::vector<std::string> recent() const;

private:
  void keep(std::chrono::system_clock::time_point time, Level level, std::string_view message,
            std::initializer_list<Field> fields);

  std::atomic<Level> level_;
  LogFormat format_;
  int descriptor_;
  std::atomic<bool> has_status_line_{false};
  Mutex status_mutex_; // of what is written to a terminal, too
  std::string status_line_ GUARDED_BY(status_mutex_);
  mutable Mutex recent_mutex_;
  std::deque<std::string> recent_ GUARDED_BY(recent_mutex_);
};

} // namespace jetcapture::host
