#include "tools/tools.hpp"

#include "audit/proven.hpp"
#include "audit/purge_plan.hpp"
#include "ledger/claims_floor.hpp"
#include "settings/error.hpp"
#include "settings/help_text.hpp"
#include "settings/values.hpp"
#include "terminal/figures.hpp"
#include "threads/fault_point.hpp"
#include "tools/ledger/backup_store.hpp"
#include "tools/ledger/flags.hpp"
#include "tools/ledger/purged_stream.hpp"
#include "tools/ledger/report.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>

#include <unistd.h>

namespace jetcapture::host {
namespace {

constexpr ToolHelp help = {
    "jetcapture purge --stream NAME --consumer NAME --store NAME --store-opt KEY=VALUE",
    "Removes messages from the stream that the backup holds for certain: they are in blocks that are done, and the "
    "hashes of these blocks' objects are checked, as the store's service tells them or by reading. It removes from the "
    "beginning of the stream up to a sequence: never past one that is not proven so, and never past what a consumer of "
    "the stream has acked. A stream that copies this one can't be seen from it: name each with --behind. Without --yes "
    "nothing is removed. Examples:\n"
    "jetcapture purge --config orders.ini --keep 7d\n"
    "jetcapture purge --config orders.ini --keep 7d --behind ORDERS-COPY --yes",
    purge_flags, backup_flags_help};

struct Wanted {
  std::optional<std::uint64_t> up_to;
  std::optional<std::chrono::nanoseconds> keep;
  std::vector<std::string> behind;
  bool yes = false;

  explicit Wanted(const ToolArguments &given) : behind(given.values("behind")), yes(given.has("yes")) {
    if (given.has("up-to")) {
      const auto number = parse_integer(given.value("up-to", ""));
      if (!number || *number < 1)
        throw StartupError("--up-to " + given.value("up-to", "") + " is not a number from 1 on");
      up_to = static_cast<std::uint64_t>(*number);
    }
    if (given.has("keep")) {
      keep = parse_duration(given.value("keep", ""));
      if (!keep)
        throw StartupError("--keep " + given.value("keep", "") + " is not a duration: give one such as 7d or 12h");
    }
  }
};

class Purge {
public:
  Purge(BackupStore &backup, Wanted wanted)
      : wanted_(std::move(wanted)), backup_(backup), stream_(backup.settings(), backup.log()) {}

  // In the order that purge_plan.hpp gives reasons for.
  void look() {
    PurgeQuestion question;
    question.stream = backup_.settings().stream;
    question.first = stream_.state().first_sequence;
    question.bounds = {{stream_.state().last_sequence,
                        "the stream ended with sequence " + std::to_string(stream_.state().last_sequence)}};
    if (wanted_.up_to)
      question.bounds.push_back({*wanted_.up_to, "--up-to " + std::to_string(*wanted_.up_to)});
    look_for_ordered(question);
    for (PurgeBound &bound : stream_.consumer_bounds())
      question.bounds.push_back(std::move(bound));
    for (const std::string &copy : wanted_.behind)
      question.bounds.push_back(stream_.bound_behind(copy));
    question.filters = stream_.filters();
    question.can_by_subject = stream_.server_time().has_value();
    question.keep_from = keep_from();
    question.present = [this](const std::string &filter, const std::vector<SequenceRun> &within) {
      return stream_.present(filter, within);
    };
    CountLine line;
    Proof proof = prove(
        backup_.reader(),
        {.stream = backup_.settings().stream,
         .consumer = backup_.settings().consumer,
         .stream_created = stream_.state().created,
         .first = question.first,
         .last = question.last(),
         .compare = [this](const StoredMessage &message) { return stream_.compare(message); },
         .progress = [&](std::string_view what, std::uint64_t done, std::uint64_t of) { line.show(what, done, of); }});
    keep_within_filters(question, proof.ordered);
    plan_ = plan_purge(question, proof);
    findings_ = std::move(proof.findings);
  }

  void remove() {
    if (!plan_.removes() || !wanted_.yes)
      return;
    fault_point("before-purge");
    if (const std::string changed = stream_.changed_since(plan_); !changed.empty()) {
      plan_.refused = changed;
      findings_.add({Verdict::unknown, "changed", backup_.settings().stream, "was not purged: " + changed, {}});
      return;
    }
    purged_ = 0;
    const std::vector<std::string> all = {""};
    for (const std::string &filter : plan_.filters.empty() ? all : plan_.filters)
      *purged_ += stream_.purge(plan_.last, filter);
  }

  void print(std::ostream &out) const {
    print_findings(findings_, false, out);
    if (plan_.last < plan_.first)
      out << "nothing of the stream " << backup_.settings().stream << " can be removed\n";
    else if (!plan_.refused.empty())
      out << "nothing is removed: " << plan_.refused << '\n';
    else
      print_range(out);
    out << "it may be removed up to " << plan_.last << ": " << plan_.bounds.front().why << '\n';
    for (const std::string &filter : plan_.kept_filters)
      out << "nothing of " << filter
          << " is removed: messages of it were filtered out by the decoder or terminated, and are in no block\n";
    if (plan_.removes() && !wanted_.yes)
      out << "--yes removes them; a stream or consumer that is recreated at that moment is a race\n";
  }

  void print_as_json(std::ostream &out) const {
    using Json = nlohmann::ordered_json;
    Json bounds = Json::array();
    for (const PurgeBound &bound : plan_.bounds)
      bounds.push_back({{"last_sequence", bound.last}, {"why", bound.why}});
    const bool some = plan_.last >= plan_.first;
    print_json({{"stream", backup_.settings().stream},
                {"created", stream_.state().created},
                {"first_sequence", some ? Json(plan_.first) : Json(nullptr)},
                {"last_sequence", some ? Json(plan_.last) : Json(nullptr)},
                {"messages", plan_.messages},
                {"blocks", plan_.blocks},
                {"filters", plan_.filters},
                {"kept_filters", plan_.kept_filters},
                {"bounds", std::move(bounds)},
                {"refused", plan_.refused.empty() ? Json(nullptr) : Json(plan_.refused)},
                {"purged", purged_ ? Json(*purged_) : Json(nullptr)},
                {"findings", json_of(findings_)}},
               out);
  }

  int status() const {
    if (findings_.verdict() != Verdict::good)
      return exit_status(findings_.verdict());
    return exit_status(plan_.refused.empty() ? Verdict::good : Verdict::wrong);
  }

private:
  // Of a capture with ordered delivery the chain tells how far it is.
  void look_for_ordered(PurgeQuestion &question) {
    const Settings &settings = backup_.settings();
    std::optional<CaptureFloor> reach;
    try {
      reach = read_capture_floor(backup_.reader().store(), settings.stream, settings.consumer, settings.store_timeout);
    } catch (const DamagedChain &error) {
      throw StoreFailure({JETCAPTURE_BAD_DATA, error.what()});
    }
    if (!reach)
      return;
    stream_.is_ordered(reach->floor);
    question.begins_at = std::max<std::uint64_t>(1, reach->begins_at);
  }

  // A purge by subject removes messages of it from the stream's beginning on: what was captured with other filters
  // needs another one.
  static void keep_within_filters(PurgeQuestion &question, const std::vector<OrderedReach> &captures) {
    for (const OrderedReach &capture : captures)
      for (const FilteredRange &range : capture.ranges) {
        if (range.last < question.first)
          continue;
        question.filters = range.filters;
        if (range.last != UINT64_MAX)
          question.bounds.push_back(
              {range.last, "behind sequence " + std::to_string(range.last) + " the capture has read other subjects"});
        return;
      }
  }

  // By the clock that is behind: one that is ahead must not have more removed.
  std::optional<std::int64_t> keep_from() const {
    if (!wanted_.keep)
      return std::nullopt;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t here = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    return std::min(here, stream_.server_time().value_or(here)) - wanted_.keep->count();
  }

  void print_range(std::ostream &out) const {
    if (purged_)
      out << "removed " << count_text(*purged_) << " messages: ";
    else
      out << "would remove ";
    out << "sequences " << plan_.first << " to " << plan_.last << " of the stream " << backup_.settings().stream;
    for (std::size_t i = 0; i < plan_.filters.size(); i++)
      out << (i == 0 ? ", of the subjects " : ", ") << plan_.filters[i];
    out << "; the backup has " << count_text(plan_.messages) << " messages of them in " << count_text(plan_.blocks)
        << (plan_.blocks == 1 ? " block" : " blocks") << ", with the right hashes, as the store tells them\n";
  }

  const Wanted wanted_;
  BackupStore &backup_;
  PurgedStream stream_;
  PurgePlan plan_;
  Findings findings_;
  std::optional<std::uint64_t> purged_; // messages
};

} // namespace

int purge_stream(const std::vector<std::string> &arguments, const char *const *environment) {
  const std::vector<std::string_view> names = server_flags();
  const ToolArguments given(help, names, arguments);
  if (given.wants_help()) {
    print_tool_help(help, std::cout, help_columns(STDOUT_FILENO));
    return 0;
  }
  refuse_plain(given);
  const Wanted wanted(given);
  BackupStore backup(given.rest(), environment);
  return status_if_told([&] {
    Purge purge(backup, wanted);
    purge.look();
    purge.remove();
    if (given.has("json"))
      purge.print_as_json(std::cout);
    else
      purge.print(std::cout);
    return purge.status();
  });
}

} // namespace jetcapture::host
