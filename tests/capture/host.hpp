// The host as a child process, with a store folder and a state folder of its own, and what it captured.
#pragma once

#include "support/program.hpp"
#include "support/server.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::test {

// One captured line, from whole messages as the ndjson writer writes them.
using Line = nlohmann::json;

class Host {
public:
  explicit Host(const Server &server) : url_(server.url()) {}
  explicit Host(std::string url) : url_(std::move(url)) {}

  // Starts it with the connection, stream S, consumer C and folders given; then what more says, which may repeat flags.
  // The usual stages are message, ndjson and file.
  void start(std::vector<std::string> more = {}, std::vector<std::string> stages = {"message", "ndjson", "file"});
  // start(), and waits for its end: the exit status.
  int run(std::vector<std::string> more = {}, std::vector<std::string> stages = {"message", "ndjson", "file"});

  Program &program() { return *program_; }
  std::string output() const { return program_->output(); }
  // The lines of its output that have this text.
  std::vector<std::string> lines_with(const std::string &text) const;

  std::string root() const { return folder_ / "root"; }
  const Folder &folder() const { return folder_; }
  // Files below the root, without temporary ones.
  std::vector<std::string> files() const;
  // The text of all files, or of one, unpacked where they are gzip.
  std::string text() const;
  std::string text_of(const std::string &file) const;
  std::vector<Line> lines() const;
  // How often each sequence was captured; in those files.
  std::map<std::uint64_t, int> sequences() const { return sequences_in(files()); }
  std::map<std::uint64_t, int> sequences_in(const std::vector<std::string> &files) const;

  std::map<std::string, std::string> environment;
  std::string stream = "S";
  std::string consumer = "C";
  std::string state_dir; // empty: in a folder of its own
  std::string binary = JETCAPTURE_BINARY;

private:
  std::string url_;
  Folder folder_;
  int runs_ = 0;
  std::unique_ptr<Program> program_;
};

// The message of that number, on one of the subjects s.0 to s.2.
Message over_three_subjects(std::size_t i);

// True when exactly the sequences 1 to count were captured, each once.
bool each_once(const std::map<std::uint64_t, int> &sequences, std::uint64_t count);

// Empty where each_once() is true, else what is missing, as the stream has it, what was captured more than once, in
// which files, and what the host has logged of it. in_stream: the message of that sequence.
std::string not_each_once(const Host &host, std::uint64_t count,
                          const std::function<std::string(std::uint64_t)> &in_stream);

} // namespace jetcapture::test
