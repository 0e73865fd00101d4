#include "tools/check_plugin/process_state.hpp"

#include "tools/check_plugin/elf_file.hpp"
#include "tools/check_plugin/finding.hpp"

#include <algorithm>
#include <cfenv>
#include <chrono>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace jetcapture::host {
namespace {

constexpr const char *tasks = "/proc/self/task";

std::size_t entries(const char *folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator(folder))
    count++;
  return count;
}

std::uintptr_t handler_of(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 ? reinterpret_cast<std::uintptr_t>(action.sa_handler) : 0;
}

std::string blocked_now() {
  sigset_t blocked;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  std::string list;
  for (int signal = 1; signal < NSIG; signal++)
    list += ::sigismember(&blocked, signal) == 1 ? 'b' : '-';
  return list;
}

std::vector<std::string> variables_now() {
  std::vector<std::string> variables;
  for (const char *const *variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  std::sort(variables.begin(), variables.end());
  return variables;
}

// The name of a variable that is in one of them only; both are sorted.
std::string changed_variable(const std::vector<std::string> &before, const std::vector<std::string> &after) {
  std::vector<std::string> changed;
  std::set_symmetric_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(changed));
  return changed.empty() ? "" : changed.front().substr(0, changed.front().find('='));
}

} // namespace

ProcessState ProcessState::now() {
  ProcessState state;
  state.threads = entries(tasks);
  state.descriptors = entries("/proc/self/fd");
  for (int signal = 1; signal < NSIG; signal++)
    state.signal_handlers.push_back(handler_of(signal));
  state.blocked_signals = blocked_now();
  const char *locale = std::setlocale(LC_ALL, nullptr);
  state.locale = locale == nullptr ? "" : locale;
  state.folder = std::filesystem::current_path().string();
  state.environment = variables_now();
  state.rounding = std::fegetround();
  state.float_exceptions = ::fegetexcept();
  state.umask = ::umask(0);
  ::umask(static_cast<mode_t>(state.umask));
  std::fflush(nullptr);
  state.printed = ::lseek(STDOUT_FILENO, 0, SEEK_CUR);
  return state;
}

ProcessState ProcessState::after(const ProcessState &before) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (entries(tasks) > before.threads && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return now();
}

std::string ProcessState::difference(const ProcessState &later) const {
  if (later.threads != threads)
    return "the number of threads went from " + std::to_string(threads) + " to " + std::to_string(later.threads);
  if (later.descriptors != descriptors)
    return "the number of open files went from " + std::to_string(descriptors) + " to " +
           std::to_string(later.descriptors);
  for (std::size_t i = 0; i < signal_handlers.size() && i < later.signal_handlers.size(); i++)
    if (later.signal_handlers[i] != signal_handlers[i])
      return "the handler of the signal " + std::to_string(i + 1) + " has changed";
  if (later.blocked_signals != blocked_signals)
    return "the signal mask has changed";
  if (later.locale != locale)
    return "the locale went from " + locale + " to " + later.locale;
  if (later.folder != folder)
    return "the working directory went from " + folder + " to " + later.folder;
  if (later.environment != environment)
    return "the environment variable " + changed_variable(environment, later.environment) + " has changed";
  if (later.rounding != rounding || later.float_exceptions != float_exceptions)
    return "the state of floating-point arithmetic has changed";
  if (later.umask != umask)
    return "the umask has changed";
  if (later.printed != printed)
    return "something was printed on standard output or error; log through the host";
  return "";
}

ProcessState ProcessState::without_resources() const {
  ProcessState rest = *this;
  rest.threads = 0;
  rest.descriptors = 0;
  return rest;
}

ProcessState ProcessState::without_runtime() const {
  ProcessState rest = without_resources();
  rest.signal_handlers.clear();
  return rest;
}

void require_same_process(const std::filesystem::path &library, const ProcessState &before, const ProcessState &after,
                          const std::string &by) {
  const std::string difference = before.difference(after);
  if (difference.empty())
    return;
  if (elf_facts(library).is_of_go && before.without_runtime().difference(after.without_runtime()).empty())
    warn(by + " " + difference +
         ", as the runtime of Go does it: its threads and handlers of signals stay until the "
         "process ends");
  fail(by + " " + difference);
}

} // namespace jetcapture::host
