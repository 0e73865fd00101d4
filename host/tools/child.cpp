#include "tools/child.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace jetcapture::host {
namespace {

constexpr std::size_t most_printed = 64u << 10;
constexpr std::size_t longest_last_words = 300;
constexpr int answered_status = 0;
constexpr int threw_status = 1;

[[noreturn]] void fail(const char *what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Bytes from a child: a file in memory, so that nobody has to read while the child runs.
class Mailbox {
public:
  explicit Mailbox(const char *name) : descriptor_(::memfd_create(name, MFD_CLOEXEC)) {
    if (descriptor_ < 0)
      fail("a file in memory can't be made");
  }
  ~Mailbox() { ::close(descriptor_); }
  Mailbox(const Mailbox &) = delete;
  Mailbox &operator=(const Mailbox &) = delete;

  int descriptor() const { return descriptor_; }
  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t wrote = ::write(descriptor_, text.data(), text.size());
      if (wrote <= 0)
        return;
      text.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }
  std::string read(std::size_t most) const {
    std::string text(std::min<std::size_t>(most, static_cast<std::size_t>(::lseek(descriptor_, 0, SEEK_END))), '\0');
    const ssize_t got = ::pread(descriptor_, text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

private:
  int descriptor_;
};

[[noreturn]] void run_child(const std::function<std::string()> &work, const Mailbox &answer, const Mailbox &printed) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::dup2(printed.descriptor(), STDOUT_FILENO);
  ::dup2(printed.descriptor(), STDERR_FILENO);
  int status = answered_status;
  try {
    answer.write(work());
  } catch (const std::exception &error) {
    answer.write(error.what());
    status = threw_status;
  }
  std::fflush(nullptr);
  ::_exit(status);
}

// Tells when the child has ended: only it has the other end of the pipe, which goes with it. Not a pidfd, which
// valgrind does not know.
class Watch {
public:
  Watch() {
    if (::pipe2(ends_, O_CLOEXEC) != 0)
      fail("a pipe can't be made");
  }
  ~Watch() {
    ::close(ends_[0]);
    close_writing_end();
  }
  Watch(const Watch &) = delete;
  Watch &operator=(const Watch &) = delete;

  void close_writing_end() {
    if (ends_[1] >= 0)
      ::close(ends_[1]);
    ends_[1] = -1;
  }
  // False: the limit came first.
  bool wait(std::chrono::milliseconds limit) const {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    int ready = 0;
    do {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd ended = {ends_[0], POLLIN, 0};
      ready = ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    } while (ready < 0 && errno == EINTR);
    return ready != 0;
  }

private:
  int ends_[2] = {-1, -1};
};

// What tells most: the line of an assertion or of a sanitizer, else the last one.
std::string last_words(std::string_view printed) {
  std::string_view best;
  while (!printed.empty()) {
    const std::size_t end = std::min(printed.find('\n'), printed.size());
    const std::string_view line = printed.substr(0, end);
    printed.remove_prefix(std::min(end + 1, printed.size()));
    if (line.find("ERROR: ") != std::string_view::npos || line.find("terminate called") != std::string_view::npos ||
        line.find("Assertion") != std::string_view::npos)
      return std::string(line.substr(0, longest_last_words));
    if (line.find_first_not_of(" \t\r") != std::string_view::npos)
      best = line;
  }
  return std::string(best.substr(0, longest_last_words));
}

} // namespace

ChildEnd run_in_child(const std::function<std::string()> &work, std::chrono::milliseconds limit) {
  const Mailbox answer("answer");
  const Mailbox printed("printed");
  // What waits in this process's buffers would be written by both.
  std::fflush(nullptr);
  Watch watch;
  const pid_t child = ::fork();
  if (child < 0)
    fail("a child process can't be started");
  if (child == 0)
    run_child(work, answer, printed);

  ChildEnd end;
  watch.close_writing_end();
  const bool in_time = watch.wait(limit);
  if (!in_time)
    ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  end.answer = answer.read(SIZE_MAX);
  end.printed = printed.read(most_printed);
  if (!in_time) {
    end.how = ChildEnd::How::timed_out;
  } else if (WIFSIGNALED(status)) {
    end.how = ChildEnd::How::killed_by_signal;
    end.number = WTERMSIG(status);
  } else if (WEXITSTATUS(status) != answered_status) {
    end.how = ChildEnd::How::exited;
    end.number = WEXITSTATUS(status);
  }
  return end;
}

std::string describe_end(const ChildEnd &end, std::chrono::milliseconds limit) {
  std::string text;
  switch (end.how) {
  case ChildEnd::How::answered:
    return "answered";
  case ChildEnd::How::exited:
    if (end.number == threw_status && !end.answer.empty())
      return end.answer;
    text = "ended the process with exit status " + std::to_string(end.number);
    break;
  case ChildEnd::How::killed_by_signal: {
    const char *name = ::sigabbrev_np(end.number);
    text = "was killed by SIG" + std::string(name == nullptr ? std::to_string(end.number) : name) + " (" +
           ::strsignal(end.number) + ")";
    break;
  }
  case ChildEnd::How::timed_out:
    text = "took more than " + std::to_string(limit.count() / 1000) + " s";
    break;
  }
  const std::string words = last_words(end.printed);
  return words.empty() ? text : text + ": " + words;
}

} // namespace jetcapture::host
