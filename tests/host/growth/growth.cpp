// Runs a capture for simulated hours (simulated_day.hpp), measures it at the end of each, and judges whether anything
// grows over the second half.
//
//   growth --hours 24 --seed 1 --messages-per-hour 20000 [--folder FOLDER]
//
// FOLDER: where its state is while it runs, in a folder of its own; else that for temporary files.
//
// Prints a table; hours with a * end while the store fails, and are not judged. The exit status is 0 where nothing
// grows; 1 where something does, which is named in the last lines; 2 where the run itself failed.
#include "host/growth/simulated_day.hpp"
#include "support/arguments.hpp"
#include "support/folder.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <malloc.h>
#include <unistd.h>

using namespace jetcapture::test;

namespace {

void tell(const SimulatedDay::Happened &happened) {
  std::printf(
      "messages=%llu filtered=%llu quarantined=%llu redeliveries=%llu blocks=%llu store_failures=%llu "
      "spooled_bytes=%llu generations=%llu unstored=%llu\n",
      static_cast<unsigned long long>(happened.messages), static_cast<unsigned long long>(happened.filtered),
      static_cast<unsigned long long>(happened.quarantined), static_cast<unsigned long long>(happened.redeliveries),
      static_cast<unsigned long long>(happened.blocks), static_cast<unsigned long long>(happened.store_failures),
      static_cast<unsigned long long>(happened.spooled_bytes), static_cast<unsigned long long>(happened.generations),
      static_cast<unsigned long long>(happened.unstored));
}

} // namespace

int main(int argc, char **argv) {
  // One arena, and no caches of threads, which a process is started with: what a thread keeps for later would be taken
  // for growth.
  ::mallopt(M_ARENA_MAX, 1);
  if (std::getenv("GLIBC_TUNABLES") == nullptr) {
    ::setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
    ::execv("/proc/self/exe", argv);
  }
  try {
    if (const std::string folder = argument(argc, argv, "--folder", ""); !folder.empty())
      ::setenv("TMPDIR", folder.c_str(), 1);
    const Folder folder;
    SimulatedDay day({.hours = static_cast<unsigned>(std::stoul(argument(argc, argv, "--hours", "24"))),
                      .seed = std::stoull(argument(argc, argv, "--seed", "1")),
                      .messages_an_hour = std::stoull(argument(argc, argv, "--messages-per-hour", "20000")),
                      .folder = folder.path()});
    const std::vector<Sample> hours = day.run();
    std::printf("%s", table(SimulatedDay::figures(), hours, "hour").c_str());
    tell(day.happened());
    return tell_what_grows(SimulatedDay::figures(), hours, "hour") ? 1 : 0;
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
    return 2;
  }
}
