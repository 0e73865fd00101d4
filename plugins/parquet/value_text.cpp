#include "parquet/value_text.hpp"

#include "text/base64.hpp"
#include "text/json.hpp"
#include "text/numbers.hpp"
#include "text/timestamp.hpp"

#include <chrono>
#include <cmath>

namespace jetcapture::plugins {

namespace {

template <class Format>
void put_formatted(Out out, std::size_t longest, Format format_at) {
  char *const place = out.reserve(longest);
  out.wrote(static_cast<std::size_t>(format_at(place) - place));
}

// "2024-02-29"; the year is one of 0001 to 9999 (value_checks.hpp).
void put_date(Out out, std::int64_t days) {
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<std::chrono::days::rep>(days)}}};
  const std::string year = std::to_string(static_cast<int>(date.year()));
  const std::string month = std::to_string(static_cast<unsigned>(date.month()));
  const std::string day = std::to_string(static_cast<unsigned>(date.day()));
  out.put(std::string(4 - year.size(), '0') + year + (month.size() == 1 ? "-0" : "-") + month +
          (day.size() == 1 ? "-0" : "-") + day);
}

// In JSON these are strings.
bool needs_quotes(const Held &value) {
  return value.kind == JETCAPTURE_TIMESTAMP || value.kind == JETCAPTURE_DATE ||
         (value.kind == JETCAPTURE_NUMBER && !std::isfinite(value.number()));
}

} // namespace

void put_as_text(Out out, const Held &value) {
  switch (value.kind) {
  case JETCAPTURE_FLAG:
    return out.put(value.bits != 0 ? "true" : "false");
  case JETCAPTURE_INTEGER:
    return put_formatted(out, longest_number, [&](char *at) { return format(at, value.integer()); });
  case JETCAPTURE_UNSIGNED:
    return put_formatted(out, longest_number, [&](char *at) { return format(at, value.bits); });
  case JETCAPTURE_NUMBER:
    return put_formatted(out, longest_number, [&](char *at) { return format(at, value.number()); });
  case JETCAPTURE_TIMESTAMP:
    return put_formatted(out, longest_timestamp, [&](char *at) { return format_timestamp(at, value.integer()); });
  case JETCAPTURE_DATE:
    return put_date(out, value.integer());
  case JETCAPTURE_BYTES:
    return put_base64(out, value.text);
  default:
    return out.put(value.text);
  }
}

void put_as_json(Out out, const Held &value) {
  switch (value.kind) {
  case JETCAPTURE_NULL:
    return out.put("null");
  case JETCAPTURE_TEXT:
    put_json_string(out, value.text);
    return;
  case JETCAPTURE_BYTES:
    return put_json_base64(out, value.text);
  default: {
    const std::string_view quote = needs_quotes(value) ? "\"" : "";
    out.put(quote);
    put_as_text(out, value);
    out.put(quote);
  }
  }
}

} // namespace jetcapture::plugins
