#include "terminal/progress_line.hpp"

#include "log/terminal_width.hpp"
#include "threads/thread.hpp"

#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <pthread.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr auto between_looks = 1s;
constexpr std::size_t usual_columns = 80;

std::string_view variable(const char *name) {
  const char *value = std::getenv(name);
  return value == nullptr ? "" : value;
}

} // namespace

bool can_show_progress(int descriptor) {
  return ::isatty(descriptor) == 1 && !variable("TERM").empty() && variable("TERM") != "dumb";
}

ProgressLine::ProgressLine(Log &log, std::string stream, std::function<Progress()> look)
    : log_(log), text_(std::move(stream)), look_(std::move(look)),
      thread_(start_thread([this](const std::stop_token &stop) { run(stop); })) {}

ProgressLine::~ProgressLine() {
  thread_.request_stop();
  thread_.join();
  log_.set_status_line("");
}

void ProgressLine::run(const std::stop_token &stop) {
  pthread_setname_np(pthread_self(), "progress");
  const bool colour = variable("NO_COLOR").empty();
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    // A line as wide as the terminal would wrap.
    log_.set_status_line(text_.line(look_(), std::chrono::steady_clock::now(),
                                    terminal_width(log_.descriptor()).value_or(usual_columns) - 1, colour));
    wake_.wait_for(lock, stop, between_looks, [] { return false; });
  }
}

} // namespace jetcapture::host
