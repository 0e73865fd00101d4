// The text of a help: paragraphs, and a table of two columns that is aligned and wrapped at the width of the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

inline constexpr std::size_t usual_help_columns = 80;

// How wide a help on that descriptor is to be: the width of the terminal, else the variable COLUMNS, else
// usual_help_columns. Never so narrow or so wide that the table can't be read.
std::size_t help_columns(int descriptor);

// Collects the parts in their order; all entries share one table, with whatever stands between them.
class HelpText {
public:
  // Each line of the text begins a new line. Where a line is too long, what follows is indented by that much.
  void paragraph(std::string_view text, std::size_t hanging_indent = 0);
  // "--max-age DURATION" and what it means. Its text stands on the next line where the term is too long.
  void entry(std::string term, std::string text);

  // Lines break at blanks only: a word that is longer than a line stays whole.
  std::string rendered(std::size_t columns) const;

private:
  struct Part {
    std::string term; // empty: a paragraph
    std::string text;
    std::size_t hanging_indent = 0;
  };

  std::size_t text_column(std::size_t columns) const;

  std::vector<Part> parts_;
};

} // namespace jetcapture::host
