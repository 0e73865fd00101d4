// The types that a user may give a column: "name:integer".
#pragma once

#include <jetcapture/payload.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace jetcapture::common {

enum class Type { automatic, text, integer, unsigned_integer, number, decimal, flag, timestamp, date, json };

inline constexpr const char *type_list =
    "auto, text, integer, unsigned, number, decimal, flag, timestamp, date and json";

struct TypeOption {
  std::string_view name;
  Type type;
};
inline constexpr TypeOption type_options[] = {{"auto", Type::automatic},  {"text", Type::text},
                                              {"integer", Type::integer}, {"unsigned", Type::unsigned_integer},
                                              {"number", Type::number},   {"decimal", Type::decimal},
                                              {"flag", Type::flag},       {"timestamp", Type::timestamp},
                                              {"date", Type::date},       {"json", Type::json}};

// nullopt: there is no such type.
inline std::optional<Type> type_of(std::string_view name) {
  for (const TypeOption &option : type_options)
    if (option.name == name)
      return option.type;
  return std::nullopt;
}

// As type_of() takes it.
inline std::string_view option_name(Type type) {
  for (const TypeOption &option : type_options)
    if (option.type == type)
      return option.name;
  return "";
}

// The kind of a column of that type; JETCAPTURE_NULL where each value tells its own.
inline std::int32_t kind_of(Type type) {
  switch (type) {
  case Type::automatic:
    return JETCAPTURE_NULL;
  case Type::text:
    return JETCAPTURE_TEXT;
  case Type::integer:
    return JETCAPTURE_INTEGER;
  case Type::unsigned_integer:
    return JETCAPTURE_UNSIGNED;
  case Type::number:
    return JETCAPTURE_NUMBER;
  case Type::decimal:
    return JETCAPTURE_DECIMAL;
  case Type::flag:
    return JETCAPTURE_FLAG;
  case Type::timestamp:
    return JETCAPTURE_TIMESTAMP;
  case Type::date:
    return JETCAPTURE_DATE;
  case Type::json:
    return JETCAPTURE_JSON;
  }
  return JETCAPTURE_NULL;
}

// For sentences: "expected an integer of 64 bits".
inline std::string_view name_of(Type type) {
  switch (type) {
  case Type::automatic:
  case Type::json:
    return "any value";
  case Type::text:
    return "text";
  case Type::integer:
    return "an integer of 64 bits";
  case Type::unsigned_integer:
    return "an unsigned integer of 64 bits";
  case Type::number:
    return "a number in the range of a double";
  case Type::decimal:
    return "a number as JSON writes it";
  case Type::flag:
    return "a flag";
  case Type::timestamp:
    return "a time as RFC 3339 writes it, from 1677-09-21 to 2262-04-11, with seconds up to 59";
  case Type::date:
    return "a date as in 2026-11-27, from year 0001 to 9999";
  }
  return "";
}

} // namespace jetcapture::common
