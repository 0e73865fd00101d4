#include "terminal/progress_text.hpp"

#include "terminal/figures.hpp"

#include <algorithm>
#include <string_view>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

constexpr auto window = 5s;
// Below it, what is in the stream is only on its way here.
constexpr double seconds_of_flight = 0.5;
constexpr double slow = 0.001; // of the lag, a second

// Terminals obey control characters, also those of U+0080 to U+009F.
std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); i++) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    result += byte < 0x20 || byte == 0x7F || c1 ? '?' : text[i];
    i += c1 ? 1 : 0;
  }
  return result;
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::string cut(const std::string &text, std::size_t columns) {
  std::size_t taken = 0;
  for (std::size_t i = 0; i < text.size(); i++)
    if (!continues_character(text[i]) && taken++ == columns)
      return text.substr(0, i);
  return text;
}

std::string per_second(double rate) {
  return count_text(static_cast<std::uint64_t>(rate + 0.5)) + " msg/s";
}

} // namespace

void ProgressText::remember(const Progress &now, std::chrono::steady_clock::time_point time) {
  looks_.push_back({time, now.messages, now.message_bytes, now.lag});
  while (looks_.size() > 2 && looks_[1].time <= time - window)
    looks_.pop_front();
}

std::string ProgressText::trouble(const Progress &now, std::chrono::steady_clock::time_point time) {
  std::string what;
  std::string why;
  if (!now.connected) {
    what = "NATS DISCONNECTED";
  } else if (!now.journal_trouble.empty()) {
    what = "JOURNAL FAILING";
    why = printable(now.journal_trouble);
  } else if (!now.store_trouble.empty()) {
    what = "STORE FAILING";
    why = printable(now.store_trouble);
  } else if (now.paused) {
    what = "PAUSED";
    why = "memory is used up until blocks are stored";
  } else {
    trouble_since_.reset();
    return "";
  }
  if (!trouble_since_)
    trouble_since_ = time;
  return what + " for " + short_duration(time - *trouble_since_) + (why.empty() ? "" : ": " + why);
}

std::string ProgressText::lag_text(const Progress &now) const {
  if (!now.lag)
    return "";
  const Look &first = looks_.front();
  const Look &last = looks_.back();
  const double seconds = Seconds(last.time - first.time).count();
  const double rate = seconds > 0 ? static_cast<double>(last.messages - first.messages) / seconds : 0;
  const auto lag = static_cast<double>(*now.lag);
  if (*now.lag == 0 || (rate > 0 && lag < rate * seconds_of_flight))
    return "  up to date";
  std::string text = "  lag " + count_text(*now.lag);
  if (now.behind && *now.behind >= 1s)
    text += " (" + short_duration(*now.behind) + " behind)";
  if (seconds <= 0 || !first.lag)
    return text;
  const double caught_up = (static_cast<double>(*first.lag) - lag) / seconds;
  if (caught_up > lag * slow)
    return text + "  caught up in " +
           short_duration(std::chrono::duration_cast<std::chrono::nanoseconds>(Seconds(lag / caught_up)));
  return text + (caught_up < -lag * slow ? "  falling behind" : "  not catching up");
}

std::string ProgressText::line(const Progress &now, std::chrono::steady_clock::time_point time, std::size_t columns,
                               bool colour) {
  remember(now, time);
  const std::string wrong = trouble(now, time);
  const double seconds = Seconds(looks_.back().time - looks_.front().time).count();
  std::string state;
  if (seconds > 0) {
    const auto rate_of = [&](std::uint64_t last, std::uint64_t first) {
      return static_cast<double>(last - first) / seconds;
    };
    state = "  " + per_second(rate_of(now.messages, looks_.front().messages)) + "  " +
            bytes_text(rate_of(now.message_bytes, looks_.front().message_bytes)) + "/s";
  }
  const std::string blocks = "  blocks " + count_text(now.open_blocks) + " open, " + count_text(now.storing_blocks) +
                             " storing, " + count_text(now.stored_blocks) + " stored";
  const std::string head = printable(stream_) + "  ";
  std::string rest;
  if (now.draining)
    rest = (wrong.empty() ? "" : "  ") + std::string("stopping  ") + count_text(now.in_flight) + " in flight" + blocks;
  else if (!wrong.empty())
    rest = "  " + count_text(now.in_flight) + " in flight" + lag_text(now) + blocks;
  else
    rest = (state.empty() ? "starting" : state.substr(2)) + lag_text(now) + blocks;
  // The reason gives way to the figures where the line is short.
  const std::size_t reserved = head.size() + rest.size();
  const std::size_t room = std::max(columns > reserved ? columns - reserved : 0, std::min<std::size_t>(columns, 40));
  std::string shown = cut(wrong, room);
  if (shown.size() < wrong.size() && room > 1)
    shown = cut(wrong, room - 1) + "…";
  const std::string plain = cut(head + shown + rest, columns);
  if (!colour || shown.empty())
    return plain;
  const std::size_t begin = std::min(head.size(), plain.size());
  const std::size_t end = std::min(begin + shown.size(), plain.size());
  return plain.substr(0, begin) + "\x1b[1;31m" + plain.substr(begin, end - begin) + "\x1b[0m" + plain.substr(end);
}

} // namespace jetcapture::host
