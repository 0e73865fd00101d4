#include "restore/stream_comparison.hpp"

#include "nats/request.hpp"
#include "nats/server_time.hpp"
#include "restore/base64_bytes.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <iterator>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::size_t most_open = 256;
constexpr std::size_t most_open_bytes = 8u << 20;
constexpr std::chrono::milliseconds silence = 5s; // before what is open is asked once more
constexpr int most_times = 6;
constexpr int no_message = 10037; // not found
constexpr int not_available_now = 10008;

std::string text_in(const json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

} // namespace

StreamComparison::StreamComparison(Connection &connection, const std::string &inbox_prefix,
                                   const std::string &api_prefix, const std::string &stream)
    : requests_(connection, inbox_prefix), subject_(api_prefix + ".STREAM.MSG.GET." + stream) {}

void StreamComparison::expect(const WholeMessage &message) {
  while (!open_.empty() && (open_.size() >= most_open || open_bytes_ + message.data.size() > most_open_bytes))
    take_answer();
  const auto [asked, is_new] =
      open_.try_emplace(++last_number_, Asked{message.sequence, message.timestamp, std::string(message.subject),
                                              std::string(message.headers), std::string(message.data)});
  open_bytes_ += message.data.size();
  ask(asked->first, asked->second);
  result_.messages++;
}

Comparison StreamComparison::end() {
  while (!open_.empty())
    take_answer();
  for (auto &[sequence, sentence] : first_differences_)
    result_.differences.push_back(std::move(sentence));
  first_differences_.clear();
  return std::exchange(result_, {});
}

void StreamComparison::ask(std::uint64_t number, const Asked &asked) {
  requests_.send(subject_, json{{"seq", asked.sequence}}.dump(), number);
}

// A server that has too much to do drops requests, and while a stream gets another leader nobody answers.
void StreamComparison::take_answer() {
  const auto answer = requests_.next(silence);
  if (!answer) {
    for (auto &[number, asked] : open_) {
      if (++asked.times > most_times)
        throw NoAnswer(Unanswered::lost, "nobody answers at " + subject_ + ": see whether the stream has a leader");
      ask(number, asked);
    }
    return;
  }
  const auto found = open_.find(answer->number);
  // Else it was asked once more.
  if (found == open_.end() || !compare(found->second, answer->data()))
    return;
  open_bytes_ -= found->second.data.size();
  open_.erase(found);
}

bool StreamComparison::compare(const Asked &asked, std::string_view answer) {
  const json parsed = json::parse(answer, nullptr, false);
  // A status, which has no data: nothing is told of the message.
  if (!parsed.is_object())
    return false;
  const json error = parsed.value("error", json::object());
  const int code = error.value("err_code", 0);
  if (code == not_available_now)
    return false;
  if (!error.empty() && code != no_message)
    throw NoAnswer(Unanswered::lost,
                   "message " + std::to_string(asked.sequence) + " can't be read: " + text_in(error, "description"));
  std::string what;
  if (!parsed.contains("message")) {
    what = "is not in the stream";
  } else {
    const json &message = parsed["message"];
    if (nanoseconds_of(text_in(message, "time")) != asked.timestamp)
      what = "has another time: " + text_in(message, "time");
    else if (text_in(message, "subject") != asked.subject)
      what = "has another subject: " + text_in(message, "subject");
    else if (bytes_of_base64(text_in(message, "hdrs")) != asked.headers)
      what = "has other headers";
    else if (bytes_of_base64(text_in(message, "data")) != asked.data)
      what = "has other data";
  }
  if (what.empty())
    return true;
  result_.different++;
  first_differences_.emplace(asked.sequence, "message " + std::to_string(asked.sequence) + " " + what);
  if (first_differences_.size() > most_told)
    first_differences_.erase(std::prev(first_differences_.end()));
  return true;
}

} // namespace jetcapture::host
