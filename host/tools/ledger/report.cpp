#include "tools/ledger/report.hpp"

#include "blocks/destination_key.hpp"
#include "ledger/chain.hpp"
#include "log/time_text.hpp"
#include "nats/jetstream.hpp"
#include "reading/reading_error.hpp"
#include "settings/error.hpp"
#include "settings/values.hpp"
#include "terminal/figures.hpp"
#include "terminal/progress_line.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>

#include <unistd.h>

namespace jetcapture::host {

namespace {

using Json = nlohmann::ordered_json;

std::string_view word_of(Verdict verdict) {
  switch (verdict) {
  case Verdict::good:
    return "note";
  case Verdict::unknown:
    return "unknown";
  case Verdict::wrong:
    break;
  }
  return "wrong";
}

std::string text_of(const AuditFinding &finding) {
  std::string text(word_of(finding.verdict));
  text += ": " + finding.name + (finding.name.empty() ? "" : " ") + finding.text;
  if (const std::uint64_t count = count_of(finding.sequences); count > 0)
    text += " (" + count_text(count) + (count == 1 ? " message: " : " messages: ") + text_of(finding.sequences) + ")";
  return text;
}

} // namespace

CountLine::CountLine() : shown_(can_show_progress(STDERR_FILENO)) {}

CountLine::~CountLine() {
  if (shown_)
    std::fputs("\r\033[K", stderr);
}

void CountLine::show(std::string_view what, std::uint64_t done, std::uint64_t of) {
  using namespace std::chrono_literals;
  if (!shown_ || std::chrono::steady_clock::now() < next_)
    return;
  next_ = std::chrono::steady_clock::now() + 200ms;
  const std::string text = count_text(done) + (of == 0 ? "" : " of " + count_text(of)) + " " + std::string(what);
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  std::fflush(stderr);
}

void print_findings(const Findings &findings, bool all, std::ostream &out) {
  constexpr std::uint64_t shown_of_a_kind = 20;
  std::map<std::string_view, std::uint64_t> shown;
  for (const AuditFinding &finding : findings.kept()) {
    if (finding.verdict == Verdict::good && !all)
      continue;
    if (++shown[finding.kind] <= shown_of_a_kind)
      out << text_of(finding) << '\n';
  }
  for (const auto &[kind, count] : shown)
    if (const std::uint64_t more = findings.count(kind); more > shown_of_a_kind)
      out << "… and " << count_text(more - shown_of_a_kind) << " more of the kind " << kind << "; --json lists up to "
          << Findings::kept_of_a_kind << '\n';
}

Json json_of(const std::vector<SequenceRun> &runs) {
  constexpr std::size_t most = 10'000;
  Json json = Json::array();
  for (const SequenceRun &run : runs) {
    if (json.size() == most)
      break;
    json.push_back({run.first, run.last});
  }
  return json;
}

Json json_of(const Findings &findings) {
  Json json = Json::array();
  for (const AuditFinding &finding : findings.kept()) {
    Json one = {
        {"verdict", word_of(finding.verdict)}, {"kind", finding.kind}, {"name", finding.name}, {"text", finding.text}};
    if (!finding.sequences.empty()) {
      one["messages"] = count_of(finding.sequences);
      one["sequences"] = json_of(finding.sequences);
    }
    json.push_back(std::move(one));
  }
  return json;
}

std::string key_text(std::string_view key) {
  std::string text;
  for (const std::string_view part : decode_key(key)) {
    text += text.empty() ? "" : "/";
    text += part.data() == nullptr ? "-" : part;
  }
  return text;
}

Json json_of(const ManifestHeader &header, const BlockLine &line, std::uint64_t messages, LineState state) {
  Json key = Json::array();
  for (const std::string_view part : decode_key(line.place.key))
    key.push_back(part.data() == nullptr ? Json(nullptr) : Json(part));
  return {{"state", to_string(state)},
          {"name", line.name},
          {"stream", header.chain.stream},
          {"consumer", header.chain.capture},
          {"host", header.chain.host},
          {"manifest", header.number},
          {"bytes", line.bytes},
          {"messages", messages},
          {"rows", line.payloads},
          {"first_sequence", line.first_sequence},
          {"last_sequence", line.last_sequence},
          {"first_time", time_text(line.first_timestamp)},
          {"last_time", time_text(line.last_timestamp)},
          {"interval_start", time_text(line.place.interval_start)},
          {"key", std::move(key)},
          {"quarantine", line.place.quarantine},
          {"reason", line.reason}};
}

void forget_sequences(BlockLine &line) {
  std::vector<std::uint64_t>().swap(line.own);
  std::vector<SharedMessage>().swap(line.shared);
}

std::int64_t time_given(const std::string &flag, const std::string &text) {
  for (const char *end : {"", "Z", ":00Z", "T00:00:00Z"})
    if (const auto time = time_of_text(text + end))
      return *time;
  if (const auto before = parse_duration(text)) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - before->count();
  }
  throw StartupError("--" + flag + " " + text +
                     " is no time: give one such as 2026-11-24, 2026-11-24T12:30:00Z, or 2h for two hours ago");
}

bool key_begins_with(std::string_view key, const std::string &text) {
  std::size_t start = 0;
  for (const std::string_view part : decode_key(key)) {
    if (start > text.size())
      return true;
    const std::size_t end = std::min(text.find('/', start), text.size());
    if ((part.data() == nullptr ? "-" : part) != std::string_view(text).substr(start, end - start))
      return false;
    start = end + 1;
  }
  return start > text.size();
}

void refuse_plain(const ToolArguments &given) {
  if (!given.plain().empty())
    throw StartupError('"' + given.plain().front() + "\" is an unexpected argument; --help lists the flags");
}

void print_json(const Json &json, std::ostream &out) {
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

int status_if_told(const std::function<int()> &command) {
  const auto not_told = [](std::string_view what, const std::exception &error) {
    std::cerr << "jetcapture: " << what << error.what() << '\n';
    return exit_status(Verdict::unknown);
  };
  constexpr std::string_view could_not = "it could not be told: ";
  try {
    return command();
  } catch (const NoAnswer &error) {
    if (error.reason == Unanswered::not_permitted)
      throw StartupError(error.what());
    return not_told(could_not, error);
  } catch (const StoreFailure &error) {
    return not_told(could_not, error);
  } catch (const ReadingError &error) {
    return not_told(could_not, error);
  } catch (const ApiError &error) {
    return not_told("the server refuses: ", error);
  } catch (const nlohmann::json::exception &error) {
    return not_told("it could not be told, an answer is not as it has to be: ", error);
  }
}

} // namespace jetcapture::host
