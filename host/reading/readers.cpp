#include "reading/readers.hpp"

#include "settings/error.hpp"

#include <functional>
#include <utility>

namespace jetcapture::host {

Readers::Readers(std::vector<std::filesystem::path> folders, bool allow_writable, Log &log,
                 const std::atomic<bool> &cancelled)
    : folders_(std::move(folders)), allow_writable_(allow_writable), log_(&log), cancelled_(&cancelled) {}

Readers::Readers(std::map<std::string, const Reader *, std::less<>> made) {
  for (const auto &[name, reader] : made)
    found_.emplace(name, Found{nullptr, reader, ""});
}

Readers::~Readers() = default;

Readers::Found Readers::find(const std::string &writer) const {
  Found found;
  if (log_ == nullptr) {
    found.why = "there is no reader \"" + writer + '"';
    return found;
  }
  try {
    const LoadedReader loaded = load_reader(find_stage(folders_, StageKind::reader, writer, allow_writable_));
    found.own = std::make_unique<const Reader>(loaded.description, StageKind::reader, std::vector<std::string>(), "",
                                               *log_, *cancelled_);
    found.reader = found.own.get();
  } catch (const StartupError &error) {
    found.why = error.what();
  }
  return found;
}

const Reader *Readers::of(const std::string &writer, std::string &why) {
  auto found = found_.find(writer);
  if (found == found_.end())
    found = found_.emplace(writer, find(writer)).first;
  why = found->second.why;
  return found->second.reader;
}

} // namespace jetcapture::host
