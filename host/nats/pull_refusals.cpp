#include "nats/pull_refusals.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr PullRefusals::Clock::duration shortest_pause = 500ms;
constexpr PullRefusals::Clock::duration longest_pause = 10s;
constexpr PullRefusals::Clock::duration told_again_after = 10min;
constexpr std::size_t most_texts = 16;
constexpr std::size_t longest_text = 120;
constexpr const char *other = "other";

} // namespace

PullRefusals::PullRefusals(std::string info, Log &log) : info_(std::move(info)), log_(log), pause_(shortest_pause) {}

PullRefusals::Clock::duration PullRefusals::note(int status, const std::string &description, Clock::time_point now) {
  const std::string text = (std::to_string(status) + " " + description).substr(0, longest_text);
  refusing_ = true;
  {
    const MutexLock lock(mutex_);
    last_ = text;
    const bool known = texts_.size() < most_texts || texts_.contains(text);
    Text &of = texts_[known ? text : other];
    of.count++;
    if (!of.told || now - *of.told >= told_again_after) {
      of.told = now;
      log_.warn("the server refuses a pull request; it is tried again",
                {{"status", status}, {"description", description}});
    }
  }
  return std::exchange(pause_, std::min(pause_ * 2, longest_pause));
}

void PullRefusals::over() {
  if (!std::exchange(refusing_, false))
    return;
  pause_ = shortest_pause;
  const MutexLock lock(mutex_);
  last_.clear();
}

std::map<std::string, std::uint64_t> PullRefusals::counts() const {
  const MutexLock lock(mutex_);
  std::map<std::string, std::uint64_t> counts;
  for (const auto &[text, of] : texts_)
    counts[text] = of.count;
  return counts;
}

std::string PullRefusals::trouble() const {
  const MutexLock lock(mutex_);
  return last_.empty()
             ? ""
             : "the server refuses pull requests (" + last_ + "): see what the consumer allows, by `" + info_ + "`";
}

} // namespace jetcapture::host
