#include "http/service.hpp"

#include <memory>

namespace jetcapture::plugins {

Call Service::call(std::function<Ask()> make, const Patience &patience, Allowed allowed,
                   std::function<void(const Answer &)> done) {
  struct Try {
    Ask ask;
    Sent sent;
  };
  const auto current = std::make_shared<Try>();
  const auto make_request = [this, make = std::move(make), patience, current] {
    current->ask = make();
    return request(current->ask, patience, current->sent);
  };
  const auto judge_it = [this, allowed = std::move(allowed), done = std::move(done), current](const Answer &answer) {
    const Verdict verdict = judge(answer, current->ask, current->sent, allowed);
    if (verdict.next == Verdict::Next::done)
      done(answer);
    return verdict;
  };
  return {make_request, judge_it};
}

Answer Service::ask(const Ask &ask, const Patience &patience, const Allowed &allowed) {
  return ask_anew([&ask] { return ask; }, patience, allowed);
}

Answer Service::ask_anew(const std::function<Ask()> &make, const Patience &patience, const Allowed &allowed) {
  Answer kept;
  sessions_.run(call(make, patience, allowed, [&](const Answer &answer) { kept = answer; }), patience);
  return kept;
}

void Service::ask_many(unsigned most, const std::function<std::optional<Task>()> &next, const Patience &patience) {
  sessions_.run(
      most,
      [&]() -> std::optional<Call> {
        std::optional<Task> task = next();
        if (!task)
          return std::nullopt;
        return call([ask = std::move(task->ask)] { return ask; }, patience, nullptr, std::move(task->done));
      },
      patience);
}

void Service::get(const Ask &ask, std::uint64_t bytes, const std::function<void(std::string_view)> &sink,
                  const Patience &patience) {
  std::uint64_t taken = 0;
  const auto rest = [&] {
    Ask again = ask;
    if (taken > 0)
      again.headers.emplace_back("range", "bytes=" + std::to_string(taken) + "-");
    again.sink = [&](std::string_view piece) {
      sink(piece);
      taken += piece.size();
    };
    return again;
  };
  if (bytes > 0)
    ask_anew(rest, patience,
             [&](const Answer &answer, const std::string &) { return answer.status == 416 && taken == bytes; });
}

} // namespace jetcapture::plugins
