#include "state_folder.hpp"

#include "blocks/object_name.hpp"
#include "files/durable.hpp"
#include "folder_check.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"
#include "strings/random_digits.hpp"

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

std::filesystem::path default_folder() {
  const auto variable = [](const char *name) {
    const char *value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (const auto systemd = variable("STATE_DIRECTORY"); !systemd.empty())
    return systemd;
  if (::geteuid() == 0)
    return "/var/lib/jetcapture";
  if (const auto xdg = variable("XDG_STATE_HOME"); !xdg.empty())
    return xdg / "jetcapture";
  if (const auto home = variable("HOME"); !home.empty())
    return home / ".local" / "state" / "jetcapture";
  throw StartupError("no folder for the state of this host is known (HOME is not set): give one with --state-dir");
}

} // namespace

std::string machine_name() {
  char machine[256] = {};
  ::gethostname(machine, sizeof machine - 1);
  std::string name;
  for (const char *next = machine; *next != '\0' && *next != '.'; next++)
    name += std::isalnum(static_cast<unsigned char>(*next)) != 0 ? *next : '-';
  return name.empty() ? "host" : name;
}

StateFolder::StateFolder(const Settings &settings)
    : path_(settings.state_dir.empty()
                ? default_folder() / escape_part(settings.stream) / escape_part(settings.consumer)
                : std::filesystem::path(settings.state_dir)),
      check_(settings.check) {
  if (check_) {
    check();
    return;
  }
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  is_new_ = ::access((path_ / "host").c_str(), F_OK) != 0;
  const std::filesystem::path file = path_ / "lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0)
    throw StartupError("the state folder " + path_.string() + " can't be written (" +
                       (error ? error.message() : std::strerror(errno)) + "): give another one with --state-dir");
  if (lock())
    return;
  ::close(lock_);
  throw StartupError("another host uses the state directory " + path_.string() +
                     ": give each host on this machine a folder of its own with --state-dir");
}

StateFolder::~StateFolder() {
  if (lock_ >= 0)
    ::close(lock_);
}

std::string StateFolder::host_id() const {
  const std::filesystem::path file = path_ / "host";
  std::string id;
  if (std::ifstream(file) >> id)
    return id;
  id = machine_name() + "-" + random_digits(8);
  if (const int error = replace_file(file, id + "\n"); error != 0)
    throw StartupError("the file " + file.string() + " can't be written (" + std::strerror(error) +
                       "): check the folder, or give another --state-dir");
  return id;
}

std::string StateFolder::last_run() const {
  std::string run;
  std::ifstream(path_ / "run") >> run;
  return run;
}

void StateFolder::note_run(const std::string &run) const {
  const std::filesystem::path file = path_ / "run";
  if (const int error = replace_file(file, run + "\n"); error != 0)
    throw StartupError("the file " + file.string() + " can't be written (" + std::strerror(error) +
                       "): check the folder, or give another --state-dir");
}

void StateFolder::check() {
  check_folder(path_, "state folder", "--state-dir");
  lock_ = ::open((path_ / "lock").c_str(), O_RDWR | O_CLOEXEC);
  is_in_use_ = lock_ >= 0 && !lock();
}

// False: another process has it.
bool StateFolder::lock() {
  return ::flock(lock_, LOCK_EX | LOCK_NB) == 0;
}

} // namespace jetcapture::host
