#include "restore/publish_restore.hpp"
#include "settings/error.hpp"
#include "settings/values.hpp"
#include "terminal/figures.hpp"
#include "tools/ledger/report.hpp"
#include "tools/ledger/restore_run.hpp"
#include "tools/ledger/wanted_messages.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace jetcapture::host {
namespace {

PublishRequest request_of(const std::string &stream, const ToolArguments &given) {
  PublishRequest request = {.stream = given.value("to-stream", ""),
                            .original = stream,
                            .chosen = chosen_by(given),
                            .subject_prefix = given.value("subject-prefix", ""),
                            .append = given.has("append")};
  if (given.has("rate")) {
    const auto rate = parse_number(given.value("rate", ""));
    if (!rate || *rate <= 0)
      throw StartupError("--rate " + given.value("rate", "") + " is not a number of messages a second above 0");
    request.messages_per_second = *rate;
  }
  return request;
}

class PublishRun final : public RestoreRun {
public:
  PublishRun(BackupStore &backup, const ToolArguments &given)
      : given_(given), stream_(backup.settings().stream), request_(request_of(stream_, given)),
        messages_(backup, given), where_(with_context(backup.settings().connection)),
        connection_(where_, "restore", backup.log()), restore_(connection_, where_, request_) {}

  void look() override {
    totals_ = messages_.totals();
    outlook_ = restore_.check();
  }

  void restore() override {
    CountLine line;
    CompleteMessages messages(messages_, given_.has("incomplete"));
    report_ = restore_.publish(
        messages, [&](std::uint64_t done) { line.show("messages published", done, std::max(done, totals_.messages)); });
  }

  void print(std::ostream &out) const override {
    print_findings(findings(), false, out);
    if (report_) {
      out << "published " << count_text(report_->published) << " messages of " << stream_ << " into " << request_.stream
          << ", which ends with sequence " << report_->last_sequence << " now";
      if (report_->skipped > 0)
        out << "; " << count_text(report_->skipped) << " were there from an earlier run";
      out << '\n';
      return;
    }
    out << "would publish the messages of " << stream_ << ", of which the backup has " << count_text(totals_.messages)
        << " (" << bytes_text(static_cast<double>(totals_.bytes)) << "),";
    if (outlook_.published_up_to)
      out << " those behind sequence " << outlook_.published_up_to->sequence << ", where an earlier run ended,";
    out << " into " << request_.stream << ", behind its sequence " << outlook_.last_sequence
        << "\n--yes publishes them; nobody else may publish there meanwhile\n";
  }

  void print_as_json(std::ostream &out) const override {
    using Json = nlohmann::ordered_json;
    print_json({{"stream", stream_},
                {"to_stream", request_.stream},
                {"messages", totals_.messages},
                {"published_before_up_to",
                 outlook_.published_up_to ? Json(outlook_.published_up_to->sequence) : Json(nullptr)},
                {"published", report_ ? Json(report_->published) : Json(nullptr)},
                {"skipped", report_ ? Json(report_->skipped) : Json(nullptr)},
                {"last_sequence", report_ ? report_->last_sequence : outlook_.last_sequence},
                {"findings", json_of(findings())}},
               out);
  }

  const Findings &findings() const override { return messages_.findings(); }

private:
  const ToolArguments &given_;
  const std::string stream_;
  const PublishRequest request_;
  WholeBackup messages_;
  WholeTotals totals_;
  const ConnectionSettings where_;
  Connection connection_;
  PublishRestore restore_;
  PublishOutlook outlook_;
  std::optional<PublishReport> report_;
};

} // namespace

std::unique_ptr<RestoreRun> make_publish_run(BackupStore &backup, const ToolArguments &given) {
  return std::make_unique<PublishRun>(backup, given);
}

} // namespace jetcapture::host
