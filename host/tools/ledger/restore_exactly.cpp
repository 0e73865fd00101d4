#include "restore/exact_restore.hpp"
#include "settings/error.hpp"
#include "settings/values.hpp"
#include "strings/strings.hpp"
#include "terminal/figures.hpp"
#include "tools/ledger/report.hpp"
#include "tools/ledger/restore_facts.hpp"
#include "tools/ledger/restore_run.hpp"
#include "tools/ledger/wanted_messages.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace jetcapture::host {
namespace {

RestoreTarget target_of(const ToolArguments &given) {
  RestoreTarget target = {.stream = given.value("to-stream", ""), .subjects = given.values("to-subject")};
  if (given.has("replicas")) {
    constexpr std::int64_t most_replicas = 5;
    const auto replicas = parse_integer(given.value("replicas", ""));
    if (!replicas || *replicas < 1 || *replicas > most_replicas)
      throw StartupError("--replicas " + given.value("replicas", "") + " is not a number from 1 to 5");
    target.replicas = static_cast<int>(*replicas);
  }
  return target;
}

class ExactRun final : public RestoreRun {
public:
  ExactRun(BackupStore &backup, const ToolArguments &given)
      : given_(given), target_(target_of(given)), stream_(backup.settings().stream), messages_(backup, given),
        totals_(messages_.totals()), facts_(read_restore_facts(backup, totals_.stream_created)),
        where_(with_context(backup.settings().connection)), connection_(where_, "restore", backup.log()),
        restore_(connection_, where_, request(), backup.log()) {}

  void look() override { outlook_ = restore_.check(); }

  void restore() override {
    CountLine line;
    report_ = restore_.restore(
        [this] { return std::make_unique<CompleteMessages>(messages_, given_.has("incomplete")); },
        [&](std::string_view what, std::uint64_t done) { line.show(what, done, std::max(done, totals_.messages)); });
  }

  void print(std::ostream &out) const override {
    print_findings(findings(), false, out);
    for (const std::string &warning : outlook_.warnings)
      out << "warning: " << warning << '\n';
    if (report_)
      print_report(out);
    else
      print_outlook(out);
  }

  void print_as_json(std::ostream &out) const override {
    using Json = nlohmann::ordered_json;
    std::vector<std::string> warnings = outlook_.warnings;
    if (report_)
      warnings.insert(warnings.end(), report_->warnings.begin(), report_->warnings.end());
    print_json({{"stream", stream_},
                {"created", facts_.created},
                {"to_stream", target_.stream},
                {"server", outlook_.server},
                {"removes_leftover", outlook_.has_leftover},
                {"made", report_.has_value()},
                {"messages", report_ ? report_->messages.messages : totals_.messages},
                {"first_sequence", report_ ? Json(report_->first_sequence) : Json(nullptr)},
                {"last_sequence", report_ ? Json(report_->last_sequence) : Json(nullptr)},
                {"left_out", report_ ? Json(report_->left_out) : Json::array()},
                {"consumers", report_ ? Json(report_->consumers) : Json::array()},
                {"warnings", warnings},
                {"findings", json_of(findings())}},
               out);
  }

  const Findings &findings() const override { return messages_.findings(); }

private:
  ExactRestoreRequest request() const {
    if (facts_.configuration.empty())
      throw StartupError("no manifest of the backup has the configuration of a stream " + stream_ +
                         ": see --stream and --store-opt; one whose capture could not ask for it can be restored with "
                         "--publish");
    const bool to_its_end = !given_.has("up-to") && !given_.has("to");
    return {.target = target_,
            .configuration = facts_.configuration,
            .consumers = facts_.consumers,
            .last_sequence = to_its_end ? facts_.last_sequence : 0,
            .bytes = chosen_by(given_).empty() ? totals_.bytes : 0,
            .any_server = given_.has("any-server")};
  }

  void print_outlook(std::ostream &out) const {
    out << "would make the stream " << target_.stream << " from the backup of " << stream_ << ", which has "
        << count_text(totals_.messages) << " messages (" << bytes_text(static_cast<double>(totals_.bytes))
        << ") up to sequence " << facts_.last_sequence << "; nats-server " << outlook_.server << '\n';
    if (outlook_.has_leftover)
      out << "what an earlier run has left of it would be removed first\n";
    for (const RestoredConsumer &consumer : facts_.consumers)
      out << "its consumer " << consumer.name << ", where that is durable, would begin "
          << (consumer.start_sequence > 0 ? "with sequence " + std::to_string(consumer.start_sequence)
                                          : "where its configuration says: what it had acked is not in the backup")
          << '\n';
    out << "--yes makes it\n";
  }

  void print_report(std::ostream &out) const {
    out << "made the stream " << target_.stream << ": " << count_text(report_->messages.messages)
        << " messages, each compared with the backup; sequences " << report_->first_sequence << " to "
        << report_->last_sequence << '\n';
    if (!report_->consumers.empty())
      out << "its consumers: " << joined(report_->consumers) << '\n';
    for (const std::string &one : report_->left_out)
      out << "other than it was: " << one << '\n';
    for (const std::string &warning : report_->warnings)
      out << "warning: " << warning << '\n';
  }

  const ToolArguments &given_;
  const RestoreTarget target_;
  const std::string stream_;
  WholeBackup messages_;
  const WholeTotals totals_;
  const RestoreFacts facts_;
  const ConnectionSettings where_;
  Connection connection_;
  ExactRestore restore_;
  RestoreOutlook outlook_;
  std::optional<RestoreReport> report_;
};

} // namespace

std::unique_ptr<RestoreRun> make_exact_run(BackupStore &backup, const ToolArguments &given) {
  return std::make_unique<ExactRun>(backup, given);
}

} // namespace jetcapture::host
