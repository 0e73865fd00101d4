// Blocks to the standard input of a command.
#include <jetcapture/plugin.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace {

constexpr int someone_has_to_act = 78; // EX_CONFIG of sysexits.h

std::int64_t monotonic_clock() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

// A running command and the socket that is its standard input. Killed when it goes before its end.
class Command {
public:
  explicit Command(std::vector<std::string> words) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
      throw jetcapture::Retry(std::string("no socket for the command: ") + std::strerror(errno));
    input_ = ends[0];
    std::vector<char *> arguments;
    for (std::string &word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDIN_FILENO);
    const int error = ::posix_spawnp(&process_, arguments[0], &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    ::close(ends[1]);
    if (error != 0) {
      ::close(input_);
      throw jetcapture::Misconfigured(words[0] + " can't be run: " + std::strerror(error));
    }
  }
  ~Command() {
    end_input();
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
  }
  Command(const Command &) = delete;
  Command &operator=(const Command &) = delete;

  // How many bytes it took within a short time; -1: it reads no more.
  ssize_t send(const char *bytes, std::size_t count) const {
    pollfd polled = {input_, POLLOUT, 0};
    if (::poll(&polled, 1, 100) <= 0)
      return 0;
    const ssize_t sent = ::send(input_, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : sent;
  }
  void end_input() {
    if (input_ >= 0)
      ::close(input_);
    input_ = -1;
  }
  // Whether it has ended; status: as of waitpid().
  bool ended(int &status) {
    if (::waitpid(process_, &status, WNOHANG) != process_)
      return false;
    process_ = -1;
    return true;
  }

private:
  int input_ = -1;
  pid_t process_ = -1;
};

class PipeStore {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "blocks to the standard input of a command";
  static constexpr jetcapture_option options[] = {
      jetcapture::list_option("command", nullptr, "program and arguments; {name} is the block's name",
                              JETCAPTURE_OPTION_REQUIRED),
  };

  explicit PipeStore(const jetcapture::Options &given) : host_(given.host()), command_(given.list("command")) {
    if (command_.empty() || command_[0].empty())
      throw jetcapture::Misconfigured(
          "the option command is empty: give a program, as in command=rclone,rcat,backup:{name}");
  }

  void put(const jetcapture::Object &object, jetcapture_result &result) const {
    std::vector<std::string> words = command_;
    for (std::string &word : words)
      for (std::size_t at = word.find("{name}"); at != std::string::npos;
           at = word.find("{name}", at + object.name().size()))
        word.replace(at, 6, object.name());
    Command command(words);
    std::array<char, 65536> buffer;
    for (std::uint64_t offset = 0; offset < object.bytes();) {
      const std::size_t got = object.read(offset, buffer.data(), buffer.size());
      if (got == 0)
        throw jetcapture::BadData("the block is shorter than announced");
      for (std::size_t sent = 0; sent < got;) {
        const ssize_t now = command.send(buffer.data() + sent, got - sent);
        if (now < 0)
          throw jetcapture::Retry(words[0] + " stopped reading after " + std::to_string(offset + sent) + " bytes");
        sent += static_cast<std::size_t>(now);
        go_on(object, words[0]);
      }
      offset += got;
    }
    command.end_input();
    int status = 0;
    while (!command.ended(status)) {
      go_on(object, words[0]);
      ::poll(nullptr, 0, 5);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == someone_has_to_act)
      throw jetcapture::Misconfigured(words[0] + " ended with exit status 78: see what it wrote");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
      throw jetcapture::Retry(words[0] + (WIFEXITED(status)
                                              ? " ended with exit status " + std::to_string(WEXITSTATUS(status))
                                              : " was ended by a signal"));
    result.set_location(&result, jetcapture::text(words[0]));
  }

private:
  void go_on(const jetcapture::Object &object, const std::string &program) const {
    if (host_.cancelled() || monotonic_clock() > object.raw().deadline)
      throw jetcapture::Retry(program + " took too long");
  }

  jetcapture::Host host_;
  std::vector<std::string> command_;
};

JETCAPTURE_CPP_STORE(pipe, PipeStore);

} // namespace
