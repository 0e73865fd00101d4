#include "settings/flags.hpp"

#include "settings/command_line.hpp"
#include "settings/values.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <sstream>

using namespace jetcapture::host;

TEST_CASE("every flag has a name, a variable and a help of its own") {
  std::set<std::string> variables;
  for (const Flag &flag : flags()) {
    CAPTURE(flag.name);
    CHECK(find_flag(flag.name) == &flag);
    CHECK(variables.insert(variable_of(flag)).second);
    CHECK_FALSE(flag.help.empty());
    CHECK((flag.kind == FlagKind::command) == std::holds_alternative<std::monostate>(flag.member));
    CHECK((flag.kind == FlagKind::choice) == !flag.details.choices.empty());
  }
  CHECK(find_flag("no-such-flag") == nullptr);
  CHECK(variable_of(*find_flag("max-age")) == "JETCAPTURE_MAX_AGE");
}

TEST_CASE("the value of every flag can be told, and a secret's can't") {
  Settings settings;
  settings.connection.servers = {"nats://a", "nats://b"};
  settings.connection.password = "s3cret";
  settings.compression = Compression::gzip;
  CHECK(value_text(*find_flag("server"), settings) == "nats://a,nats://b");
  CHECK(value_text(*find_flag("max-age"), settings) == "15m");
  CHECK(value_text(*find_flag("memory-limit"), settings) == "64MiB");
  CHECK(value_text(*find_flag("compression"), settings) == "gzip");
  CHECK(value_text(*find_flag("once"), settings) == "false");
  CHECK(value_text(*find_flag("store-threads"), settings) == "4");
  CHECK(value_text(*find_flag("password"), settings) == "…");
  CHECK(value_text(*find_flag("password-file"), settings) == "…");
  CHECK(value_text(*find_flag("config"), settings).empty());
}

TEST_CASE("the default of every flag is within its own limits") {
  const Settings defaults;
  for (const Flag &flag : flags()) {
    if (!flag.details.shown_default.empty())
      continue;
    CAPTURE(flag.name);
    const std::string text = value_text(flag, defaults);
    std::int64_t value = 0;
    if (flag.kind == FlagKind::duration)
      value = parse_duration(text).value().count();
    else if (flag.kind == FlagKind::size)
      value = static_cast<std::int64_t>(parse_size(text).value());
    else if (flag.kind == FlagKind::count)
      value = parse_integer(text).value();
    else
      continue;
    CHECK(value >= flag.details.minimum);
    CHECK(value <= flag.details.maximum);
  }
}

TEST_CASE("the help is grouped, has every flag, and fits a terminal of 60, 80 and 120 columns") {
  const auto help_of = [](std::size_t columns) {
    std::ostringstream out;
    print_help(out, columns);
    return out.str();
  };
  for (const std::size_t columns : {60, 80, 120}) {
    std::istringstream lines(help_of(columns));
    for (std::string line; std::getline(lines, line);)
      CHECK_MESSAGE(line.size() <= columns + (line.ends_with("…") ? 2 : 0), line); // "…" is three bytes
  }
  const std::string help = help_of(120);
  CHECK(std::count(help.begin(), help.end(), '\n') <= 90);
  for (const Flag &flag : flags()) {
    if (flag.kind != FlagKind::secret)
      CHECK_MESSAGE(help.find("  --" + std::string(flag.name)) != std::string::npos, flag.name);
  }
  CHECK(help.find("\nBlocks:\n  --max-age DURATION") != std::string::npos);
  CHECK(help.find("[15m]") != std::string::npos);
  CHECK(help.find("--password ") == std::string::npos);
}
