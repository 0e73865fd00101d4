#include "plugins/stage_memory.hpp"

#include "files/durable.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string_view>
#include <utility>

#include <sys/stat.h>

namespace jetcapture::host {
namespace {

// What get() gave last: it stays until the thread asks again.
thread_local std::string given;

std::string file_name(std::string stage) { // "writer parquet" is writer-parquet
  for (char &c : stage)
    if (c == ' ')
      c = '-';
  return stage;
}

} // namespace

StageMemory::StageMemory(std::filesystem::path folder, std::string stage, Log &log)
    : interface_{}, log_(log), stage_(std::move(stage)), folder_(std::move(folder)),
      file_(folder_ / file_name(stage_)) {
  static_assert(offsetof(Interface, memory) == 0);
  interface_.owner = this;
  interface_.memory.size = sizeof(jetcapture_memory);
  interface_.memory.get = [](const jetcapture_memory *memory) -> jetcapture_text {
    std::ifstream file(owner_of(memory).file_, std::ios::binary);
    given.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    return {given.data(), given.size()};
  };
  interface_.memory.set = [](const jetcapture_memory *memory, jetcapture_text text) -> jetcapture_status {
    StageMemory &self = owner_of(memory);
    const std::string failure =
        text.size > JETCAPTURE_MOST_MEMORY
            ? "it is " + std::to_string(text.size) + " bytes, and a stage may keep " +
                  std::to_string(JETCAPTURE_MOST_MEMORY)
            : self.keep({text.data == nullptr ? "" : text.data, static_cast<std::size_t>(text.size)});
    if (failure.empty())
      return JETCAPTURE_OK;
    self.log_.warn("what the stage keeps over restarts could not be written, and stays as it was",
                   {{"stage", self.stage_}, {"reason", failure}});
    return JETCAPTURE_RETRY;
  };
}

StageMemory &StageMemory::owner_of(const jetcapture_memory *memory) {
  return *reinterpret_cast<const Interface *>(memory)->owner;
}

std::string StageMemory::keep(std::string_view text) {
  static std::mutex one_at_a_time; // of the process: several instances of a stage have the same file
  const std::lock_guard lock(one_at_a_time);
  const auto could_not = [this](int error) { return file_.string() + " can't be written: " + std::strerror(error); };
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST)
    return could_not(errno);
  if (const int error = replace_file(file_, text); error != 0)
    return could_not(error);
  return sync_folder(folder_.parent_path()) ? "" : could_not(errno);
}

} // namespace jetcapture::host
