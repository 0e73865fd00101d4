// Rows of delimited text (RFC 4180, and the same with other delimiters), one after the other.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::csv_decoder {

struct Cell {
  std::string_view text;
  bool quoted; // it stood in quotes, so it is no null
};

class RowReader {
public:
  // quotes: fields may stand in "…", with "" for a quote; without, a quote is a character like others.
  RowReader(char delimiter, bool quotes) : delimiter_(delimiter), quotes_(quotes) {}

  // A byte order mark, and Excel's first line "sep=;", are passed over. Throws BadData: the text is UTF-16, or that
  // line names another delimiter.
  void begin(std::string_view text);
  // The cells of the next row that is not an empty line; they live until begin(). False: there is none. Throws BadData:
  // a quote inside a field without quotes, something behind a closing quote, a quote that is not closed.
  bool next(std::vector<Cell> &cells);
  // Rows so far, for sentences.
  std::size_t row() const { return row_; }

private:
  void pass_separator_line();
  Cell plain();
  Cell in_quotes();

  char delimiter_;
  bool quotes_;
  std::string_view rest_;
  std::size_t row_ = 0;
  std::size_t field_ = 0;
  std::deque<std::string> unquoted_; // of cells that had quotes inside
};

} // namespace jetcapture::csv_decoder
