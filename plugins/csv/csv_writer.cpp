// The writer "csv": records as rows of RFC 4180.
#include "text/format.hpp"

#include <jetcapture/plugin.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace jetcapture::csv {

namespace {

constexpr const char *quote_choices[] = {"minimal", "nonnumeric", "all", nullptr};
constexpr const char *line_end_choices[] = {"crlf", "lf", nullptr};
constexpr const char *formulas_choices[] = {"keep", "escape", nullptr};

enum class Quote { minimal, nonnumeric, all };

char delimiter_of(const std::string &text) {
  if (text == "\\t" || text == "tab")
    return '\t';
  if (text.size() != 1 || text == "\"" || text == "\r" || text == "\n")
    throw Misconfigured("the option delimiter is \"" + text + "\": give one byte that is no quote and no line end, or tab");
  return text.front();
}

// What a spreadsheet would take for a formula (OWASP, CSV injection).
bool is_formula(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
}

} // namespace

class CsvWriter {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "rows of comma-separated values (RFC 4180)";
  static constexpr const char *accepts[] = {JETCAPTURE_PAYLOAD_RECORD};
  static constexpr const char *suffix = ".csv";
  static constexpr const char *content_type = "text/csv; charset=utf-8";
  static constexpr jetcapture_option options[] = {
      flag_option("header", "true", "begin each file with the names of the columns"),
      text_option("delimiter", ",", "one byte between values; tab for a tabulator"),
      choice_option("quote", quote_choices, "minimal", "which values stand in quotes: those that need it, all but numbers, or all"),
      text_option("null", "", "text of a null; an empty text is then quoted, so that both stay different"),
      list_option("columns", nullptr, "columns in this order; others are left out (default: those of the first record of a file)"),
      choice_option("formulas", formulas_choices, "keep", "escape: put ' before text that a spreadsheet would run as a formula"),
      choice_option("line-end", line_end_choices, "crlf", "what ends a row; RFC 4180 says crlf"),
  };

  explicit CsvWriter(const Options &given)
      : header(given.flag("header")), delimiter(delimiter_of(given.text("delimiter"))), null(given.text("null")),
        columns(given.list("columns")), escape_formulas(given.text("formulas") == "escape"),
        line_end(given.text("line-end") == "lf" ? "\n" : "\r\n") {
    const std::string policy = given.text("quote");
    quote = policy == "all" ? Quote::all : policy == "nonnumeric" ? Quote::nonnumeric : Quote::minimal;
    for (const unsigned char c : {static_cast<unsigned char>(delimiter), static_cast<unsigned char>('"'),
                                  static_cast<unsigned char>('\r'), static_cast<unsigned char>('\n')})
      special[c] = true;
    for (const char c : null)
      if (special[static_cast<unsigned char>(c)])
        throw Misconfigured("the option null has a delimiter, a quote or a line end: a null would not be one value");
  }

  class Block {
  public:
    Block(CsvWriter &writer, const jetcapture_block_info &, Out out) : writer_(writer), out_(out) {}

    void write(const void *payload) {
      const auto &record = *static_cast<const jetcapture_record *>(payload);
      if (record.schema != schema_ || record.schema->revision != revision_)
        map(record);
      if (writer_.header && !header_written_)
        put_header();
      for (std::size_t i = 0; i < source_.size(); i++) {
        if (i > 0)
          out_.put(writer_.delimiter);
        put_value(source_[i] < 0 ? nullptr : &record.values[source_[i]]);
      }
      end_row();
      // Only now: a row that failed leaves the block as it was.
      header_written_ = true;
    }
    void finish() {}

    void mark() { marked_header_ = header_written_; }
    void rollback() {
      header_written_ = marked_header_;
      if (!header_written_)
        forget_columns();
      schema_ = nullptr;
    }

  private:
    static constexpr int absent = -1;

    // Finds the place of each column of the file in records of this schema.
    void map(const jetcapture_record &record) {
      const jetcapture_schema &schema = *record.schema;
      const auto name = [&](std::uint32_t i) { return view(schema.columns[i]->name); };
      if (!header_written_) {
        names_ = writer_.columns;
        if (names_.empty())
          for (std::uint32_t i = 0; i < schema.column_count; i++)
            names_.emplace_back(name(i));
      }
      std::vector<int> source(names_.size(), absent);
      std::vector<bool> used(schema.column_count, false);
      for (std::size_t column = 0; column < names_.size(); column++)
        for (std::uint32_t i = 0; i < schema.column_count && source[column] == absent; i++)
          if (!used[i] && name(i) == names_[column]) {
            source[column] = static_cast<int>(i);
            used[i] = true;
          }
      // Columns that this file does not have: nothing of them may be lost, so another file begins with them.
      if (writer_.columns.empty())
        for (std::uint32_t i = 0; i < schema.column_count; i++)
          if (!used[i] && record.values[i].kind != JETCAPTURE_NULL)
            throw NextBlock("the column \"" + std::string(name(i)) + "\" is not among the columns of this file");
      source_ = std::move(source);
      // A record of this schema with such columns null fits; the next one may not, so it is looked at again.
      const bool all_used = std::find(used.begin(), used.end(), false) == used.end();
      schema_ = all_used || !writer_.columns.empty() ? &schema : nullptr;
      revision_ = schema.revision;
    }

    void forget_columns() {
      names_.clear();
      schema_ = nullptr;
    }

    void put_header() {
      for (std::size_t i = 0; i < names_.size(); i++) {
        if (i > 0)
          out_.put(writer_.delimiter);
        put_text(names_[i], writer_.quote != Quote::minimal);
      }
      end_row();
    }

    void end_row() { out_.put(writer_.line_end); }

    void put_value(const jetcapture_value *value) {
      if (value == nullptr) {
        out_.put(writer_.null);
        return;
      }
      switch (value->kind) {
      case JETCAPTURE_NULL:
        out_.put(writer_.null);
        return;
      case JETCAPTURE_FLAG:
        put_text(value->as.integer != 0 ? "true" : "false", writer_.quote != Quote::minimal);
        return;
      case JETCAPTURE_INTEGER:
        quoted_number([&] { text_format::put_number(out_, value->as.integer); });
        return;
      case JETCAPTURE_UNSIGNED:
        quoted_number([&] { text_format::put_number(out_, value->as.uinteger); });
        return;
      case JETCAPTURE_NUMBER:
        quoted_number([&] { text_format::put_number(out_, value->as.number); });
        return;
      case JETCAPTURE_TIMESTAMP:
        if (writer_.quote != Quote::minimal)
          out_.put('"');
        text_format::put_time(out_, value->as.integer);
        if (writer_.quote != Quote::minimal)
          out_.put('"');
        return;
      case JETCAPTURE_BYTES:
        if (writer_.quote != Quote::minimal)
          out_.put('"');
        text_format::put_base64(out_, view(value->as.text));
        if (writer_.quote != Quote::minimal)
          out_.put('"');
        return;
      case JETCAPTURE_TEXT:
      case JETCAPTURE_JSON:
        put_text(view(value->as.text), writer_.quote != Quote::minimal);
        return;
      default:
        throw BadData("a value has the kind " + std::to_string(value->kind) + ", which this writer does not know");
      }
    }

    template <class Put>
    void quoted_number(Put put) {
      if (writer_.quote == Quote::all)
        out_.put('"');
      put();
      if (writer_.quote == Quote::all)
        out_.put('"');
    }

    void put_text(std::string_view text, bool always) {
      const bool formula = writer_.escape_formulas && is_formula(text);
      // Text that reads as a null, and space at an end that readers trim, is quoted to stay what it is.
      bool quote = always || text == writer_.null || text.empty() || text.front() == ' ' || text.back() == ' ';
      std::size_t quotes = 0;
      for (const char c : text) {
        quote = quote || writer_.special[static_cast<unsigned char>(c)];
        quotes += c == '"' ? 1 : 0;
      }
      char *place = out_.reserve(text.size() + quotes + 3);
      char *at = place;
      if (quote)
        *at++ = '"';
      if (formula)
        *at++ = '\'';
      if (quotes == 0) {
        if (!text.empty())
          std::memcpy(at, text.data(), text.size());
        at += text.size();
      } else {
        for (const char c : text) {
          if (c == '"')
            *at++ = '"';
          *at++ = c;
        }
      }
      if (quote)
        *at++ = '"';
      out_.wrote(static_cast<std::size_t>(at - place));
    }

    CsvWriter &writer_;
    Out out_;
    const jetcapture_schema *schema_ = nullptr; // the one that source_ is for
    std::uint64_t revision_ = 0;
    std::vector<std::string> names_; // of the file's columns
    std::vector<int> source_;        // where each column stands in a record
    bool header_written_ = false;    // the first row is written, and the columns are fixed
    bool marked_header_ = false;
  };

private:
  friend class Block;
  const bool header;
  const char delimiter;
  const std::string null;
  const std::vector<std::string> columns;
  const bool escape_formulas;
  const std::string_view line_end;
  Quote quote;
  std::array<bool, 256> special{};
};

JETCAPTURE_CPP_WRITER(csv, CsvWriter);

} // namespace jetcapture::csv
