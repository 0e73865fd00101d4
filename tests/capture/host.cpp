#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string_view>

namespace jetcapture::test {

using namespace std::chrono_literals;

namespace {

// visit(sequence, line) for each captured message of that text. A whole parse of a hundred thousand lines takes ten
// seconds in a build without optimization.
template <class Visit>
void for_each_captured(const std::string &text, Visit visit) {
  constexpr std::string_view field = "\"sequence\":";
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) {
    const std::size_t at = line.find(field);
    REQUIRE_MESSAGE((at != std::string::npos && line.front() == '{' && line.back() == '}'), "not a message: ", line);
    visit(std::stoull(line.substr(at + field.size(), 20)), line);
  }
}

} // namespace

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
    if (!file.starts_with(".jetcapture-unfinished/") && !file.starts_with("_manifest/") &&
        std::filesystem::path(file).filename().string().front() != '.')
      files.push_back(file);
  return files;
}

std::string Host::text() const {
  std::string text;
  for (const std::string &file : files())
    text += text_of(file);
  return text;
}

std::string Host::text_of(const std::string &file) const {
  const std::string bytes = read_file(std::filesystem::path(root()) / file);
  return file.ends_with(".gz") ? gunzip(bytes) : bytes;
}

std::vector<Line> Host::lines() const {
  std::istringstream all(text());
  std::vector<Line> lines;
  for (std::string line; std::getline(all, line);)
    lines.push_back(nlohmann::json::parse(line));
  return lines;
}

std::map<std::uint64_t, int> Host::sequences_in(const std::vector<std::string> &files) const {
  std::map<std::uint64_t, int> count;
  for (const std::string &file : files)
    for_each_captured(text_of(file), [&](std::uint64_t sequence, const std::string &) { count[sequence]++; });
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

std::string not_each_once(const Host &host, std::uint64_t count,
                          const std::function<std::string(std::uint64_t)> &in_stream) {
  const std::map<std::uint64_t, int> sequences = host.sequences();
  if (each_once(sequences, count))
    return "";
  std::ostringstream report;
  for (std::uint64_t first = 1; first <= count; first++) {
    std::uint64_t end = first;
    while (end <= count && !sequences.contains(end))
      end++;
    if (end == first)
      continue;
    report << "missing: " << first << " to " << end - 1 << ", from " << in_stream(first) << " to " << in_stream(end - 1)
           << '\n';
    first = end;
  }
  for (const std::string &file : host.files()) {
    bool is_wrong = false;
    for_each_captured(host.text_of(file), [&](std::uint64_t sequence, const std::string &line) {
      if (sequence <= count && sequences.at(sequence) == 1)
        return;
      is_wrong = true;
      report << (sequence > count ? "above the last one" : "repeated") << ", in " << file << ": " << line << '\n';
    });
    if (is_wrong)
      for (const std::string &line : host.lines_with(file))
        report << line << '\n';
  }
  // How many messages the host was given is how many it has captured, unless it has lost some.
  for (const char *const told : {"level=warn", "level=error", "msg=ended"})
    for (const std::string &line : host.lines_with(told))
      report << line << '\n';
  return report.str();
}

} // namespace jetcapture::test
