// The decoder "csv": each row of delimited text in the data of a message becomes a record.
#include "common/destination_key.hpp"
#include "common/event_time.hpp"
#include "common/meta.hpp"
#include "common/shortened.hpp"
#include "csv_decoder/cell_value.hpp"
#include "csv_decoder/layout.hpp"
#include "csv_decoder/row_reader.hpp"
#include "text/delimiter.hpp"

#include <jetcapture/plugin.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace jetcapture::csv_decoder {
namespace {

constexpr const char *missing_choices[] = {"refuse", "null", nullptr};
constexpr const char *mismatch_choices[] = {"refuse", "null", nullptr};
constexpr std::size_t most_layouts = 1000;

std::string shown(std::string_view text) {
  return '"' + common::shortened(text) + '"';
}

} // namespace

class CsvDecoder {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "each row of comma- or tab-separated text becomes a record";
  static constexpr const char *produces[] = {JETCAPTURE_PAYLOAD_RECORD};
  static constexpr jetcapture_option options[] = {
      list_option(
          "columns", nullptr,
          "columns: name:type with type auto, text, integer, unsigned, number, flag, timestamp or json; without "
          "header in the order of the fields, with it by name (default with header: all, as text)"),
      flag_option("header", "false", "the first row of each message names its fields"),
      text_option("delimiter", ",", "what stands between fields: one byte, \"tab\", or an escape such as \\x1f"),
      flag_option("quotes", "true", "fields may stand in \"…\", with \"\" for a quote"),
      text_option("null", "", "a field without quotes that is this is null"),
      list_option(
          "key", "subject",
          "destination key, a list of parts: field:/region (a column), subject, token:2, token:-1, header:Name; "
          "or none"),
      common::key_missing_option,
      common::time_option,
      common::time_unit_option,
      common::time_missing_option,
      common::time_ahead_option,
      choice_option("missing", missing_choices, "refuse", "a row with fewer fields: refuse the message, or null"),
      choice_option("mismatch", mismatch_choices, "refuse",
                    "a value of another type than the column's: refuse the message, or null"),
      common::meta_option,
  };

  explicit CsvDecoder(const Options &given)
      : key_(given, true), time_(given, true), header_(given.flag("header")),
        rows_(plugins::delimiter_of(given.text("delimiter")), given.flag("quotes")), null_(given.text("null")),
        refuse_missing_(given.text("missing") == "refuse"), refuse_mismatch_(given.text("mismatch") == "refuse") {
    for (const std::string &text : given.list("columns")) {
      columns_.push_back(parse_column(text));
      for (std::size_t i = 0; i + 1 < columns_.size(); i++)
        if (columns_[i].name == columns_.back().name)
          throw Misconfigured("the option columns has \"" + columns_.back().name + "\" twice; give each its own name");
    }
    if (columns_.empty() && !header_)
      throw Misconfigured(
          "the option columns is missing: name the fields in their order, as in columns=id:integer,name, "
          "or say header=true where each message begins with their names");
    for (const std::string &name : given.list("meta"))
      meta_.push_back(common::parse_meta(name));
    for (const std::string &pointer : key_.pointers())
      key_columns_.push_back(pointer.substr(1));
    if (time_.pointer())
      time_column_ = time_.pointer()->substr(1);
    for (const std::string &name : key_columns_)
      check_column(name, "key");
    if (time_.pointer())
      check_column(time_column_, "time");
    if (!header_) {
      std::vector<std::size_t> places(columns_.size());
      for (std::size_t i = 0; i < places.size(); i++)
        places[i] = i;
      fixed_ = std::make_unique<Layout>(columns_, std::move(places), meta_, ++revision_);
    }
  }

  void decode(const jetcapture_message &message, Sink &sink) {
    if (!jetcapture_is_utf8(message.data))
      throw BadData("the data is not UTF-8");
    rows_.begin(view(message.data));
    const Layout *layout = fixed_.get();
    std::size_t fields = columns_.size();
    if (header_) {
      if (!rows_.next(cells_))
        throw BadData("the data is empty, and should begin with the names of its fields");
      fields = cells_.size();
      layout = &layout_of_header();
    }
    bool any = false;
    while (rows_.next(cells_)) {
      any = true;
      take_row(*layout, fields);
      for (std::size_t i = 0; i < meta_.size(); i++)
        values_[layout->columns().size() + i] = common::value_of(meta_[i], message);
      const auto &key = key_.of(message, [&](std::size_t n) { return text_of(*layout, key_columns_[n]); });
      const std::int64_t time = time_.of(message, [&] { return time_value(*layout); });
      const jetcapture_record record = {sizeof record, static_cast<std::uint32_t>(values_.size()), layout->schema(),
                                        values_.data(), &message};
      sink.emit(key.data(), static_cast<std::uint32_t>(key.size()), &record, time);
    }
    if (!any && !header_)
      throw BadData("the data has no row");
  }

private:
  // That there is such a column, as far as the options name them all. option: what asks for it.
  void check_column(const std::string &name, const std::string &option) const {
    if (columns_.empty() ||
        std::any_of(columns_.begin(), columns_.end(), [&](const Column &column) { return column.name == name; }))
      return;
    throw Misconfigured("the option " + option + " has field:/" + name + ", and the option columns has no " + name);
  }

  // The layout of the names that stand in cells_. Kept: messages mostly have the same.
  const Layout &layout_of_header() {
    std::string names;
    for (const Cell &cell : cells_)
      names.append(std::to_string(cell.text.size())).append(":").append(cell.text);
    if (const auto known = by_header_.find(names); known != by_header_.end())
      return *known->second;
    if (by_header_.size() == most_layouts)
      throw BadData("the first row differs from those of a thousand other messages; is it a row of names?");

    std::vector<Column> columns = columns_;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < cells_.size(); i++)
      for (std::size_t j = 0; j < i; j++)
        if (cells_[i].text == cells_[j].text)
          throw BadData("the first row has the name " + shown(cells_[i].text) + " twice");
    if (columns.empty()) {
      for (std::size_t i = 0; i < cells_.size(); i++) {
        columns.push_back({std::string(cells_[i].text), common::Type::text});
        places.push_back(i);
      }
    } else {
      for (const Column &column : columns) {
        const auto found =
            std::find_if(cells_.begin(), cells_.end(), [&](const Cell &cell) { return cell.text == column.name; });
        if (found == cells_.end() && refuse_missing_)
          throw BadData("the first row has no field " + column.name);
        places.push_back(found == cells_.end() ? Layout::absent : static_cast<std::size_t>(found - cells_.begin()));
      }
    }
    auto layout = std::make_unique<Layout>(std::move(columns), std::move(places), meta_, ++revision_);
    return *by_header_.emplace(std::move(names), std::move(layout)).first->second;
  }

  // The values of the row in cells_, without those of the message.
  void take_row(const Layout &layout, std::size_t fields) {
    if (cells_.size() > fields || (cells_.size() < fields && refuse_missing_))
      throw BadData("row " + std::to_string(rows_.row()) + " has " + std::to_string(cells_.size()) +
                    " fields instead of " + std::to_string(fields));
    values_.assign(layout.columns().size() + meta_.size(), jetcapture_null());
    for (std::size_t i = 0; i < layout.columns().size(); i++) {
      const std::size_t place = layout.place(i);
      if (place >= cells_.size() || is_null(cells_[place]))
        continue;
      const Column &column = layout.columns()[i];
      if (const auto value = cell_value(cells_[place], column.type, json_))
        values_[i] = *value;
      else if (refuse_mismatch_)
        throw BadData("row " + std::to_string(rows_.row()) + ", column " + column.name + ": expected " +
                      std::string(common::name_of(column.type)) + ", found " + shown(cells_[place].text));
    }
  }

  bool is_null(const Cell &cell) const { return !cell.quoted && cell.text == null_; }

  // The field as it stands; nullopt: null or not there.
  std::optional<std::string_view> text_of(const Layout &layout, std::string_view name) const {
    const auto column = layout.find(name);
    const std::size_t place = column ? layout.place(*column) : Layout::absent;
    if (place >= cells_.size() || is_null(cells_[place]))
      return std::nullopt;
    return cells_[place].text;
  }

  jetcapture_value time_value(const Layout &layout) const {
    const auto found = text_of(layout, time_column_);
    return found ? jetcapture_text_value(JETCAPTURE_TEXT, text(*found)) : jetcapture_null();
  }

  common::DestinationKey key_;
  const common::EventTime time_;
  const bool header_;
  RowReader rows_;
  const std::string null_;
  const bool refuse_missing_;
  const bool refuse_mismatch_;
  std::vector<Column> columns_;
  std::vector<common::Meta> meta_;
  std::vector<std::string> key_columns_;
  std::string time_column_; // where the time is a field
  std::uint64_t revision_ = 0;
  std::unique_ptr<Layout> fixed_; // without header
  std::map<std::string, std::unique_ptr<Layout>, std::less<>> by_header_;
  std::vector<Cell> cells_;
  simdjson::dom::parser json_;
  std::vector<jetcapture_value> values_;
};

JETCAPTURE_CPP_DECODER(csv, CsvDecoder);

} // namespace jetcapture::csv_decoder
