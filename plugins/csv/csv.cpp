// Writer "csv": records as rows under one header row a block. Options and results: README.md.
#include "csv/columns.hpp"
#include "csv/field.hpp"
#include "csv/message_row.hpp"
#include "jetcapture/plugin.hpp"
#include "text/checked.hpp"

#include <algorithm>
#include <memory>

namespace jetcapture::plugins {

namespace {

constexpr const char *quote_choices[] = {"minimal", "all", "nonnumeric", nullptr};
constexpr const char *line_end_choices[] = {"lf", "crlf", nullptr};
constexpr const char *formulas_choices[] = {"keep", "escape", nullptr};
constexpr jetcapture_value null_value{};

// nullptr: none are chosen, the first record of a block decides.
std::shared_ptr<const Header> chosen_header(const Options &options) {
  Header names = options.list("columns");
  if (names.empty())
    return nullptr;
  Header sorted = names;
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    throw Misconfigured("the option columns names \"" + *twice + "\" twice; name each column once");
  if (options.payload() == JETCAPTURE_PAYLOAD_MESSAGE) {
    const Header known = header_of(message_schema);
    for (const std::string &name : names)
      if (std::find(known.begin(), known.end(), name) == known.end())
        throw Misconfigured(
            "the option columns names \"" + name +
            "\", but a whole message has subject, sequence, timestamp, headers, data and data_encoding");
  }
  return std::make_shared<const Header>(std::move(names));
}

} // namespace

class CsvWriter {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary =
      "Rows of comma-separated values (RFC 4180), from records or from whole messages";
  static constexpr const char *accepts[] = {JETCAPTURE_PAYLOAD_RECORD, JETCAPTURE_PAYLOAD_MESSAGE};
  static constexpr const char *suffix = ".csv";
  static constexpr const char *content_type = "text/csv; charset=utf-8";
  static constexpr jetcapture_option options[] = {
      flag_option("header", "true", "Begin each file with a row of column names."),
      list_option("columns", nullptr, "The columns to write, in this order; all of the first record's when not given."),
      text_option("delimiter", ",",
                  "What stands between fields: one byte, \"tab\", or an escape such as \\t or \\x1f."),
      choice_option("quote", quote_choices, "minimal",
                    "Which fields get quotes: those that need them, all, or all that are no numbers."),
      text_option("null", "", "What stands for null, without quotes; a text that is the same gets quotes."),
      choice_option("line-end", line_end_choices, "lf", "What ends a row: lf, or crlf as RFC 4180 has it."),
      choice_option("formulas", formulas_choices, "keep",
                    "Leave texts that a spreadsheet would run as formulas, or put a ' in front of them.")};

  explicit CsvWriter(const Options &given)
      : whole_messages_(given.payload() == JETCAPTURE_PAYLOAD_MESSAGE), dialect_(given), chosen_(chosen_header(given)) {
  }

  class Block {
  public:
    Block(CsvWriter &writer, const jetcapture_block_info &, Out out) : writer_(writer), out_(out) {
      if (writer.whole_messages_)
        message_row_ = std::make_unique<MessageRow>();
    }

    void write(const void *payload) {
      const jetcapture_record &record = record_of(payload);
      if (header_ != nullptr)
        put_row(record);
      else
        put_first_row(record);
    }
    void finish() {}

    void mark() { header_was_written_ = header_ != nullptr; }
    void rollback() {
      if (!header_was_written_)
        forget_header();
    }

  private:
    // Checked.
    const jetcapture_record &record_of(const void *payload) {
      if (message_row_ != nullptr) {
        const auto &message = *static_cast<const jetcapture_message *>(payload);
        check(message);
        return message_row_->of(message);
      }
      const auto &record = *static_cast<const jetcapture_record *>(payload);
      check(record);
      return record;
    }

    // The host takes back the header row too when the row behind it fails.
    void put_first_row(const jetcapture_record &record) {
      try {
        const auto layout = writer_.layouts_.of(*record.schema, writer_.chosen_);
        if (layout->header->empty())
          throw BadData("the record has no columns, so there is no header to write");
        header_ = layout->header;
        seen_.add(SchemaIdentity(*record.schema), layout->columns);
        if (writer_.dialect_.header)
          put_header_row();
        put_row(record);
      } catch (...) {
        forget_header();
        throw;
      }
    }

    void put_header_row() {
      for (std::size_t i = 0; i < header_->size(); i++) {
        if (i != 0)
          out_.put(writer_.dialect_.delimiter);
        put_text_field(out_, writer_.dialect_, (*header_)[i]);
      }
      out_.put(writer_.dialect_.line_end);
    }

    void put_row(const jetcapture_record &record) {
      const Dialect &dialect = writer_.dialect_;
      const Columns &columns = columns_of(*record.schema);
      if (columns.count != record.value_count)
        throw BadData(reused_revision(*record.schema));
      for (const std::uint32_t index : columns.extra)
        if (record.values[index].kind != JETCAPTURE_NULL)
          throw NextBlock("the column \"" + std::string(view(record.schema->columns[index]->name)) +
                          "\" is not in the header of this file");
      const bool alone = columns.order.size() == 1;
      bool first = true;
      for (const std::uint32_t index : columns.order) {
        if (!first)
          out_.put(dialect.delimiter);
        first = false;
        const jetcapture_value &value = index == absent ? null_value : record.values[index];
        if (value.kind == JETCAPTURE_LIST || value.kind == JETCAPTURE_STRUCT)
          put_nested_field(out_, dialect, value, columns.keys == nullptr ? nullptr : &columns.keys->keys()[index]);
        else
          put_field(out_, dialect, value, alone);
      }
      out_.put(dialect.line_end);
    }

    const Columns &columns_of(const jetcapture_schema &schema) {
      const SchemaIdentity identity(schema);
      if (const Columns *const seen = seen_.find(identity))
        return *seen;
      return seen_.add(identity, writer_.chosen_ != nullptr ? writer_.layouts_.of(schema, writer_.chosen_)->columns
                                                            : std::make_shared<const Columns>(schema, *header_));
    }

    void forget_header() {
      header_ = nullptr;
      seen_.clear();
    }

    CsvWriter &writer_;
    Out out_;
    std::unique_ptr<MessageRow> message_row_;
    std::shared_ptr<const Header> header_; // nullptr: nothing is written yet
    SeenColumns seen_;
    bool header_was_written_ = false;
  };

private:
  const bool whole_messages_;
  const Dialect dialect_;
  const std::shared_ptr<const Header> chosen_;
  SchemaLayouts<Layout> layouts_;
};

} // namespace jetcapture::plugins

JETCAPTURE_CPP_WRITER(csv, jetcapture::plugins::CsvWriter);
