#include "csv_decoder/row_reader.hpp"

#include <jetcapture/plugin.hpp>

#include <algorithm>

namespace jetcapture::csv_decoder {

void RowReader::begin(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  rest_ = text;
  row_ = 0;
  unquoted_.clear();
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
