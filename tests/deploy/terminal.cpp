#include "deploy/terminal.hpp"

#include "support/program.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>

#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jetcapture::test {

using namespace std::chrono_literals;

Terminal::Terminal(const std::vector<std::string> &command, const std::map<std::string, std::string> &environment,
                   unsigned short columns) {
  std::vector<std::string> variables;
  for (const auto &[name, value] : environment)
    variables.push_back(name + "=" + value);
  for (char **variable = environ; *variable != nullptr; variable++) {
    const std::string text = *variable;
    if (!environment.contains(text.substr(0, text.find('='))))
      variables.push_back(text);
  }
  const auto pointers_to = [](const std::vector<std::string> &texts) {
    std::vector<char *> pointers;
    for (const std::string &text : texts)
      pointers.push_back(const_cast<char *>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
  };
  const std::vector<char *> arguments = pointers_to(command);
  const std::vector<char *> environment_pointers = pointers_to(variables);
  winsize size{24, columns, 0, 0};
  pid_ = ::forkpty(&master_, nullptr, nullptr, &size);
  if (pid_ < 0)
    throw std::runtime_error("forkpty");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execvpe(arguments[0], arguments.data(), environment_pointers.data());
    ::_exit(127);
  }
  reader_ = std::thread([this] { read_on(); });
}

Terminal::~Terminal() {
  if (!wait(0ms)) {
    signal(SIGKILL);
    wait(10s);
  }
  ending_ = true;
  reader_.join();
  if (master_ >= 0)
    ::close(master_);
}

void Terminal::signal(int number) const {
  if (!status_)
    ::kill(pid_, number);
}

void Terminal::hang_up() {
  ending_ = true;
  reader_.join();
  ::close(master_);
  master_ = -1;
  reader_ = std::thread([] {});
}

std::optional<int> Terminal::wait(std::chrono::milliseconds deadline) {
  eventually(deadline, [this] {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return status_.has_value();
  });
  return status_;
}

void Terminal::read_on() {
  std::array<char, 4096> part{};
  while (!ending_) {
    pollfd ready{master_, POLLIN, 0};
    if (::poll(&ready, 1, 20) <= 0)
      continue;
    const ssize_t count = ::read(master_, part.data(), part.size());
    if (count <= 0)
      return;
    const std::lock_guard lock(mutex_);
    bytes_.append(part.data(), static_cast<std::size_t>(count));
  }
}

std::string Terminal::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::vector<std::string> Terminal::screen() const {
  const std::string all = bytes();
  std::vector<std::string> lines(1);
  std::size_t column = 0;
  for (std::size_t i = 0; i < all.size(); i++) {
    std::string &line = lines.back();
    if (all[i] == '\n') {
      lines.emplace_back();
      column = 0;
    } else if (all[i] == '\r') {
      column = 0;
    } else if (all[i] == '\x1b') {
      const std::size_t end = all.find_first_of("mKJH", i);
      if (end == std::string::npos)
        break;
      if (all[end] == 'K')
        line.resize(std::min(line.size(), column));
      i = end;
    } else {
      line.resize(std::max(line.size(), column + 1), ' ');
      line[column++] = all[i];
    }
  }
  return lines;
}

std::string Terminal::last_line() const {
  return screen().back();
}

} // namespace jetcapture::test
