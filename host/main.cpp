// The program: reads the command line, takes the signals, runs.

#include "plugins/options.hpp"
#include "plugins/stages.hpp"
#include "run.hpp"
#include "settings/command_line.hpp"
#include "settings/error.hpp"
#include "show_config.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <thread>

#include <unistd.h>

namespace {

using namespace jetcapture::host;

// Takes SIGTERM and SIGINT on a thread of its own: the first drains, the second gives up.
class Signals {
public:
  explicit Signals(Log &log) : log_(log) {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR2})
      sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    thread_ = std::jthread([this](std::stop_token ending) { run(ending); });
  }
  ~Signals() {
    thread_.request_stop();
    pthread_kill(thread_.native_handle(), SIGUSR2);
  }
  Signals(const Signals &) = delete;
  Signals &operator=(const Signals &) = delete;

  const std::atomic<int> &stop() const { return stop_; }

private:
  void run(const std::stop_token &ending) {
    int signal = 0;
    while (sigwait(&set_, &signal) == 0 && !ending.stop_requested()) {
      if (signal == SIGUSR2)
        continue;
      log_.info(stop_.load() == 0 ? "stopping: storing and acking what is held; a second signal stops at once"
                                  : "stopping at once",
                {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      stop_++;
    }
  }

  Log &log_;
  sigset_t set_;
  std::atomic<int> stop_{0};
  std::jthread thread_;
};

template <class Load>
void describe(StageKind kind, const Settings &settings, const StageChoice &choice, Load load) {
  if (choice.name.empty())
    return;
  const auto folders = plugin_folders(settings.plugin_folders, std::getenv("JETCAPTURE_PLUGIN_PATH"),
                                      std::filesystem::read_symlink("/proc/self/exe"));
  const auto loaded = load(find_stage(folders, kind, choice.name, settings.allow_writable_plugins));
  const char *const *payloads = nullptr;
  if constexpr (requires { loaded.description.produces; })
    payloads = loaded.description.produces;
  if constexpr (requires { loaded.description.accepts; })
    payloads = loaded.description.accepts;
  std::cout << stage_help(kind, *loaded.description.about, payloads);
}

} // namespace

int main(int argc, char **argv) {
  // A reader of the log that goes away must not end the capture.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const CommandLine command = read_command_line({argv + 1, argv + argc}, environ);
    switch (command.wish) {
    case CommandLine::Wish::help:
      print_help(std::cout);
      return exit_done;
    case CommandLine::Wish::version:
      std::cout << "jetcapture " JETCAPTURE_VERSION "\n";
      return exit_done;
    case CommandLine::Wish::stage_help:
      describe(StageKind::decoder, command.settings, command.settings.decoder, load_decoder);
      describe(StageKind::writer, command.settings, command.settings.writer, load_writer);
      describe(StageKind::store, command.settings, command.settings.store, load_store);
      return exit_done;
    case CommandLine::Wish::print_config:
      show_config(command, std::cout);
      return exit_done;
    case CommandLine::Wish::run:
      break;
    }
    Log log(command.settings.log_level, command.settings.log_format);
    for (const std::string &warning : command.warnings)
      log.warn(warning);
    Signals signals(log);
    return run(command.settings, signals.stop(), log);
  } catch (const std::exception &error) {
    std::cerr << "jetcapture: " << error.what() << "\n";
    return exit_not_started;
  }
}
