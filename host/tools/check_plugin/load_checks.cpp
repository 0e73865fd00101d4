#include "tools/check_plugin/check.hpp"
#include "tools/check_plugin/process_state.hpp"

#include <array>
#include <dlfcn.h>

namespace jetcapture::host {
namespace {

void *load(const Subject &subject, int more_flags = 0) {
  void *library = ::dlopen(subject.file.c_str(), RTLD_NOW | RTLD_LOCAL | more_flags);
  if (library == nullptr) {
    const char *error = ::dlerror();
    fail(std::string("it can't be loaded: ") + (error == nullptr ? "the loader gives no reason" : error));
  }
  return library;
}

// The other checks of this table have nothing to say where it does not load.
void *load_if_it_loads(const Subject &subject, int more_flags = 0) {
  try {
    return load(subject, more_flags);
  } catch (const Finding &) {
    skip("it can't be loaded");
  }
}

void loads(const Subject &subject) {
  load(subject);
}

void is_quiet(const Subject &subject) {
  const std::int64_t before = ProcessState::now().printed;
  load_if_it_loads(subject);
  require(ProcessState::now().printed == before,
          "it prints something when it is loaded; log through the host, from create() on");
}

void leaves_process_alone(const Subject &subject) {
  // What it prints is told by load-quiet.
  ProcessState before = ProcessState::now();
  load_if_it_loads(subject);
  before.printed = ProcessState::now().printed;
  require_same_process(subject.file, before, ProcessState::after(before),
                       "loading it changes the process; do such things in create(), or not at all:");
}

void unloads(const Subject &subject) {
  void *library = load_if_it_loads(subject);
  require(::dlclose(library) == 0, "it can't be unloaded");
}

constexpr std::array<Check, 4> checks = {
    {{"load-works", "it loads, with all its symbols found", "", loads},
     {"load-quiet", "it prints nothing when it is loaded", "load-works", is_quiet},
     {"load-process", "loading it leaves the process as it is: threads, open files, signals, locale, directory",
      "load-works", leaves_process_alone},
     {"load-unload", "it can be unloaded", "load-works", unloads}}};

} // namespace

std::span<const Check> load_checks() {
  return checks;
}

} // namespace jetcapture::host
