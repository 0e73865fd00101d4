#include "settings/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <vector>

namespace jetcapture::host {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view &text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count]))
    count++;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

std::optional<std::uint64_t> parse_digits(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

constexpr std::uint64_t largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 7> duration_units = {{{"d", 86'400'000'000'000},
                                                 {"h", 3'600'000'000'000},
                                                 {"m", 60'000'000'000},
                                                 {"s", 1'000'000'000},
                                                 {"ms", 1'000'000},
                                                 {"us", 1'000},
                                                 {"ns", 1}}};

constexpr std::array<Unit, 10> written_size_units = {{{"PiB", 1ull << 50},
                                                      {"PB", 1'000'000'000'000'000},
                                                      {"TiB", 1ull << 40},
                                                      {"TB", 1'000'000'000'000},
                                                      {"GiB", 1ull << 30},
                                                      {"GB", 1'000'000'000},
                                                      {"MiB", 1ull << 20},
                                                      {"MB", 1'000'000},
                                                      {"KiB", 1ull << 10},
                                                      {"KB", 1'000}}};

std::optional<std::uint64_t> size_factor(std::string_view unit) {
  const std::string name = lowered(unit);
  if (name.empty() || name == "b")
    return 1;
  for (const Unit &known : written_size_units) {
    const std::string full = lowered(known.name);
    if (name == full || (full.size() == 3 && name == full.substr(0, 1)) ||
        (full.size() == 3 && name == full.substr(0, 2)))
      return known.factor;
  }
  return std::nullopt;
}

// Floor of factor * 0.digits, exactly: nested division loses nothing to rounding.
std::uint64_t fraction_of(std::uint64_t factor, std::string_view digits) {
  std::uint64_t result = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
    result = (static_cast<std::uint64_t>(*digit - '0') * factor + result) / 10;
  return result;
}

// Insertions, deletions, substitutions and swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); j++)
    above[j] = j;
  for (std::size_t i = 1; i <= a.size(); i++) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); j++) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

} // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  if (text == "0")
    return std::chrono::nanoseconds(0);
  if (text.empty())
    return std::nullopt;
  std::uint64_t total = 0;
  // Units go from large to small, each once, so that "30m1h" or "5m5m" is seen as the slip that it is.
  auto next_unit = duration_units.begin();
  while (!text.empty()) {
    const auto count = parse_digits(take_digits(text));
    if (!count)
      return std::nullopt;
    std::size_t letters = 0;
    while (letters < text.size() && !is_digit(text[letters]))
      letters++;
    const std::string unit = lowered(text.substr(0, letters));
    text.remove_prefix(letters);
    const auto found =
        std::find_if(next_unit, duration_units.end(), [&](const Unit &candidate) { return candidate.name == unit; });
    std::uint64_t part = 0;
    if (found == duration_units.end() || __builtin_mul_overflow(*count, found->factor, &part) ||
        __builtin_add_overflow(total, part, &total) || total > largest)
      return std::nullopt;
    next_unit = found + 1;
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

std::string format_duration(std::chrono::nanoseconds duration) {
  if (duration.count() <= 0)
    return "0";
  std::string text;
  auto rest = static_cast<std::uint64_t>(duration.count());
  for (const Unit &unit : duration_units) {
    if (rest >= unit.factor) {
      text += std::to_string(rest / unit.factor);
      text += unit.name;
      rest %= unit.factor;
    }
  }
  return text;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto whole = parse_digits(take_digits(text));
  if (!whole)
    return std::nullopt;
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
    if (fraction.empty())
      return std::nullopt;
  }
  if (text.size() > 1 && text.front() == ' ')
    text.remove_prefix(1);
  const auto factor = size_factor(text);
  std::uint64_t bytes = 0;
  if (!factor || (*factor == 1 && !fraction.empty()) || __builtin_mul_overflow(*whole, *factor, &bytes) ||
      __builtin_add_overflow(bytes, fraction_of(*factor, fraction), &bytes) || bytes > largest)
    return std::nullopt;
  return bytes;
}

std::string format_size(std::uint64_t bytes) {
  std::string text = std::to_string(bytes);
  for (auto unit = written_size_units.rbegin(); bytes != 0 && unit != written_size_units.rend(); ++unit) {
    if (bytes % unit->factor != 0)
      continue;
    const std::string candidate = std::to_string(bytes / unit->factor).append(unit->name);
    if (candidate.size() <= text.size())
      text = candidate;
  }
  return text;
}

std::optional<bool> parse_flag(std::string_view text) {
  const std::string word = lowered(text);
  if (word == "true" || word == "yes" || word == "on" || word == "1")
    return true;
  if (word == "false" || word == "no" || word == "off" || word == "0")
    return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::string nearest(std::string_view wrong, std::span<const std::string> candidates) {
  const std::string meant = lowered(wrong);
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, std::min<std::size_t>(3, meant.size() / 3)) + 1;
  for (const std::string &candidate : candidates) {
    const std::string name = lowered(candidate);
    // Half of a short name is another name, not a slip.
    const std::size_t distance = edit_distance(meant, name);
    if (distance < best_distance && distance < name.size()) {
      best_distance = distance;
      best = candidate;
    }
  }
  if (!best.empty() || meant.size() < 3)
    return best;
  // The beginning of one long name ("filter" for "filter-subject") is no slip of the hand, but as clear.
  std::size_t beginnings = 0;
  for (const std::string &candidate : candidates) {
    if (lowered(candidate).starts_with(meant)) {
      best = candidate;
      beginnings++;
    }
  }
  return beginnings == 1 ? best : std::string();
}

} // namespace jetcapture::host
