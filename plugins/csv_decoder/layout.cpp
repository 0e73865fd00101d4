#include "csv_decoder/layout.hpp"

#include "common/revision.hpp"

namespace jetcapture::csv_decoder {

Column parse_column(const std::string &text) {
  const std::size_t colon = text.rfind(':');
  Column column = {text.substr(0, colon), common::Type::text};
  if (colon != std::string::npos) {
    const auto type = common::type_of(text.substr(colon + 1));
    if (!type)
      throw Misconfigured("the option columns has the type \"" + text.substr(colon + 1) + "\": there are " +
                          common::type_list);
    column.type = *type;
  }
  if (column.name.empty())
    throw Misconfigured("the option columns has \"" + text + "\" without a name: write name or name:type");
  return column;
}

Layout::Layout(std::vector<Column> columns, std::vector<std::size_t> places, const std::vector<common::Meta> &meta)
    : columns_(std::move(columns)), places_(std::move(places)) {
  for (const Column &column : columns_)
    described_.push_back({sizeof(jetcapture_column), common::kind_of(column.type), text(column.name), nullptr, 0, 0});
  for (const common::Meta one : meta)
    described_.push_back(
        {sizeof(jetcapture_column), common::kind_of(one), text(common::column_name(one)), nullptr, 0, 0});
  for (const jetcapture_column &column : described_)
    pointers_.push_back(&column);
  schema_ = {sizeof(jetcapture_schema), static_cast<std::uint32_t>(pointers_.size()), common::next_revision(),
             pointers_.data()};
}

std::optional<std::size_t> Layout::find(std::string_view name) const {
  for (std::size_t i = 0; i < columns_.size(); i++)
    if (columns_[i].name == name)
      return i;
  return std::nullopt;
}

} // namespace jetcapture::csv_decoder
