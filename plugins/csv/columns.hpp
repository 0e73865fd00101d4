// Which value of a record goes into which field.
#pragma once

#include "jetcapture/payload.h"
#include "text/json_keys.hpp"
#include "text/schema_layouts.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::plugins {

// The names in a header row, in order. Never changes.
using Header = std::vector<std::string>;

// Throws BadData: the columns are not as payload.h has them.
Header header_of(const jetcapture_schema &schema);

constexpr std::uint32_t absent = UINT32_MAX;

// A schema's columns under a header, matched by name; a name that comes several times matches in the order of its
// coming.
struct Columns {
  // Throws BadData: the columns are not as payload.h has them.
  Columns(const jetcapture_schema &schema, const Header &header);

  std::vector<std::uint32_t> order; // for each field of the header, the index of its value, or absent
  std::vector<std::uint32_t> extra; // indices of values that the header has no field for
  std::uint32_t count;              // of the schema's columns
  // Of the schema, for lists and structs, which stand in a field as JSON; nullptr: it has none.
  std::shared_ptr<const JsonKeys> keys;
};

// What the first record of a block decides: chosen, or without it (nullptr) the record's own names.
struct Layout {
  Layout(const jetcapture_schema &schema, const std::shared_ptr<const Header> &chosen);

  std::shared_ptr<const Header> header;
  std::shared_ptr<const Columns> columns; // without extra ones where the header was chosen: they are not wanted
};

// The Columns of the few schemas that a block has seen last, under its one header.
class SeenColumns {
public:
  // nullptr: not seen, or long ago.
  const Columns *find(const SchemaIdentity &schema);
  const Columns &add(const SchemaIdentity &schema, std::shared_ptr<const Columns> columns);
  void clear();

private:
  struct Entry {
    SchemaIdentity schema;
    std::shared_ptr<const Columns> columns;
  };
  std::vector<Entry> entries_;
  std::size_t latest_ = 0;
};

} // namespace jetcapture::plugins
