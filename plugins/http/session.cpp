#include "http/session.hpp"

#include "http/transfer.hpp"

#include <algorithm>
#include <ctime>
#include <list>
#include <random>

#include <curl/curl.h>

namespace jetcapture::plugins {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Deadline and cancellation are looked at this often.
constexpr auto look_around = 250ms;
constexpr auto tidying_time = 5s;

std::int64_t monotonic_now() {
  std::timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

struct LibraryInit {
  LibraryInit() { ::curl_global_init(CURL_GLOBAL_DEFAULT); }
};

} // namespace

Persistence persistence_of(const Options &options) {
  Persistence persistence;
  persistence.stall =
      std::max(std::chrono::seconds(1), std::chrono::ceil<std::chrono::seconds>(options.duration("stall-timeout")));
  return persistence;
}

void TimeLimit::check() const {
  if (heeds_cancel && host.cancelled())
    throw Retry("the host wants to end, so the service is not waited for");
  if (is_over())
    throw Retry("the deadline has passed before the service was done");
}

bool TimeLimit::is_over() const {
  return monotonic_now() > deadline;
}

TimeLimit TimeLimit::at_most(std::chrono::nanoseconds duration) const {
  TimeLimit shorter = *this;
  shorter.deadline = std::min(deadline, monotonic_now() + duration.count());
  return shorter;
}

TimeLimit TimeLimit::for_tidying() const {
  return {host, monotonic_now() + std::chrono::nanoseconds(tidying_time).count(), false};
}

// The connections of one thread at a time.
class Sessions::Lane {
public:
  Lane() : multi_(::curl_multi_init(), ::curl_multi_cleanup), random_(std::random_device{}()) {
    if (multi_ == nullptr)
      throw Retry("libcurl has no handle left");
  }

  void run(unsigned most, const std::function<std::optional<Call>()> &next, const TimeLimit &time_limit,
           const Persistence &persistence) {
    const Cleared cleared(*this);
    bool more = true;
    while (true) {
      time_limit.check();
      while (more && flights_.size() < most) {
        std::optional<Call> call = next();
        more = call.has_value();
        if (call)
          flights_.push_back({std::move(*call), nullptr, 0, 0, Clock::now()});
        time_limit.check();
      }
      if (flights_.empty())
        return;
      for (Flight &flight : flights_)
        if (flight.transfer == nullptr && flight.not_before <= Clock::now())
          take_off(flight, persistence);
      wait(time_limit);
      land(time_limit, persistence);
    }
  }

private:
  struct Flight {
    Call call;
    std::unique_ptr<Transfer> transfer; // none while it pauses
    unsigned tries = 0;
    unsigned at_once = 0;
    Clock::time_point not_before;
  };

  // A thrown error leaves no transfer in the multi handle.
  struct Cleared {
    explicit Cleared(Lane &of) : lane(of) {}
    ~Cleared() {
      for (Flight &flight : lane.flights_)
        lane.stop(flight);
      lane.flights_.clear();
    }
    Cleared(const Cleared &) = delete;
    Cleared &operator=(const Cleared &) = delete;
    Lane &lane;
  };

  void take_off(Flight &flight, const Persistence &persistence) {
    flight.transfer = std::make_unique<Transfer>(flight.call.request(), persistence.stall);
    if (::curl_multi_add_handle(multi_.get(), flight.transfer->handle()) != CURLM_OK) {
      flight.transfer.reset();
      throw Retry("libcurl takes no more requests");
    }
    flight.tries++;
  }

  void stop(Flight &flight) {
    if (flight.transfer != nullptr)
      ::curl_multi_remove_handle(multi_.get(), flight.transfer->handle());
    flight.transfer.reset();
  }

  void wait(const TimeLimit &time_limit) {
    auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(look_around);
    for (const Flight &flight : flights_)
      if (flight.transfer == nullptr)
        longest =
            std::clamp(std::chrono::ceil<std::chrono::milliseconds>(flight.not_before - Clock::now()), 0ms, longest);
    if (time_limit.deadline != INT64_MAX)
      longest = std::clamp(
          std::chrono::ceil<std::chrono::milliseconds>(std::chrono::nanoseconds(time_limit.deadline - monotonic_now())),
          0ms, longest);
    int running = 0;
    ::curl_multi_perform(multi_.get(), &running);
    ::curl_multi_poll(multi_.get(), nullptr, 0, running_or_paused(running, longest), nullptr);
    ::curl_multi_perform(multi_.get(), &running);
  }

  // With a transfer over already there is nothing to wait for.
  int running_or_paused(int running, std::chrono::milliseconds longest) const {
    const auto in_the_air = std::count_if(flights_.begin(), flights_.end(),
                                          [](const Flight &flight) { return flight.transfer != nullptr; });
    return running < in_the_air ? 0 : static_cast<int>(longest.count());
  }

  void land(const TimeLimit &time_limit, const Persistence &persistence) {
    int left = 0;
    while (const CURLMsg *const message = ::curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      const CURLcode code = message->data.result;
      const auto flight = std::find_if(flights_.begin(), flights_.end(), [&](const Flight &candidate) {
        return candidate.transfer != nullptr && candidate.transfer->handle() == message->easy_handle;
      });
      const Answer answer = flight->transfer->answer(code);
      stop(*flight);
      const Verdict verdict = flight->call.judge(answer);
      if (verdict.next == Verdict::Next::done)
        flights_.erase(flight);
      else
        again(*flight, verdict, time_limit, persistence);
    }
  }

  void again(Flight &flight, const Verdict &verdict, const TimeLimit &time_limit, const Persistence &persistence) {
    if (flight.tries >= persistence.tries)
      throw Retry(verdict.sentence);
    // Once, so that a service that changes its mind does not keep this thread for ever.
    if (verdict.next == Verdict::Next::at_once && flight.at_once++ == 0) {
      flight.not_before = Clock::now();
      return;
    }
    auto pause = persistence.first_pause * (std::int64_t{1} << std::min(flight.tries - 1, 16U));
    pause = std::min<std::chrono::milliseconds>(pause, persistence.longest_pause);
    pause =
        pause / 2 + std::chrono::milliseconds(static_cast<std::int64_t>(random_() % 1024) * (pause.count() / 2) / 1024);
    if (verdict.pause)
      pause = std::max<std::chrono::milliseconds>(pause, *verdict.pause);
    if (time_limit.deadline != INT64_MAX &&
        monotonic_now() + std::chrono::nanoseconds(pause).count() > time_limit.deadline)
      throw Retry(verdict.sentence);
    flight.not_before = Clock::now() + pause;
  }

  const std::unique_ptr<CURLM, CURLMcode (*)(CURLM *)> multi_;
  std::mt19937 random_;
  std::list<Flight> flights_;
};

Sessions::Sessions(Persistence persistence) : persistence_(persistence) {
  static const LibraryInit once;
}

Sessions::~Sessions() = default;

void Sessions::run(unsigned most, const std::function<std::optional<Call>()> &next, const TimeLimit &time_limit) {
  std::unique_ptr<Lane> lane;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      lane = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (lane == nullptr)
    lane = std::make_unique<Lane>();
  const auto give_back = [this](Lane *used) {
    const std::lock_guard lock(mutex_);
    idle_.emplace_back(used);
  };
  const std::unique_ptr<Lane, decltype(give_back)> borrowed(lane.release(), give_back);
  borrowed->run(most, next, time_limit, persistence_);
}

void Sessions::run(const Call &call, const TimeLimit &time_limit) {
  bool given = false;
  run(
      1,
      [&]() -> std::optional<Call> {
        if (given)
          return std::nullopt;
        given = true;
        return call;
      },
      time_limit);
}

} // namespace jetcapture::plugins
