#include "settings/error.hpp"
#include "settings/file_text.hpp"
#include "settings/given.hpp"
#include "settings/values.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace jetcapture::host {
namespace {

[[noreturn]] void refuse(const Given &given, const std::string &clause) {
  throw StartupError(given.where + ": " + clause);
}

[[noreturn]] void refuse_value(const Given &given, const std::string &clause) {
  refuse(given, '"' + given.value + "\" " + clause);
}

std::string in_words(const Flag &flag, std::int64_t value) {
  switch (flag.kind) {
  case FlagKind::duration:
    return format_duration(std::chrono::nanoseconds(value));
  case FlagKind::size:
    return format_size(static_cast<std::uint64_t>(value));
  default:
    return std::to_string(value);
  }
}

template <class Number>
Number within_range(const Given &given, std::int64_t value) {
  const Flag &flag = *given.flag;
  if (value < flag.details.minimum)
    refuse_value(given, "is too small; the least is " + in_words(flag, flag.details.minimum));
  if (value > flag.details.maximum)
    refuse_value(given, "is too large; the most is " + in_words(flag, flag.details.maximum));
  return static_cast<Number>(value);
}

std::int64_t parse_whole(const Given &given) {
  if (given.flag->kind == FlagKind::size) {
    if (const auto bytes = parse_size(given.value))
      return static_cast<std::int64_t>(*bytes);
    refuse_value(given, "is not a size; write for example 1048576, 64KiB or 10MB");
  }
  if (const auto count = parse_integer(given.value))
    return *count;
  refuse_value(given, "is not a whole number");
}

std::size_t choice_index(const Given &given) {
  const auto choices = given.flag->details.choices;
  const auto found = std::find(choices.begin(), choices.end(), given.value);
  if (found != choices.end())
    return static_cast<std::size_t>(found - choices.begin());
  std::string list;
  for (const std::string_view choice : choices)
    list.append(list.empty() ? "" : choice == choices.back() ? " or " : ", ").append(choice);
  const std::vector<std::string> names(choices.begin(), choices.end());
  const std::string meant = nearest(given.value, names);
  refuse_value(given, "is not one of its choices; " +
                          (meant.empty() ? "write " + list : "did you mean " + meant + "? It takes " + list));
}

// Without credentials: what a server's URL looks like may be shown, what is before its '@' may not.
std::string server_url(const Given &given) {
  const std::string &text = given.value;
  const std::size_t scheme_end = text.find("://");
  const std::string url = scheme_end == std::string::npos ? "nats://" + text : text;
  const std::string scheme = url.substr(0, url.find("://"));
  const std::string rest = url.substr(scheme.size() + 3);
  const std::string host = rest.substr(rest.rfind('@') + 1);
  if (scheme != "nats" && scheme != "tls")
    refuse(given, "the URL scheme \"" + scheme + "\" is not supported; write nats://HOST:PORT or tls://HOST:PORT");
  if (host.empty() || host.front() == ':' || host.find(' ') != std::string::npos)
    refuse(given, "the URL has no host; write for example nats://127.0.0.1:4222");
  return url;
}

std::string secret_from(const Given &given) {
  auto secret = file_text(given.value);
  if (!secret)
    refuse_value(given, "can't be read; check the path and the file's permissions");
  while (secret->ends_with('\n') || secret->ends_with('\r'))
    secret->pop_back();
  if (secret->empty())
    refuse_value(given, "is empty; it should hold the secret");
  return *std::move(secret);
}

} // namespace

void apply(const Given &given, Settings &settings) {
  const Flag &flag = *given.flag;
  std::visit(
      [&](auto member_of) {
        if constexpr (!std::is_same_v<decltype(member_of), std::monostate>) {
          auto &member = member_of(settings);
          using Value = std::remove_reference_t<decltype(member)>;
          if constexpr (std::is_same_v<Value, std::string>) {
            member = flag.kind == FlagKind::choice        ? std::string(flag.details.choices[choice_index(given)])
                     : flag.kind == FlagKind::secret_file ? secret_from(given)
                                                          : given.value;
          } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
            member.push_back(flag.name == "server" ? server_url(given) : given.value);
          } else if constexpr (std::is_same_v<Value, bool>) {
            const auto parsed = parse_flag(given.value);
            if (!parsed)
              refuse_value(given, "is neither true nor false");
            member = *parsed;
          } else if constexpr (std::is_same_v<Value, std::chrono::nanoseconds>) {
            const auto parsed = parse_duration(given.value);
            if (!parsed)
              refuse_value(given, "is not a duration; write for example 90s, 15m or 1h30m");
            member = std::chrono::nanoseconds(within_range<std::int64_t>(given, parsed->count()));
          } else if constexpr (std::is_enum_v<Value>) {
            member = static_cast<Value>(choice_index(given));
          } else {
            member = within_range<Value>(given, parse_whole(given));
          }
        }
      },
      flag.member);
}

std::string suggestion(std::string_view wrong, const std::vector<std::string> &names, std::string_view prefix) {
  const std::string meant = nearest(wrong, names);
  return meant.empty() ? "" : "; did you mean " + std::string(prefix) + meant + "?";
}

std::vector<std::string> split(std::string_view value, char separator) {
  std::vector<std::string> items;
  while (true) {
    const std::size_t end = separator == 0 ? std::string_view::npos : value.find(separator);
    std::string_view item = value.substr(0, end);
    while (item.starts_with(' ') || item.starts_with('\t'))
      item.remove_prefix(1);
    while (item.ends_with(' ') || item.ends_with('\t'))
      item.remove_suffix(1);
    if (!item.empty())
      items.emplace_back(item);
    if (end == std::string_view::npos)
      return items;
    value.remove_prefix(end + 1);
  }
}

} // namespace jetcapture::host
