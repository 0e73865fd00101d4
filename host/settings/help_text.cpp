#include "settings/help_text.hpp"

#include "log/terminal_width.hpp"
#include "settings/values.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace jetcapture::host {
namespace {

constexpr std::size_t narrowest = 40;
constexpr std::size_t widest = 120;
constexpr std::string_view term_indent = "  ";
constexpr std::size_t gap = 2;

// Characters, not bytes: "…" takes one column.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Adds the words to result, whose last line has that many columns already. Ends the line.
void add_wrapped(std::string &result, std::size_t at, std::string_view words, std::size_t indent, std::size_t columns) {
  bool first = true;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    const std::size_t width = width_of(word);
    if (!first && at + 1 + width > columns) {
      result += '\n' + std::string(indent, ' ');
      at = indent;
    } else if (!first) {
      result += ' ';
      ++at;
    }
    result += word;
    at += width;
    first = false;
  }
  result += '\n';
}

} // namespace

std::size_t help_columns(int descriptor) {
  std::size_t columns = usual_help_columns;
  if (const auto width = terminal_width(descriptor)) {
    columns = *width;
  } else if (const char *variable = std::getenv("COLUMNS")) {
    if (const auto number = parse_integer(variable); number && *number > 0)
      columns = static_cast<std::size_t>(*number);
  }
  return std::clamp(columns, narrowest, widest);
}

void HelpText::paragraph(std::string_view text, std::size_t hanging_indent) {
  parts_.push_back({"", std::string(text), hanging_indent});
}

void HelpText::entry(std::string term, std::string text) {
  parts_.push_back({std::move(term), std::move(text)});
}

// Behind the longest term, but at two fifths of the width at most.
std::size_t HelpText::text_column(std::size_t columns) const {
  std::size_t longest = 0;
  for (const Part &part : parts_)
    longest = std::max(longest, width_of(part.term));
  return std::min(term_indent.size() + longest + gap, columns * 2 / 5);
}

std::string HelpText::rendered(std::size_t columns) const {
  const std::size_t column = text_column(columns);
  std::string result;
  for (const Part &part : parts_) {
    if (part.term.empty()) {
      std::string_view rest = part.text;
      while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        add_wrapped(result, 0, rest.substr(0, end), part.hanging_indent, columns);
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
      continue;
    }
    result += std::string(term_indent) + part.term;
    const std::size_t width = term_indent.size() + width_of(part.term);
    if (width + gap > column)
      result += '\n' + std::string(column, ' ');
    else
      result += std::string(column - width, ' ');
    add_wrapped(result, column, part.text, column, columns);
  }
  return result;
}

} // namespace jetcapture::host
