// The progress line below the log while standard error is a terminal: a look at the capture each second, on a thread of
// its own.
#pragma once

#include "log/log.hpp"
#include "terminal/progress_text.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace jetcapture::host {

// Whether that descriptor is a terminal that can take a line back.
bool can_show_progress(int descriptor);

class ProgressLine {
public:
  // look: asked on the line's own thread until the destructor has ended, which clears the line.
  ProgressLine(Log &log, std::string stream, std::function<Progress()> look);
  ~ProgressLine();
  ProgressLine(const ProgressLine &) = delete;
  ProgressLine &operator=(const ProgressLine &) = delete;

private:
  void run(const std::stop_token &stop);

  Log &log_;
  ProgressText text_;
  std::function<Progress()> look_;
  std::mutex mutex_; // guards nothing: the thread sleeps with it
  std::condition_variable_any wake_;
  std::jthread thread_;
};

} // namespace jetcapture::host
