#include "tools/check_plugin/process_state.hpp"

#include <cfenv>
#include <clocale>
#include <csignal>
#include <filesystem>
#include <sys/stat.h>

namespace jetcapture::host {
namespace {

std::size_t entries(const char *folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator(folder))
    count++;
  return count;
}

} // namespace

ProcessState ProcessState::now() {
  ProcessState state;
  state.threads = entries("/proc/self/task");
  state.descriptors = entries("/proc/self/fd");
  for (int signal = 1; signal < NSIG; signal++) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) == 0)
      state.signal_handlers += action.sa_handler == SIG_DFL ? 'd' : action.sa_handler == SIG_IGN ? 'i' : 'h';
  }
  const char *locale = std::setlocale(LC_ALL, nullptr);
  state.locale = locale == nullptr ? "" : locale;
  state.folder = std::filesystem::current_path().string();
  state.rounding = std::fegetround();
  state.float_exceptions = ::fegetexcept();
  state.umask = ::umask(0);
  ::umask(static_cast<mode_t>(state.umask));
  return state;
}

std::string ProcessState::difference(const ProcessState &later) const {
  if (later.threads != threads)
    return "the number of threads went from " + std::to_string(threads) + " to " + std::to_string(later.threads);
  if (later.descriptors != descriptors)
    return "the number of open files went from " + std::to_string(descriptors) + " to " +
           std::to_string(later.descriptors);
  if (later.signal_handlers != signal_handlers)
    return "a signal's handler has changed";
  if (later.locale != locale)
    return "the locale went from " + locale + " to " + later.locale;
  if (later.folder != folder)
    return "the working folder went from " + folder + " to " + later.folder;
  if (later.rounding != rounding || later.float_exceptions != float_exceptions)
    return "the state of floating-point arithmetic has changed";
  if (later.umask != umask)
    return "the umask has changed";
  return "";
}

} // namespace jetcapture::host
