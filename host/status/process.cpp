#include "status/process.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

double boot_time() {
  std::ifstream stat("/proc/stat");
  for (std::string line; std::getline(stat, line);)
    if (line.starts_with("btime "))
      return std::stod(line.substr(6));
  return 0;
}

} // namespace

ProcessFigures process_figures() {
  ProcessFigures figures;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::ifstream file("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  // The name, the second field, may have blanks; the fields after it begin with the third.
  if (const std::size_t name_end = text.rfind(')'); name_end != std::string::npos) {
    std::istringstream fields(text.substr(name_end + 1));
    std::string skipped;
    for (int field = 3; field < 14; field++)
      fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    for (int field = 16; field < 22; field++)
      fields >> skipped;
    double start = 0;
    std::uint64_t pages = 0;
    fields >> start >> figures.virtual_memory >> pages;
    figures.cpu_seconds = (user + system) / ticks;
    figures.start_time = boot_time() + start / ticks;
    figures.resident_memory = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error))
    figures.open_descriptors++;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    figures.most_descriptors = limit.rlim_cur;
  return figures;
}

} // namespace jetcapture::host
