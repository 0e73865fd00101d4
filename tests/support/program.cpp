#include "support/program.hpp"

#include "support/folder.hpp"

#include <csignal>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jetcapture::test {

using namespace std::chrono_literals;

Program::Program(const std::vector<std::string> &command, const std::string &output_file,
                 const std::map<std::string, std::string> &environment)
    : output_file_(output_file) {
  std::vector<std::string> variables;
  for (const auto &[name, value] : environment)
    variables.push_back(name + "=" + value);
  for (char **variable = environ; *variable != nullptr; variable++) {
    const std::string text = *variable;
    if (!environment.contains(text.substr(0, text.find('='))))
      variables.push_back(text);
  }
  std::vector<char *> arguments;
  for (const std::string &argument : command)
    arguments.push_back(const_cast<char *>(argument.c_str()));
  arguments.push_back(nullptr);
  std::vector<char *> pointers;
  for (const std::string &variable : variables)
    pointers.push_back(const_cast<char *>(variable.c_str()));
  pointers.push_back(nullptr);

  pid_ = ::fork();
  if (pid_ < 0)
    throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int output = ::open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(output, 1);
    ::dup2(output, 2);
    ::execvpe(arguments[0], arguments.data(), pointers.data());
    ::_exit(127);
  }
}

Program::~Program() {
  if (running()) {
    signal(SIGKILL);
    wait(10s);
  }
}

void Program::signal(int number) const {
  if (!status_)
    ::kill(pid_, number);
}

bool Program::running() {
  return !wait(0ms);
}

bool Program::stopped(std::chrono::milliseconds deadline) const {
  return eventually(deadline, [this] {
    const std::string state = read_file("/proc/" + std::to_string(pid_) + "/stat");
    const std::size_t name_end = state.rfind(')');
    return name_end != std::string::npos && state.compare(name_end, 3, ") T") == 0;
  });
}

std::optional<int> Program::wait(std::chrono::milliseconds deadline) {
  eventually(deadline, [this] {
    int status = 0;
    rusage usage{};
    if (!status_ && ::wait4(pid_, &status, WNOHANG, &usage) == pid_) {
      peak_memory_ = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return status_.has_value();
  });
  return status_;
}

std::string Program::output() const {
  return read_file(output_file_);
}

bool eventually(std::chrono::milliseconds deadline, const std::function<bool()> &condition) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end)
      return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

void pass(std::chrono::milliseconds time) {
  std::this_thread::sleep_for(time);
}

} // namespace jetcapture::test
