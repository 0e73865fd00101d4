// The folder where a host keeps what has to outlive it, locked against a second host.
#pragma once

#include <filesystem>
#include <string>

namespace jetcapture::host {

struct Settings;

// The name of this machine, as far as its first dot.
std::string machine_name();

class StateFolder {
public:
  // --state-dir; else $STATE_DIRECTORY (systemd), else /var/lib/jetcapture as root, else $XDG_STATE_HOME or
  // ~/.local/state, with jetcapture/STREAM/CONSUMER below. Makes and locks it; with --check makes nothing, and finds
  // out whether it could. Throws StartupError: not writable, no room, or, but for --check, another host has it.
  explicit StateFolder(const Settings &settings);
  ~StateFolder();
  StateFolder(const StateFolder &) = delete;
  StateFolder &operator=(const StateFolder &) = delete;

  const std::filesystem::path &path() const { return path_; }
  // What this host is called in the ledger: the machine's name and some random digits, kept in the file "host". Throws
  // StartupError: it can't be read or written.
  std::string host_id() const;
  // The run that this folder last had of a capture with ordered delivery; "": none. It is dead.
  std::string last_run() const;
  // From now on it is that one. Throws StartupError: it can't be written.
  void note_run(const std::string &run) const;
  // No host has captured with it yet.
  bool is_new() const { return is_new_; }
  // With --check: a host captures with it now.
  bool is_in_use() const { return is_in_use_; }
  // Where stages keep what outlives the process (StageMemory); empty with --check, which keeps nothing.
  std::filesystem::path stage_memory() const { return check_ ? std::filesystem::path() : path_ / "memory"; }

private:
  void check();
  bool lock();

  std::filesystem::path path_;
  const bool check_;
  bool is_new_ = false;
  bool is_in_use_ = false;
  int lock_ = -1;
};

} // namespace jetcapture::host
