#include "s3/credential_process.hpp"

#include "s3/web_identity.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jetcapture::plugins {

namespace {

using namespace std::chrono_literals;

constexpr auto longest_run = 60s;
constexpr auto look_around = 250ms;
constexpr auto between_looks_at_its_end = 5ms;
constexpr std::size_t longest_output = 64 << 10;

// A command in a process group of its own, which is ended when this goes before the command is over.
class Command {
public:
  explicit Command(const std::string &line) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw Retry("there is no pipe for a credential_process: " + std::string(std::strerror(errno)));
    output_ = ends[0];
    const int error = spawn(line, ends[1]);
    ::close(ends[1]);
    if (error != 0) {
      ::close(output_);
      throw Retry("/bin/sh can't be started for a credential_process: " + std::string(std::strerror(error)));
    }
  }
  ~Command() {
    if (!ended_) {
      ::kill(-process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    ::close(output_);
  }
  Command(const Command &) = delete;
  Command &operator=(const Command &) = delete;

  int output() const { return output_; }
  // As waitpid() gives it, once it has ended. 0 where nobody may know, since this process ignores SIGCHLD.
  std::optional<int> status() {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) == 0)
      return std::nullopt;
    ended_ = true;
    return status;
  }

private:
  // The host blocks signals in its threads; a command expects none to be.
  int spawn(const std::string &line, int standard_output) {
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, standard_output, STDOUT_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    std::string words[] = {"/bin/sh", "-c", line};
    char *const arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    const int error = ::posix_spawn(&process_, arguments[0], &files, &attributes, arguments, environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    return error;
  }

  pid_t process_ = 0;
  int output_ = -1;
  bool ended_ = false;
};

// All that the command prints. what: "the credential_process of the profile x".
std::string output_of(const std::string &line, const std::string &what, const TimeLimit &time_limit) {
  Command command(line);
  std::string text;
  for (bool more = true; more;) {
    time_limit.check();
    pollfd waiting{command.output(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(look_around).count())) <= 0)
      continue;
    char bytes[4096];
    const ssize_t count = ::read(command.output(), bytes, sizeof bytes);
    more = count > 0;
    if (more)
      text.append(bytes, static_cast<std::size_t>(count));
    if (text.size() > longest_output)
      throw Misconfigured(what + " prints more than " + std::to_string(longest_output) + " bytes; mend the command");
  }
  std::optional<int> status = command.status();
  for (; !status; status = command.status()) {
    time_limit.check();
    std::this_thread::sleep_for(between_looks_at_its_end);
  }
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0)
    throw Misconfigured(what +
                        (WIFEXITED(*status) ? " ended with status " + std::to_string(WEXITSTATUS(*status))
                                            : " was ended by signal " + std::to_string(WTERMSIG(*status))) +
                        "; what it wrote to standard error says why");
  return text;
}

Credentials credentials_in(const std::string &output, const std::string &what) {
  const auto found = nlohmann::json::parse(output, nullptr, false);
  if (!found.is_object() || found.value("Version", nlohmann::json()) != 1)
    throw Misconfigured(what + " does not print a JSON object with \"Version\": 1; mend the command");
  const auto text = [&](const char *name) {
    return found.contains(name) && found[name].is_string() ? found[name].get<std::string>() : "";
  };
  Credentials credentials{text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken"),
                          time_of(text("Expiration"))};
  if (credentials.access_key.empty() || credentials.secret_key.empty())
    throw Misconfigured(what + " prints no AccessKeyId with a SecretAccessKey; mend the command");
  if (!text("Expiration").empty() && !credentials.expires)
    throw Misconfigured(what + " prints an Expiration that is no time, such as 2026-11-24T13:00:00Z; mend the command");
  return credentials;
}

} // namespace

CredentialSource process_source(const std::string &profile, const std::string &command) {
  const std::string what = "the credential_process of the profile " + profile;
  const auto fetch = [what, command](const TimeLimit &time_limit) {
    return credentials_in(output_of(command, what, time_limit.at_most(longest_run)), what);
  };
  return {what, fetch, true};
}

} // namespace jetcapture::plugins
