// The program: reads the command line, takes the signals, runs.

#include "process_end.hpp"
#include "readable_secrets.hpp"
#include "run.hpp"
#include "settings/command_line.hpp"
#include "settings/error.hpp"
#include "settings/help_text.hpp"
#include "show_config.hpp"
#include "signals.hpp"
#include "tools/tools.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <malloc.h>
#include <sched.h>
#include <unistd.h>

namespace {

using namespace jetcapture::host;

// What SIGHUP reads again; nothing where there is no file, or where it says that the terminal is gone.
std::function<Signals::Reread()> reader_of(const CommandLine &command, const std::vector<std::string> &arguments) {
  const bool from_file = std::any_of(command.given.begin(), command.given.end(),
                                     [](const Given &given) { return given.flag->name == "config"; });
  if (!from_file || isatty(STDERR_FILENO) == 1)
    return {};
  return [arguments, given = command.given] {
    const CommandLine now = read_command_line(arguments, environ);
    return Signals::Reread{now.settings.log_level, settings_to_restart_for(given, now.given)};
  };
}

// A thread that is woken then takes no processor away from one that works, be it ours or the server's: nats.c wakes its
// own for each message that is freed, and each time the two changed places. Where another policy was chosen for us, it
// stays.
void be_batch_work() {
  const sched_param none{};
  if (sched_getscheduler(0) == SCHED_OTHER)
    sched_setscheduler(0, SCHED_BATCH, &none);
}

// What blocks and large messages leave is used again, up to 16 MiB a thread: by default malloc gives memory back beyond
// twice the largest piece, and takes it again page by page, for 7 % of the CPU of messages of 64 KiB.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

} // namespace

int main(int argc, char **argv) {
  // A reader of the log that goes away must not end the capture.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN); // a file that may not grow any more is an error of its store
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (const std::optional<int> status = run_tool(arguments, environ))
      return *status;
    const CommandLine command = read_command_line(arguments, environ);
    switch (command.mode) {
    case CommandLine::Mode::help:
      print_help(std::cout, help_columns(STDOUT_FILENO));
      return exit_done;
    case CommandLine::Mode::version:
      std::cout << "jetcapture " JETCAPTURE_VERSION ", plug-in ABI " << JETCAPTURE_ABI_MAJOR << '.'
                << JETCAPTURE_ABI_MINOR << '\n';
      return exit_done;
    case CommandLine::Mode::stage_help:
      print_stage_help(command.settings, std::cout, help_columns(STDOUT_FILENO));
      return exit_done;
    case CommandLine::Mode::print_config:
      show_config(command, std::cout);
      return exit_done;
    case CommandLine::Mode::run:
      break;
    }
    be_batch_work();
    keep_freed_memory();
    Log log(command.settings.log_level, command.settings.log_format);
    for (const std::string &warning : command.warnings)
      log.warn(warning);
    for (const std::string &warning : readable_secrets(command))
      log.warn(warning);
    CallRecord calls;
    ProcessEnd process_end(log, calls);
    Signals signals(log, command.settings.log_level, reader_of(command, arguments),
                    [&](int times) { process_end.check(times); });
    return run(command.settings, signals.stop(), calls, process_end, log);
  } catch (const std::exception &error) {
    std::cerr << "jetcapture: " << error.what() << "\n";
    return exit_not_started;
  }
}
