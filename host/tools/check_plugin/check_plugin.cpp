#include "tools/tools.hpp"

#include "log/line.hpp"
#include "settings/error.hpp"
#include "settings/file_text.hpp"
#include "settings/help_text.hpp"
#include "settings/values.hpp"
#include "tools/arguments.hpp"
#include "tools/check_plugin/check.hpp"
#include "tools/check_plugin/given_options.hpp"
#include "tools/child.hpp"
#include "tools/temporary_folder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <set>
#include <utility>

#include <unistd.h>

namespace jetcapture::host {
namespace {

using Json = nlohmann::ordered_json;

// The check whose skipping says that the stage does not start with these options.
constexpr std::string_view starts = "create-works";

constexpr std::array<ToolFlag, 9> tool_flags = {
    {{"opt", "NAME=VALUE",
      "option that the stages which have it are started with, repeatable; STAGE.NAME=VALUE is for the stage of that "
      "kind or name"},
     {"sample", "FILE", "messages that a decoder decodes, one a line, repeatable"},
     {"whole", "", "each file of --sample is one message"},
     {"only", "CHECK", "run this check only, repeatable"},
     {"cycles", "COUNT", "how often to repeat what must not use more and more memory [1000]"},
     {"timeout", "DURATION", "timeout of each check [1m]"},
     {"accept-unprovable", "", "a store without get and stat is a warning, not a failure"},
     {"list", "", "list the checks"},
     {"json", "", "print the results as JSON"}}};
constexpr ToolHelp help = {
    "jetcapture check-plugin FILE.so",
    "Checks that a plug-in obeys the rules of the ABI. Each check runs in its own process, so that a crash is a "
    "result. "
    "The exit status is 0 if no check failed, 1 if one failed, and 2 if the plug-in could not be checked, or a stage "
    "of "
    "it did not start.",
    tool_flags, "It also takes the flag --allow-writable-plugins of a capture."};
constexpr std::array<std::string_view, 1> host_flags = {"allow-writable-plugins"};

struct Result {
  std::string stage; // "decoder json"; empty: of the file
  const Check *check;
  Outcome outcome;
  std::string sentence;
};

Result run(const Check &check, Subject subject, const std::string &stage, std::chrono::milliseconds limit) {
  const TemporaryFolder folder;
  subject.folder = folder.path();
  const ChildEnd end = run_in_child(
      [&]() -> std::string {
        try {
          check.run(subject);
          return std::string(to_string(Outcome::passed));
        } catch (const Finding &finding) {
          return std::string(to_string(finding.outcome)) + " " + finding.sentence;
        }
      },
      limit);
  if (end.how != ChildEnd::How::answered)
    return {stage, &check, Outcome::failed, "the check " + printable(describe_end(end, limit))};
  for (const Outcome outcome : {Outcome::passed, Outcome::warned, Outcome::skipped, Outcome::failed}) {
    const std::string_view word = to_string(outcome);
    if (end.answer.starts_with(word))
      return {stage, &check, outcome, end.answer.substr(std::min(word.size() + 1, end.answer.size()))};
  }
  return {stage, &check, Outcome::failed, "the process ended before the check did"};
}

std::span<const Check> checks_of(StageKind kind) {
  switch (kind) {
  case StageKind::decoder:
    return decoder_checks();
  case StageKind::writer:
    return writer_checks();
  case StageKind::reader:
    return reader_checks();
  case StageKind::store:
    break;
  }
  return store_checks();
}

void list_checks(std::ostream &out) {
  for (const auto checks : {file_checks(), load_checks(), binding_checks(), stage_checks(), decoder_checks(),
                            writer_checks(), reader_checks(), store_checks()})
    for (const Check &check : checks) {
      std::string line(check.id);
      line.resize(std::max<std::size_t>(line.size() + 1, 22), ' ');
      out << line << check.title << '\n';
    }
}

void print(const Result &result, std::ostream &out) {
  std::string line(to_string(result.outcome));
  line.resize(8, ' ');
  line += result.check->id;
  line.resize(std::max<std::size_t>(line.size() + 1, 30), ' ');
  if (!result.stage.empty())
    line += result.stage + ": ";
  out << line << (result.sentence.empty() ? std::string(result.check->title) : result.sentence);
  if (result.outcome == Outcome::failed)
    out << " [what has to hold: " << result.check->title << "]";
  out << '\n';
}

// The lines that are not empty, without their ends.
void add_lines(std::string_view text, std::vector<std::string> &lines) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (!line.empty())
      lines.emplace_back(line);
  }
}

std::int64_t count_of(const ToolArguments &given) {
  const auto cycles = parse_integer(given.value("cycles", "1000"));
  if (!cycles || *cycles < 1 || *cycles > 10'000'000)
    throw StartupError("--cycles " + given.value("cycles", "") + " is not a number from 1 to 10000000");
  return *cycles;
}

std::chrono::milliseconds limit_of(const ToolArguments &given) {
  const auto limit = parse_duration(given.value("timeout", "1m"));
  if (!limit || *limit < std::chrono::milliseconds(1) || *limit > std::chrono::hours(24))
    throw StartupError("--timeout " + given.value("timeout", "") + " is not a duration such as 30s");
  return std::chrono::duration_cast<std::chrono::milliseconds>(*limit);
}

Subject subject_of(const ToolArguments &given) {
  Subject subject;
  subject.stages = stages_of_file(std::filesystem::absolute(given.plain().front()), !given.rest().empty());
  subject.file = subject.stages.front().file;
  subject.accepts_unprovable = given.has("accept-unprovable");
  subject.cycles = static_cast<unsigned>(count_of(given));
  for (const std::string &file : given.values("sample")) {
    const auto text = file_text(file);
    if (!text)
      throw StartupError("the sample " + file + " can't be read");
    if (given.has("whole"))
      subject.samples.push_back(*text);
    else
      add_lines(*text, subject.samples);
  }
  return subject;
}

// Prints all results as JSON, or the counts behind the lines that were printed before. How many failed.
std::size_t report(const Subject &subject, const std::vector<Result> &results, bool as_json) {
  std::array<std::size_t, 4> counts{};
  Json list = Json::array();
  for (const Result &result : results) {
    counts[static_cast<std::size_t>(result.outcome)]++;
    list.push_back({{"check", result.check->id},
                    {"stage", result.stage},
                    {"result", to_string(result.outcome)},
                    {"title", result.check->title},
                    {"sentence", result.sentence}});
  }
  const std::size_t failed = counts[static_cast<std::size_t>(Outcome::failed)];
  if (as_json)
    std::cout << Json({{"file", subject.file.string()}, {"failed", failed}, {"results", std::move(list)}})
                     .dump(2, ' ', false, Json::error_handler_t::replace)
              << '\n';
  else
    std::cout << counts[0] << " passed, " << counts[1] << " warned, " << counts[2] << " skipped, " << failed
              << " failed\n";
  return failed;
}

// One line on standard error for each stage of which little was checked, since it does not start. False: none.
bool tell_what_did_not_start(const std::vector<Result> &results) {
  bool any = false;
  for (const Result &result : results)
    if (result.check->id == starts && result.outcome == Outcome::skipped) {
      std::cerr << "jetcapture: the " << result.stage << " could not be checked: " << result.sentence << '\n';
      any = true;
    }
  return any;
}

} // namespace

int check_plugin(const std::vector<std::string> &arguments, const char *const *) {
  const ToolArguments given(help, host_flags, arguments);
  if (given.wants_help()) {
    print_tool_help(help, std::cout, help_columns(STDOUT_FILENO));
    return 0;
  }
  if (given.has("list")) {
    list_checks(std::cout);
    return 0;
  }
  if (given.plain().size() != 1)
    throw StartupError("name one file: jetcapture check-plugin FILE.so");

  Subject subject = subject_of(given);
  const auto limit = limit_of(given);
  subject.options_by_stage = options_by_stage(subject, given.values("opt"), limit);
  const std::vector<std::string> &only = given.values("only");

  std::vector<Result> results;
  std::set<std::pair<std::string, std::string_view>> not_passed; // stage and check: failed, or skipped for such a one
  const auto run_all = [&](std::span<const Check> checks, const std::string &stage) {
    for (const Check &check : checks) {
      if (!only.empty() && std::find(only.begin(), only.end(), check.id) == only.end())
        continue;
      const bool in_vain = not_passed.contains({stage, check.needs}) || not_passed.contains({"", check.needs});
      results.push_back(in_vain ? Result{stage, &check, Outcome::skipped, std::string(check.needs) + " has not passed"}
                                : run(check, subject, stage, limit));
      const Outcome outcome = results.back().outcome;
      if (in_vain || outcome == Outcome::failed || (outcome == Outcome::skipped && check.id == starts))
        not_passed.emplace(stage, check.id);
      if (!given.has("json"))
        print(results.back(), std::cout);
      std::cout.flush();
    }
  };
  run_all(file_checks(), "");
  run_all(load_checks(), "");
  run_all(binding_checks(), "");
  const Subject of_file = subject;
  for (std::size_t i = 0; i < of_file.stages.size(); i++) {
    subject = of_file.of_stage(i);
    const std::string name = std::string(to_string(subject.stage.kind)) + " " + subject.stage.name;
    run_all(stage_checks(), name);
    run_all(checks_of(subject.stage.kind), name);
  }
  if (results.empty())
    throw StartupError("--only " + only.front() + " is not a check of this file; --list lists them");

  if (report(subject, results, given.has("json")) > 0)
    return 1;
  return tell_what_did_not_start(results) ? 2 : 0;
}

} // namespace jetcapture::host
