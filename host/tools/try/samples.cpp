#include "tools/try/samples.hpp"

#include "settings/error.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <system_error>

namespace jetcapture::host {
namespace {

using FilePtr = std::unique_ptr<std::FILE, int (*)(std::FILE *)>;

FilePtr open_file(const std::string &name) {
  if (name == "-")
    return {stdin, [](std::FILE *) { return 0; }};
  FilePtr file(std::fopen(name.c_str(), "re"), &std::fclose);
  if (!file)
    throw StartupError(name + " can't be read: " + std::generic_category().message(errno));
  return file;
}

class FromFiles : public Samples {
public:
  explicit FromFiles(FileSamples from) : from_(std::move(from)) {}
  ~FromFiles() override { std::free(line_); }
  FromFiles(const FromFiles &) = delete;
  FromFiles &operator=(const FromFiles &) = delete;

  bool next(Sample &sample) override {
    auto data = from_.whole ? whole_file() : line();
    if (!data)
      return false;
    sample.subject = from_.subject;
    sample.headers = from_.headers;
    sample.data = std::move(*data);
    sample.sequence = ++sequence_;
    sample.timestamp =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    return true;
  }

private:
  bool open_next() {
    if (next_ == from_.files.size())
      return false;
    name_ = from_.files[next_++];
    file_ = open_file(name_);
    return true;
  }

  void check() const {
    if (std::ferror(file_.get()) != 0)
      throw StartupError(name_ + " can't be read: " + std::generic_category().message(errno));
  }

  std::optional<std::string> whole_file() {
    if (!open_next())
      return std::nullopt;
    std::string data;
    char buffer[64 << 10];
    for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, file_.get())) > 0;)
      data.append(buffer, got);
    check();
    return data;
  }

  // Without its end of line. The last one may lack it.
  std::optional<std::string> line() {
    while (file_ || open_next()) {
      const ssize_t got = ::getline(&line_, &line_capacity_, file_.get());
      if (got >= 0) {
        std::string data(line_, static_cast<std::size_t>(got));
        if (data.ends_with('\n'))
          data.pop_back();
        if (data.ends_with('\r'))
          data.pop_back();
        return data;
      }
      check();
      file_.reset();
    }
    return std::nullopt;
  }

  FileSamples from_;
  std::size_t next_ = 0;
  std::string name_;
  FilePtr file_{nullptr, &std::fclose};
  char *line_ = nullptr;
  std::size_t line_capacity_ = 0;
  std::uint64_t sequence_ = 0;
};

} // namespace

std::unique_ptr<Samples> samples_from_files(FileSamples from) {
  return std::make_unique<FromFiles>(std::move(from));
}

} // namespace jetcapture::host
