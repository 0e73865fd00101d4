#include "csv_decoder/row_reader.hpp"

#include <jetcapture/plugin.hpp>

#include <algorithm>

namespace jetcapture::csv_decoder {

namespace {

// In UTF-16 every other byte of plain text is NUL, and the whole is UTF-8 as well.
bool begins_as_utf16(std::string_view text) {
  return text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0');
}

} // namespace

void RowReader::begin(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  if (delimiter_ != '\0' && begins_as_utf16(text))
    throw BadData("the data is UTF-16, and only UTF-8 is taken");
  rest_ = text;
  row_ = 0;
  unquoted_.clear();
  pass_separator_line();
}

void RowReader::pass_separator_line() {
  constexpr std::size_t size = 5; // with the delimiter
  const bool is_there = (rest_.starts_with("sep=") || rest_.starts_with("SEP=")) && rest_.size() >= size &&
                        (rest_.size() == size || rest_[size] == '\r' || rest_[size] == '\n');
  if (!is_there)
    return;
  if (rest_[size - 1] != delimiter_)
    throw BadData("the first line says " + std::string(rest_.substr(0, size)) +
                  ", and the option delimiter is another one; make both the same");
  rest_.remove_prefix(size);
}

bool RowReader::next(std::vector<Cell> &cells) {
  while (!rest_.empty() && (rest_.front() == '\n' || rest_.front() == '\r'))
    rest_.remove_prefix(1);
  if (rest_.empty())
    return false;
  row_++;
  cells.clear();
  while (true) {
    field_ = cells.size() + 1;
    cells.push_back(quotes_ && !rest_.empty() && rest_.front() == '"' ? in_quotes() : plain());
    if (rest_.empty())
      return true;
    const char after = rest_.front();
    rest_.remove_prefix(1);
    if (after == delimiter_)
      continue;
    if (after == '\r' && !rest_.empty() && rest_.front() == '\n')
      rest_.remove_prefix(1);
    return true;
  }
}

Cell RowReader::plain() {
  std::size_t end = 0;
  while (end < rest_.size() && rest_[end] != delimiter_ && rest_[end] != '\n' && rest_[end] != '\r') {
    if (quotes_ && rest_[end] == '"')
      throw BadData("row " + std::to_string(row_) + ", field " + std::to_string(field_) +
                    ": a quote stands inside a field without quotes");
    end++;
  }
  const Cell cell = {rest_.substr(0, end), false};
  rest_.remove_prefix(end);
  return cell;
}

Cell RowReader::in_quotes() {
  rest_.remove_prefix(1);
  std::string *joined = nullptr;
  while (true) {
    const std::size_t quote = rest_.find('"');
    if (quote == std::string_view::npos)
      throw BadData("row " + std::to_string(row_) + ", field " + std::to_string(field_) + ": its quote is not closed");
    const std::string_view piece = rest_.substr(0, quote);
    rest_.remove_prefix(quote + 1);
    const bool doubled = !rest_.empty() && rest_.front() == '"';
    if (doubled || joined != nullptr) {
      if (joined == nullptr)
        joined = &unquoted_.emplace_back();
      joined->append(piece);
    }
    if (doubled) {
      joined->push_back('"');
      rest_.remove_prefix(1);
      continue;
    }
    if (!rest_.empty() && rest_.front() != delimiter_ && rest_.front() != '\n' && rest_.front() != '\r')
      throw BadData("row " + std::to_string(row_) + ", field " + std::to_string(field_) +
                    ": something stands behind its closing quote");
    return {joined == nullptr ? piece : std::string_view(*joined), true};
  }
}

} // namespace jetcapture::csv_decoder
