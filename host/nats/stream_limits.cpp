#include "nats/stream_limits.hpp"

#include "nats/server_time.hpp"
#include "settings/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using std::chrono::nanoseconds;

// Fewer messages tell no rate.
constexpr std::int64_t enough_messages = 500;
constexpr double nearly_full = 0.8;

std::int64_t integer(const json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

std::string text(const json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

nanoseconds scaled(nanoseconds span, double factor) {
  constexpr double longest = 9e18;
  return nanoseconds(static_cast<std::int64_t>(std::min(longest, static_cast<double>(span.count()) * factor)));
}

double ratio(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

} // namespace

std::string limits_of(const json &stream) {
  const json &config = stream.at("config");
  std::string limits = text(config, "discard");
  for (const char *name : {"max_age", "max_msgs", "max_bytes", "max_msgs_per_subject"})
    limits += " " + std::to_string(integer(config, name));
  return limits;
}

nanoseconds max_age_of(const json &stream) {
  return nanoseconds(integer(stream.at("config"), "max_age"));
}

namespace {

// What a limit does with messages.
struct Limit {
  EarlyDiscard kept;
  bool is_estimate = true; // by the rate at which the stream has filled; certain: that is known well
};

std::vector<Limit> limits_at_work(const json &stream, std::int64_t now) {
  const json &config = stream.at("config");
  const json &state = stream.at("state");
  std::vector<Limit> found;
  if (const nanoseconds age = max_age_of(stream); age > 0ns)
    found.push_back({{"max_age " + format_duration(age), age, true}, false});

  const std::int64_t messages = integer(state, "messages");
  const std::int64_t first = nanoseconds_of(text(state, "first_ts"));
  const nanoseconds span(now - first); // of what the stream has, up to now
  if (messages <= 0 || first <= 0 || span <= 0ns)
    return found;
  const auto by_rate = [&](const char *name, nanoseconds keeps, bool certain) {
    found.push_back({{std::string(name) + " " + std::to_string(integer(config, name)), keeps, certain}});
  };
  const bool drops_old = text(config, "discard") != "new";
  // Certain only where the rate is known well, and the limit is at work.
  const auto limit = [&](const char *name, std::int64_t most, std::int64_t used) {
    const bool near = most > 0 && ratio(used, most) >= nearly_full;
    if (drops_old && most > 0 && (near || messages >= enough_messages))
      by_rate(name, scaled(span, ratio(most, std::max<std::int64_t>(used, 1))), near && messages >= enough_messages);
  };
  limit("max_msgs", integer(config, "max_msgs"), messages);
  limit("max_bytes", integer(config, "max_bytes"), integer(state, "bytes"));
  const std::int64_t of_subject = integer(config, "max_msgs_per_subject");
  const std::int64_t subjects = integer(state, "num_subjects");
  const bool keeps_old_of_subject = !drops_old && config.value("discard_new_per_subject", false);
  if (of_subject > 0 && subjects > 0 && !keeps_old_of_subject) {
    const std::int64_t published = integer(state, "last_seq") - integer(state, "first_seq") + 1;
    const bool at_work = text(config, "retention") == "limits" && published > messages;
    if (published >= enough_messages)
      by_rate("max_msgs_per_subject", scaled(span, ratio(subjects, published) * static_cast<double>(of_subject)),
              at_work);
  }
  return found;
}

} // namespace

std::int64_t now_of(const json &stream) {
  const std::int64_t now = nanoseconds_of(text(stream, "ts"));
  return now != 0 ? now : std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::optional<EarlyDiscard> find_early_discard(const json &stream, nanoseconds hold, nanoseconds ack_wait,
                                               std::int64_t now) {
  std::vector<EarlyDiscard> found;
  for (Limit &limit : limits_at_work(stream, now)) {
    limit.kept.certain = limit.kept.certain && (!limit.is_estimate || limit.kept.keeps < hold);
    if (limit.kept.keeps < hold + ack_wait)
      found.push_back(std::move(limit.kept));
  }
  const auto worst = std::min_element(found.begin(), found.end(), [](const EarlyDiscard &a, const EarlyDiscard &b) {
    return a.certain != b.certain ? a.certain : a.keeps < b.keeps;
  });
  return worst == found.end() ? std::nullopt : std::optional(*worst);
}

std::optional<EarlyDiscard> shortest_kept(const json &stream, std::int64_t now) {
  std::optional<EarlyDiscard> shortest;
  for (Limit &limit : limits_at_work(stream, now))
    if (!shortest || limit.kept.keeps < shortest->keeps)
      shortest = std::move(limit.kept);
  return shortest;
}

} // namespace jetcapture::host
