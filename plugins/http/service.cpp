#include "http/service.hpp"

#include <algorithm>
#include <memory>

namespace jetcapture::plugins {

Call Service::call(std::function<Ask()> make, const TimeLimit &time_limit, Allowed allowed,
                   std::function<void(const Answer &)> done) {
  struct Try {
    Ask ask;
    Sent sent;
  };
  const auto current = std::make_shared<Try>();
  const auto make_request = [this, make = std::move(make), time_limit, current] {
    current->ask = make();
    return request(current->ask, time_limit, current->sent);
  };
  const auto judge_it = [this, allowed = std::move(allowed), done = std::move(done), current](const Answer &answer) {
    const Verdict verdict = judge(answer, current->ask, current->sent, allowed);
    if (verdict.next == Verdict::Next::done)
      done(answer);
    return verdict;
  };
  return {make_request, judge_it};
}

Answer Service::ask(const Ask &ask, const TimeLimit &time_limit, const Allowed &allowed) {
  return ask_anew([&ask] { return ask; }, time_limit, allowed);
}

Answer Service::ask_anew(const std::function<Ask()> &make, const TimeLimit &time_limit, const Allowed &allowed) {
  Answer kept;
  sessions_.run(call(make, time_limit, allowed, [&](const Answer &answer) { kept = answer; }), time_limit);
  return kept;
}

void Service::ask_many(unsigned most, const std::function<std::optional<Task>()> &next, const TimeLimit &time_limit) {
  sessions_.run(
      most,
      [&]() -> std::optional<Call> {
        std::optional<Task> task = next();
        if (!task)
          return std::nullopt;
        return call([ask = std::move(task->ask)] { return ask; }, time_limit, std::move(task->allowed),
                    std::move(task->done));
      },
      time_limit);
}

void Service::get(const Ask &ask, std::uint64_t begin, std::uint64_t end,
                  const std::function<void(std::string_view)> &sink, const TimeLimit &time_limit) {
  std::uint64_t next = begin; // for the sink
  if (next >= end)
    return;
  const auto rest = [&] {
    Ask again = ask;
    // A connection may break behind the last byte: then that one comes again, for an answer that is whole.
    const std::uint64_t from = std::min(next, end - 1);
    again.headers.emplace_back("range", "bytes=" + std::to_string(from) + "-" + std::to_string(end - 1));
    again.sink = [&, at = from](std::string_view piece) mutable {
      const std::uint64_t known = std::min<std::uint64_t>(next - at, piece.size());
      at += piece.size();
      piece.remove_prefix(static_cast<std::size_t>(known));
      if (at > end)
        throw Retry("can't " + ask.what + ": the service gives more than the range that it was asked for");
      next += piece.size();
      if (!piece.empty())
        sink(piece);
    };
    return again;
  };
  ask_anew(rest, time_limit);
  if (next < end)
    throw Retry("can't " + ask.what + ": the service gave " + std::to_string(next - begin) + " bytes instead of " +
                std::to_string(end - begin));
}

} // namespace jetcapture::plugins
