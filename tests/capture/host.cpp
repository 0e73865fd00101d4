#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string_view>

namespace jetcapture::test {

using namespace std::chrono_literals;

void Host::start(std::vector<std::string> more, std::vector<std::string> stages) {
  std::vector<std::string> command = {
      binary,       "--server", url_,        "--stream",    stream,
      "--consumer", consumer,   "--decoder", stages[0],     "--writer",
      stages[1],    "--store",  stages[2],   "--state-dir", state_dir.empty() ? folder_ / "state" : state_dir};
  if (stages[2] == "file")
    command.insert(command.end(), {"--store-opt", "root=" + root()});
  command.insert(command.end(), more.begin(), more.end());
  program_.reset();
  environment.emplace("JETCAPTURE_PLUGIN_PATH", JETCAPTURE_PLUGINS);
  program_ = std::make_unique<Program>(command, folder_ / ("host-" + std::to_string(++runs_) + ".log"), environment);
}

int Host::run(std::vector<std::string> more, std::vector<std::string> stages) {
  start(std::move(more), std::move(stages));
  const auto status = program_->wait(90s);
  REQUIRE_MESSAGE(status.has_value(), "the host did not end; it printed: ", output());
  return *status;
}

std::vector<std::string> Host::lines_with(const std::string &text) const {
  std::istringstream all(output());
  std::vector<std::string> found;
  for (std::string line; std::getline(all, line);)
    if (line.find(text) != std::string::npos)
      found.push_back(line);
  return found;
}

std::vector<std::string> Host::files() const {
  std::vector<std::string> files;
  for (const std::string &file : files_below(root()))
    if (!file.starts_with(".jetcapture-unfinished/") && std::filesystem::path(file).filename().string().front() != '.')
      files.push_back(file);
  return files;
}

std::string Host::text() const {
  std::string text;
  for (const std::string &file : files()) {
    const std::string bytes = read_file(std::filesystem::path(root()) / file);
    text += file.ends_with(".gz") ? gunzip(bytes) : bytes;
  }
  return text;
}

std::vector<Line> Host::lines() const {
  std::istringstream all(text());
  std::vector<Line> lines;
  for (std::string line; std::getline(all, line);)
    lines.push_back(nlohmann::json::parse(line));
  return lines;
}

std::map<std::uint64_t, int> Host::sequences() const {
  // A whole parse of a hundred thousand lines takes ten seconds in a build without optimization.
  constexpr std::string_view field = "\"sequence\":";
  std::map<std::uint64_t, int> count;
  std::istringstream all(text());
  for (std::string line; std::getline(all, line);) {
    const std::size_t at = line.find(field);
    REQUIRE_MESSAGE((at != std::string::npos && line.front() == '{' && line.back() == '}'), "not a message: ", line);
    count[std::stoull(line.substr(at + field.size(), 20))]++;
  }
  return count;
}

Message over_three_subjects(std::size_t i) {
  return {"s." + std::to_string(i % 3), "message " + std::to_string(i)};
}

bool each_once(const std::map<std::uint64_t, int> &sequences, std::uint64_t count) {
  if (sequences.size() != count || (count > 0 && (sequences.begin()->first != 1 || sequences.rbegin()->first != count)))
    return false;
  for (const auto &[sequence, times] : sequences)
    if (times != 1)
      return false;
  return true;
}

} // namespace jetcapture::test
