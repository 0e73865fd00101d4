// The time by which a record is filed, as the decoders here let the user choose it: `--decoder-opt
// time=field:/created_at`.
//
//   stream          the time at which the stream took the message
//   field:/pointer  a field of the decoded object, where the decoder has fields
//   header:NAME     the first header of that name
//
// It is a function of the message alone, so that a redelivery is filed where the message was.
#pragma once

#include "common/epoch.hpp"
#include "common/header.hpp"
#include "common/rfc3339.hpp"
#include "common/shortened.hpp"

#include <jetcapture/plugin.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::common {

inline constexpr const char *time_unit_choices[] = {"auto", "rfc3339", "s", "ms", "us", "ns", nullptr};
inline constexpr const char *time_missing_choices[] = {"stream", "refuse", nullptr};

inline constexpr jetcapture_option time_option =
    text_option("time", "stream",
                "the time by which a record is put into a block: field:/created_at, header:Name, or stream, when the "
                "stream took the message");
inline constexpr jetcapture_option header_time_option =
    text_option("time", "stream",
                "the time by which a message is put into a block: header:Name, or stream, when the stream took it");
inline constexpr jetcapture_option time_unit_option =
    choice_option("time-unit", time_unit_choices, "auto",
                  "how that time is written: RFC 3339, or a number since 1970 in this unit; auto takes RFC 3339, and "
                  "numbers by their digits before the point: up to 10 are s, 13 ms, 16 us, more ns");
inline constexpr jetcapture_option time_missing_option =
    choice_option("time-missing", time_missing_choices, "stream",
                  "when that time is not there, is null or 0, can't be read, or is outside the years 1700 to 2199: "
                  "the stream's time, or refuse the message (it goes to quarantine)");
inline constexpr jetcapture_option time_ahead_option =
    duration_option("time-ahead", nullptr,
                    "a time that is later than the stream's by more than this counts as missing (default: no limit)");

class EventTime {
public:
  // fields: whether field:/pointer is known. Throws Misconfigured.
  EventTime(const Options &options, bool fields)
      : spec_(options.text("time")), unit_(unit_of(options.text("time-unit"))),
        numbers_(options.text("time-unit") != "rfc3339"),
        texts_(options.text("time-unit") == "auto" || options.text("time-unit") == "rfc3339"),
        refuse_(options.text("time-missing") == "refuse") {
    if (options.has("time-ahead"))
      ahead_ = options.duration("time-ahead").count();
    const std::size_t colon = spec_.find(':');
    const std::string kind = spec_.substr(0, colon);
    const std::string rest = colon == std::string::npos ? "" : spec_.substr(colon + 1);
    if (spec_ == "stream") {
      for (const char *other : {"time-unit", "time-missing", "time-ahead"})
        if (options.given(other))
          throw Misconfigured(std::string("the option ") + other + " says how the option time is read: give time too");
    } else if (kind == "header" && !rest.empty()) {
      header_ = rest;
    } else if (kind == "field" && fields && rest.starts_with('/')) {
      pointer_ = rest;
    } else {
      throw Misconfigured("the option time is \"" + spec_ + "\": write " + (fields ? "field:/created_at, " : "") +
                          "header:Name or stream");
    }
  }

  // Of the field; nullopt: the time is none of a field.
  const std::optional<std::string> &pointer() const { return pointer_; }

  // Of an item: nanoseconds since 1970, or JETCAPTURE_NO_TIME for the stream's. field(): the field's value; null where
  // it is not there. Throws BadData.
  template <class Field>
  std::int64_t of(const jetcapture_message &message, Field &&field) const {
    if (!pointer_)
      return of(message);
    return checked(field(), message);
  }
  std::int64_t of(const jetcapture_message &message) const {
    if (!header_)
      return JETCAPTURE_NO_TIME;
    const auto found = header_of(message, *header_);
    return checked(found ? jetcapture_text_value(JETCAPTURE_TEXT, text(*found)) : jetcapture_null(), message);
  }

private:
  static constexpr std::int64_t day = 86'400'000'000'000;

  static EpochUnit unit_of(std::string_view name) {
    return name == "s"    ? EpochUnit::seconds
           : name == "ms" ? EpochUnit::milliseconds
           : name == "us" ? EpochUnit::microseconds
           : name == "ns" ? EpochUnit::nanoseconds
                          : EpochUnit::automatic;
  }

  std::int64_t checked(const jetcapture_value &value, const jetcapture_message &message) const {
    if (value.kind == JETCAPTURE_NULL)
      return missing("is not there");
    const auto [time, is_time] = read(value);
    if (!is_time)
      return missing("is not written as the option time-unit says", value);
    if (!time || *time < JETCAPTURE_FIRST_TIME || *time > JETCAPTURE_LAST_TIME)
      return missing("is outside the years 1700 to 2199", value);
    if (*time == 0 && value.kind != JETCAPTURE_TIMESTAMP && value.kind != JETCAPTURE_DATE)
      return missing("is 0");
    // The difference of two times in range fits into 64 bits only by half.
    if (ahead_ && *time > message.timestamp &&
        static_cast<std::uint64_t>(*time) - static_cast<std::uint64_t>(message.timestamp) >
            static_cast<std::uint64_t>(*ahead_))
      return missing("is later than the stream's by more than the option time-ahead allows", value);
    return *time;
  }

  struct Read {
    std::optional<std::int64_t> time; // nullopt: 64 bits don't hold it
    bool is_time = true;
  };
  Read read(const jetcapture_value &value) const {
    std::array<char, 32> place;
    const auto number = [&](auto given) {
      const char *const end = std::to_chars(place.data(), place.data() + place.size(), given).ptr;
      return read_number({place.data(), static_cast<std::size_t>(end - place.data())});
    };
    switch (value.kind) {
    case JETCAPTURE_TIMESTAMP:
      return {value.as.integer};
    case JETCAPTURE_DATE:
      if (value.as.integer > JETCAPTURE_LAST_TIME / day || value.as.integer < JETCAPTURE_FIRST_TIME / day)
        return {std::nullopt};
      return {value.as.integer * day};
    case JETCAPTURE_INTEGER:
      return number(value.as.integer);
    case JETCAPTURE_UNSIGNED:
      return number(value.as.uinteger);
    case JETCAPTURE_NUMBER:
      return number(value.as.number);
    case JETCAPTURE_DECIMAL:
      return read_number(view(value.as.text));
    case JETCAPTURE_TEXT:
      return read_text(view(value.as.text));
    default:
      return {std::nullopt, false};
    }
  }
  Read read_number(std::string_view written) const {
    const auto number = numbers_ ? parse_decimal(written) : std::nullopt;
    return number ? Read{nanoseconds_of(*number, unit_)} : Read{std::nullopt, false};
  }
  Read read_text(std::string_view written) const {
    if (texts_)
      if (const auto time = parse_rfc3339(written))
        return {time};
    return read_number(written);
  }

  std::int64_t missing(const char *why, const jetcapture_value &value = jetcapture_null()) const {
    if (!refuse_)
      return JETCAPTURE_NO_TIME;
    const bool has_text = value.kind == JETCAPTURE_TEXT || value.kind == JETCAPTURE_DECIMAL;
    throw BadData("the time " + spec_ + (has_text ? " \"" + shortened(view(value.as.text)) + "\" " : " ") + why);
  }

  const std::string spec_;
  const EpochUnit unit_;
  const bool numbers_;
  const bool texts_;
  const bool refuse_;
  std::optional<std::int64_t> ahead_;
  std::optional<std::string> pointer_;
  std::optional<std::string> header_;
};

} // namespace jetcapture::common
