// The columns of records that come from JSON objects: chosen by the user, or found as they come.
#pragma once

#include "common/column_type.hpp"

#include <jetcapture/plugin.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace jetcapture::json {

using common::Type;

// One entry of the option fields: "name=/pointer:type"; name and type may be left out.
struct Field {
  std::string name;
  std::string pointer; // RFC 6901, checked
  Type type = Type::automatic;
};

// Throws Misconfigured.
Field parse_field(const std::string &text);
// A JSON pointer's tokens, unescaped. Throws Misconfigured: it does not begin with a slash, or has a wrong ~.
std::vector<std::string> pointer_tokens(const std::string &pointer);

// A growing list of columns with the schema of the moment. Schemas that were given out stay valid as long as this lives.
class Columns {
public:
  std::size_t size() const { return columns_.size(); }
  // Adds a column; the schema of the moment is another one from here on.
  std::size_t add(std::string name, std::int32_t kind);
  // The column of that name; expected is tried first.
  std::optional<std::size_t> find(std::string_view name, std::size_t expected) const;
  const jetcapture_schema *schema();

private:
  struct Snapshot {
    std::vector<const jetcapture_column *> pointers;
    jetcapture_schema schema;
  };
  std::deque<std::string> names_;
  std::deque<jetcapture_column> columns_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::deque<Snapshot> snapshots_;
};

} // namespace jetcapture::json
