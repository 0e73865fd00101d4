// --print-config: what it shows, what it hides, and that its file gives the same settings again.
#include "settings/config_text.hpp"

#include "host/settings/reading.hpp"
#include "host/settings/temporary_folder.hpp"

#include <sstream>

using namespace jetcapture::host;
using Texts = std::vector<std::string>;

namespace {

CommandLine wished(Texts arguments, const Texts &environment = {}) {
  arguments.push_back("--print-config");
  return read(arguments, environment);
}

std::string text_of(const CommandLine &command) {
  return config_text(command, command.settings, [](std::string_view, std::string_view key) {
    return key.starts_with("secret") ? std::string("a secret") : std::string();
  });
}

// The line of a setting, its blanks made single.
std::string line_with(const std::string &text, const std::string &begin) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::string single;
    for (const char c : line)
      if (c != ' ' || single.empty() || single.back() != ' ')
        single += c;
    if (single.starts_with(begin))
      return single;
  }
  return "(none)";
}

bool same(const Settings &one, const Settings &other) {
  for (const Flag &flag : flags())
    if (value_text(flag, one) != value_text(flag, other))
      return false;
  return one.decoder.options == other.decoder.options && one.writer.options == other.writer.options &&
         one.store.options == other.store.options;
}

} // namespace

TEST_CASE("each setting is shown with where it came from") {
  const TemporaryFolder folder;
  const std::string file = folder.file("j.ini", "max-bytes = 1MB\nmax-age = 1h\n[store]\nname = file\nroot = /b\n");
  const std::string text =
      text_of(wished({"--config", file, "--stream", "ORDERS", "-s", "a,b:2", "--once"}, {"JETCAPTURE_MAX_AGE=2h"}));
  CHECK(line_with(text, "stream") == "stream = ORDERS # --stream");
  CHECK(line_with(text, "server = nats") == "(none)");
  CHECK(line_with(text, "server = a") == "server = a # --server");
  CHECK(line_with(text, "server = b") == "server = b:2 # --server");
  CHECK(line_with(text, "max-age") == "max-age = 2h # JETCAPTURE_MAX_AGE");
  CHECK(line_with(text, "max-bytes") == "max-bytes = 1MB # " + file + ", line 1");
  CHECK(line_with(text, "once") == "once = true # --once");
  CHECK(line_with(text, "name = file") == "name = file # " + file + ", line 4");
  CHECK(line_with(text, "root") == "root = /b # " + file + ", line 5");
  CHECK(line_with(text, "# memory-limit") == "# memory-limit = 64MiB # default");
  CHECK(line_with(text, "# state-dir") == "# state-dir = chosen by the host # default");
  CHECK(line_with(text, "# name") == "# name = # missing");
}

TEST_CASE("every setting that a file may have has its line") {
  const std::string text = text_of(wished({}));
  for (const Flag &flag : flags()) {
    const bool of_stage =
        flag.group == FlagGroup::stages && flag.name != "plugin-dir" && flag.name != "allow-writable-plugins";
    if (of_stage || flag.kind == FlagKind::command || flag.kind == FlagKind::secret ||
        flag.kind == FlagKind::secret_file)
      continue;
    CAPTURE(flag.name);
    CHECK(line_with(text, "# " + std::string(flag.name) + " =") != "(none)");
  }
}

TEST_CASE("no secret is shown: passwords, tokens, those in a URL, and secret options of plug-ins") {
  const TemporaryFolder folder;
  const std::string secret = folder.file("password", "hunter2\n");
  const std::string text =
      text_of(wished({"--password-file", secret, "-s", "nats://me:hunter2@h:1", "--store", "s3", "--store-opt",
                      "secret-key=hunter2", "--store-opt", "secret-file=@/run/key", "--store-opt", "bucket=b"},
                     {"JETCAPTURE_TOKEN=hunter2"}));
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(line_with(text, "password-file") == "password-file = " + secret + " # --password-file");
  CHECK(line_with(text, "# token") == "# token = … # JETCAPTURE_TOKEN; a secret");
  CHECK(line_with(text, "# server") == "# server = nats://…@h:1 # --server; it has a password");
  CHECK(line_with(text, "# secret-key") == "# secret-key = … # --store-opt; a secret");
  CHECK(line_with(text, "secret-file") == "secret-file = @/run/key # --store-opt");
  CHECK(line_with(text, "bucket") == "bucket = b # --store-opt");
}

TEST_CASE("what is printed is a file that gives the same settings again, and the same text but for the sources") {
  const TemporaryFolder folder;
  const std::string password = folder.file("password", "x\n");
  const CommandLine first = wished(complete({"-s",
                                             "a:1,b",
                                             "--once",
                                             "--create-consumer",
                                             "--max-age",
                                             "90s",
                                             "--max-bytes",
                                             "10MB",
                                             "--compression",
                                             "gzip",
                                             "--compression-level",
                                             "3",
                                             "--path-template",
                                             "{key}/dt=%Y;%m#x",
                                             "--plugin-dir",
                                             "/a",
                                             "--plugin-dir",
                                             "/b",
                                             "--filter-subject",
                                             "x.>,y",
                                             "--password-file",
                                             password,
                                             "--user",
                                             "u",
                                             "--decoder-opt",
                                             "key=field:/a=b",
                                             "--decoder-opt",
                                             "name=odd",
                                             "--writer-opt",
                                             "null=",
                                             "--writer-opt",
                                             "delimiter=;",
                                             "--store-opt",
                                             "root=/b c",
                                             "--log-level",
                                             "debug",
                                             "--on-decode-error",
                                             "term"}));
  const std::string file = folder.file("again.ini", text_of(first));
  const CommandLine second = wished({"--config", file});
  CHECK(same(first.settings, second.settings));
  CHECK(second.settings.connection.password == "x");
  CHECK(second.settings.path_template == "{key}/dt=%Y;%m#x");
  // What the same file says a third time.
  const CommandLine third = wished({"--config", folder.file("third.ini", text_of(second))});
  CHECK(same(second.settings, third.settings));
}

TEST_CASE("a value that would be read as something else stands in quotes") {
  const Texts options = {"delimiter=\t", "null=a #b", "a=",    "b=;",       "c=\"x\" y",
                         "d=it's",       "e= z",      "f=\\n", "g=\x01\x7f"};
  Texts arguments = {"--writer", "csv", "--path-template", "#x"};
  for (const std::string &option : options)
    arguments.insert(arguments.end(), {"--writer-opt", option});
  const std::string text = text_of(wished(arguments));
  CHECK(line_with(text, "delimiter") == "delimiter = \"\\t\" # --writer-opt");
  CHECK(line_with(text, "null") == "null = \"a #b\" # --writer-opt");
  CHECK(line_with(text, "a ") == "a = \"\" # --writer-opt");
  CHECK(line_with(text, "b ") == "b = \";\" # --writer-opt");
  CHECK(line_with(text, "c ") == "c = \"\\\"x\\\" y\" # --writer-opt");
  CHECK(line_with(text, "d ") == "d = it's # --writer-opt");
  CHECK(line_with(text, "e ") == "e = \" z\" # --writer-opt");
  CHECK(line_with(text, "f ") == "f = \\n # --writer-opt");
  CHECK(line_with(text, "g ") == "g = \"\\x01\\x7f\" # --writer-opt");
  CHECK(line_with(text, "path-template") == "path-template = \"#x\" # --path-template");
  const TemporaryFolder folder;
  const Settings again = wished({"--config", folder.file("j.ini", text)}).settings;
  CHECK(again.path_template == "#x");
  CHECK(again.writer.options == options);
}

TEST_CASE("every value comes back from the file that is printed, whatever is in it (seeded)") {
  const TemporaryFolder folder;
  std::uint32_t state = 1;
  const auto next = [&state] { return (state = state * 1664525u + 1013904223u) >> 8; };
  const Texts parts = {"\"", "'",  "#", ";", " ",  "\t", "\\", "\n", "\r",   "=",    "[",    "]",
                       "a",  "/b", "n", "x", "00", "é",  "日", "🍕",  "\x01", "\x1f", "\x7f", "\xff"};
  for (int round = 0; round < 1000; round++) {
    Texts arguments = {"--writer", "csv"}, options;
    for (int i = 0; i < 4; i++) {
      std::string value;
      for (std::uint32_t length = next() % 8; length > 0; length--)
        value += parts[next() % parts.size()];
      options.push_back("null=" + value);
      arguments.insert(arguments.end(), {"--writer-opt", options.back()});
      if (i == 0 && !value.empty() && !value.starts_with("--"))
        arguments.push_back("--path-template=" + value);
    }
    const CommandLine first = wished(arguments);
    const std::string text = text_of(first);
    CAPTURE(text);
    const CommandLine second = wished({"--config", folder.file("j.ini", text)});
    REQUIRE(second.settings.writer.options == options);
    REQUIRE(second.settings.path_template == first.settings.path_template);
  }
}

TEST_CASE("what a context of the nats tool gave is shown as its own") {
  const CommandLine command = wished({"--nats-context", "prod"});
  Settings filled = command.settings;
  filled.connection.servers = {"nats://u:hunter2@h"};
  filled.connection.creds_file = "/creds";
  filled.connection.password = "hunter2";
  const std::string text =
      config_text(command, filled, [](std::string_view, std::string_view) { return std::string(); });
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(line_with(text, "# creds") == "# creds = /creds # context prod");
  CHECK(line_with(text, "# server") == "# server = nats://…@h # context prod");
  CHECK(line_with(text, "# password") == "# password = … # context prod");
}

TEST_CASE("a wrong value is refused before anything is printed, what is missing is not") {
  CHECK(refusal({"--print-config", "--max-age", "15x"}) ==
        "--max-age: \"15x\" is not a duration; write for example 90s, 15m or 1h30m");
  CHECK(refusal({"--print-config"}) == "(none)");
}
