// The program's commands beside capturing: `plugins`, `try` and `check-plugin`; and those that work on a backup:
// `ls`, `find`, `cat`, `verify`, `purge`, `restore`, `retire` and `ledger compact`.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

struct Settings;

// Runs the command that the first argument names, and returns the exit status of the program. nullopt: it names none,
// this is a capture. Throws StartupError with one sentence. The process must have one thread only.
std::optional<int> run_tool(const std::vector<std::string> &arguments, const char *const *environment);

// The commands, each with the arguments behind its name.
int list_plugins(const std::vector<std::string> &arguments, const char *const *environment);
int try_stages(const std::vector<std::string> &arguments, const char *const *environment);
int check_plugin(const std::vector<std::string> &arguments, const char *const *environment);
int list_blocks(const std::vector<std::string> &arguments, const char *const *environment);
int find_message(const std::vector<std::string> &arguments, const char *const *environment);
int print_backup(const std::vector<std::string> &arguments, const char *const *environment);
int verify_backup(const std::vector<std::string> &arguments, const char *const *environment);
int retire_blocks(const std::vector<std::string> &arguments, const char *const *environment);
int purge_stream(const std::vector<std::string> &arguments, const char *const *environment);
int restore_stream(const std::vector<std::string> &arguments, const char *const *environment);
int compact_ledger(const std::vector<std::string> &arguments, const char *const *environment);

// `jetcapture --decoder NAME --help`: the options of each stage that the settings name. Throws StartupError. The
// process must have one thread only.
void print_stage_help(const Settings &settings, std::ostream &out, std::size_t columns);

// `jetcapture __complete WORD… CURSOR-WORD`, for the shells' scripts in host/completion: the words before the cursor,
// and the one under it, which may be empty. Answers with one candidate a line, a tab and its help; or with ":files" or
// ":folders", which the shell completes itself. A candidate that ends in '=' goes on with its value. What can't be told
// gives no candidates.
int complete(const std::vector<std::string> &words, const char *const *environment);

} // namespace jetcapture::host
