// Which field of a row goes into which column, with the schema of the records.
#pragma once

#include "common/column_type.hpp"
#include "common/meta.hpp"

#include <jetcapture/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::csv_decoder {

// One entry of the option columns: "name:type"; text where the type is left out.
struct Column {
  std::string name;
  common::Type type = common::Type::text;
};
// Throws Misconfigured.
Column parse_column(const std::string &text);

// Not movable: the schema points into it.
class Layout {
public:
  static constexpr std::size_t absent = SIZE_MAX;

  // The columns, each with the place of its field in a row, or absent; behind them those of the message itself.
  Layout(std::vector<Column> columns, std::vector<std::size_t> places, const std::vector<common::Meta> &meta);
  Layout(const Layout &) = delete;
  Layout &operator=(const Layout &) = delete;

  const std::vector<Column> &columns() const { return columns_; }
  std::size_t place(std::size_t column) const { return places_[column]; }
  // The column of that name, without those of the message.
  std::optional<std::size_t> find(std::string_view name) const;
  const jetcapture_schema *schema() const { return &schema_; }

private:
  std::vector<Column> columns_;
  std::vector<std::size_t> places_;
  std::vector<jetcapture_column> described_;
  std::vector<const jetcapture_column *> pointers_;
  jetcapture_schema schema_;
};

} // namespace jetcapture::csv_decoder
