#include "tools/ledger/verify_metrics.hpp"

#include "files/durable.hpp"
#include "settings/error.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace jetcapture::host {

namespace {

constexpr std::string_view last_good = "jetcapture_verify_last_good_time_seconds";

// "{stream=\"ORDERS\",kind=\"twice\"}"; of those that have a value.
std::string labels(const ChainFilter &filter, const std::vector<std::pair<std::string_view, std::string_view>> &more) {
  std::vector<std::pair<std::string_view, std::string_view>> all = {{"stream", filter.stream},
                                                                    {"consumer", filter.consumer}};
  all.insert(all.end(), more.begin(), more.end());
  std::string text;
  for (const auto &[name, value] : all) {
    if (value.empty())
      continue;
    text += (text.empty() ? "{" : ",") + std::string(name) + "=\"";
    for (const char character : value) {
      if (character == '"' || character == '\\' || character == '\n')
        text += '\\';
      text += character == '\n' ? 'n' : character;
    }
    text += '"';
  }
  return text.empty() ? text : text + "}";
}

std::int64_t last_good_in(std::string_view before) {
  const std::size_t line = before.find("\n" + std::string(last_good));
  const std::size_t end = line == before.npos ? line : before.find('\n', line + 1);
  const std::size_t space = end == before.npos ? end : before.rfind(' ', end);
  std::int64_t seconds = 0;
  if (space != before.npos && space > line)
    std::from_chars(before.data() + space + 1, before.data() + end, seconds);
  return seconds;
}

std::string_view word_of(Verdict verdict) {
  return verdict == Verdict::wrong ? "wrong" : verdict == Verdict::unknown ? "unknown" : "note";
}

class Metrics {
public:
  explicit Metrics(const ChainFilter &filter) : filter_(filter) {}

  void gauge(std::string_view name, std::string_view help, std::string_view value) {
    head(name, help);
    text_ += std::string(name) + labels(filter_, {}) + " " + std::string(value) + "\n";
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    gauge(name, help, std::to_string(value));
  }
  void findings(const Findings &findings) {
    constexpr std::string_view name = "jetcapture_verify_findings";
    head(name, "What the last run found, by its kind; of the verdict note it is nothing to act on.");
    for (const auto &[kind, count] : findings.counts()) {
      const auto first = std::find_if(findings.kept().begin(), findings.kept().end(),
                                      [kind = kind](const AuditFinding &finding) { return finding.kind == kind; });
      text_ += std::string(name) + labels(filter_, {{"kind", kind}, {"verdict", word_of(first->verdict)}}) + " " +
               std::to_string(count) + "\n";
    }
  }
  std::string text() && { return std::move(text_); }

private:
  void head(std::string_view name, std::string_view help) {
    text_ += "# HELP " + std::string(name) + " " + std::string(help) + "\n# TYPE " + std::string(name) + " gauge\n";
  }

  const ChainFilter &filter_;
  std::string text_;
};

} // namespace

std::string verify_metrics(const StoreCheck &check, const VerifyRun &run, std::string_view before) {
  const Verdict verdict = check.findings.verdict();
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.3f", std::chrono::duration<double>(run.duration).count());
  Metrics metrics(run.filter);
  metrics.gauge("jetcapture_verify_status",
                "How the last run ended: 0 all is good, 1 something is wrong, 3 it could not be told.",
                static_cast<std::uint64_t>(exit_status(verdict)));
  metrics.gauge("jetcapture_verify_time_seconds", "When the last run ended, in seconds since 1970.",
                std::to_string(run.ended));
  metrics.gauge(last_good, "When a run ended last with all good, in seconds since 1970; 0: none did.",
                std::to_string(verdict == Verdict::good ? run.ended : last_good_in(before)));
  metrics.gauge("jetcapture_verify_duration_seconds", "How long the last run took.", seconds);
  metrics.gauge("jetcapture_verify_messages", "Messages in blocks that are done.", check.messages);
  metrics.gauge("jetcapture_verify_blocks", "Blocks that are done.", check.done);
  metrics.gauge("jetcapture_verify_hash_checked_blocks", "Blocks that are done whose objects have the right hash.",
                check.proven);
  metrics.gauge("jetcapture_verify_bytes", "Bytes of the blocks that are done.", check.bytes);
  metrics.gauge("jetcapture_verify_first_sequence", "The lowest sequence in blocks that are done; 0: none.",
                check.first_sequence);
  metrics.gauge("jetcapture_verify_last_sequence", "The highest sequence in blocks that are done; 0: none.",
                check.last_sequence);
  metrics.findings(check.findings);
  return std::move(metrics).text();
}

void write_verify_metrics(const std::string &file, const StoreCheck &check, const VerifyRun &run) {
  const std::filesystem::path path = std::filesystem::absolute(file);
  std::ifstream now(path);
  const std::string before{std::istreambuf_iterator<char>(now), {}};
  constexpr unsigned readable_by_all = 0644;
  if (const int error = replace_file(path, verify_metrics(check, run, before), readable_by_all); error != 0)
    throw StartupError("--metrics-file " + file + " can't be written: " + std::strerror(error));
}

} // namespace jetcapture::host
