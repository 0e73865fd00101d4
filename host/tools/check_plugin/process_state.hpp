// What a plug-in must leave alone in its process: by being loaded all of it, by its functions what is not its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace jetcapture::host {

struct ProcessState {
  std::size_t threads = 0;
  std::size_t descriptors = 0;
  std::vector<std::uintptr_t> signal_handlers; // by signal, from 1
  std::string blocked_signals;                 // of this thread
  std::string locale;
  std::string folder;
  std::vector<std::string> environment;
  int rounding = 0;
  int float_exceptions = 0; // those that trap
  unsigned umask = 0;
  std::int64_t printed = 0; // bytes on standard output, and on standard error where that is the same file

  static ProcessState now();
  // The same after work that may have ended threads: waits up to a second while there are more than before, as a thread
  // that was joined is listed a moment longer.
  static ProcessState after(const ProcessState &before);
  // "the number of threads went from 1 to 2"; empty: the same.
  std::string difference(const ProcessState &later) const;
  // Without what an instance may have until it is destroyed: threads and open files.
  ProcessState without_resources() const;
  // Without what the runtime of a language does by itself: threads, open files, handlers of signals.
  ProcessState without_runtime() const;
};

// Throws a Finding where the process has changed since then: fail(), or warn() where it is but what the runtime of the
// library's language does by itself. by: what did it, as the beginning of a sentence.
void require_same_process(const std::filesystem::path &library, const ProcessState &before, const ProcessState &after,
                          const std::string &by);

} // namespace jetcapture::host
