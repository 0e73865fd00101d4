#include "settings/help_text.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

using namespace jetcapture::host;

namespace {

HelpText sample() {
  HelpText text;
  text.paragraph("Usage: program --stream NAME --consumer NAME --decoder NAME --writer NAME --store NAME …", 7);
  text.paragraph("Blocks:");
  text.entry("--max-age DURATION", "interval of a block [15m]");
  text.entry("--compression none|gzip|zstd|snappy", "how the bytes of a block are compressed before they are stored");
  return text;
}

// What is no terminal, with that variable.
std::size_t columns_with(const char *variable) {
  const int descriptor = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::setenv("COLUMNS", variable, 1);
  const std::size_t columns = help_columns(descriptor);
  ::unsetenv("COLUMNS");
  ::close(descriptor);
  return columns;
}

} // namespace

TEST_CASE("a help of 60 columns breaks its lines at blanks, and each text goes on below its first word") {
  CHECK(sample().rendered(60) == "Usage: program --stream NAME --consumer NAME --decoder NAME\n"
                                 "       --writer NAME --store NAME …\n"
                                 "Blocks:\n"
                                 "  --max-age DURATION    interval of a block [15m]\n"
                                 "  --compression none|gzip|zstd|snappy\n"
                                 "                        how the bytes of a block are\n"
                                 "                        compressed before they are stored\n");
}

TEST_CASE("a help of 80 columns has a line for a long term, and its text below it") {
  CHECK(sample().rendered(80) == "Usage: program --stream NAME --consumer NAME --decoder NAME --writer NAME\n"
                                 "       --store NAME …\n"
                                 "Blocks:\n"
                                 "  --max-age DURATION            interval of a block [15m]\n"
                                 "  --compression none|gzip|zstd|snappy\n"
                                 "                                how the bytes of a block are compressed before\n"
                                 "                                they are stored\n");
}

TEST_CASE("a help of 120 columns has each term and its text on one line") {
  CHECK(sample().rendered(120) ==
        "Usage: program --stream NAME --consumer NAME --decoder NAME --writer NAME --store NAME …\n"
        "Blocks:\n"
        "  --max-age DURATION                   interval of a block [15m]\n"
        "  --compression none|gzip|zstd|snappy  how the bytes of a block are compressed before they are stored\n");
}

TEST_CASE("a line that fits to the last column is not broken, and a long word stays whole") {
  HelpText text;
  text.paragraph("twelve words");
  text.paragraph("a word-that-is-longer-than-the-line here");
  text.paragraph("… … … … … …");
  CHECK(text.rendered(12) == "twelve words\na\nword-that-is-longer-than-the-line\nhere\n… … … … … …\n");
}

TEST_CASE("what is no terminal gets a help of 80 columns, or of COLUMNS, within what can be read") {
  CHECK(columns_with("") == 80);
  CHECK(columns_with("wide") == 80);
  CHECK(columns_with("0") == 80);
  CHECK(columns_with("100") == 100);
  CHECK(columns_with("1000") == 120);
  CHECK(columns_with("10") == 40);
}
