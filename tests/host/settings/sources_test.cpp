// Variables, the file, and which source wins.
#include "host/settings/reading.hpp"
#include "host/settings/temporary_folder.hpp"

using namespace jetcapture::host;
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

namespace {

const Texts complete_environment = {"JETCAPTURE_STREAM=ORDERS", "JETCAPTURE_CONSUMER=capture",
                                    "JETCAPTURE_DECODER=json", "JETCAPTURE_WRITER=csv", "JETCAPTURE_STORE=file"};

Texts with(Texts more) {
  Texts all = complete_environment;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// A file given by --config beside a complete command line.
Settings from_file(std::string_view content) {
  const TemporaryFolder folder;
  return read(complete({"--config", folder.file("jetcapture.ini", content)})).settings;
}

// The refusal of a file, its folder cut off.
std::string file_refusal(std::string_view content) {
  const TemporaryFolder folder;
  const std::string sentence = refusal(complete({"--config", folder.file("j.ini", content)}));
  const std::string path = (folder.path() / "").string();
  const std::size_t at = sentence.find(path);
  return at == std::string::npos ? sentence : sentence.substr(0, at) + sentence.substr(at + path.size());
}

} // namespace

TEST_CASE("every setting can come from its variable") {
  const Settings settings = read({}, with({"JETCAPTURE_MAX_AGE=1h", "JETCAPTURE_ONCE=yes", "JETCAPTURE_SERVER=a,b:2",
                                           "JETCAPTURE_FILTER_SUBJECT=x.*, y", "PATH=/bin", "JETCAPTURE_NKEY="}))
                                .settings;
  CHECK(settings.stream == "ORDERS");
  CHECK(settings.max_age == 1h);
  CHECK(settings.once);
  CHECK(settings.connection.servers == Texts{"nats://a", "nats://b:2"});
  CHECK(settings.filter_subjects == Texts{"x.*", "y"});
  CHECK(settings.connection.nkey_file.empty());
}

TEST_CASE("a wrong value in a variable is refused under the variable's name") {
  CHECK(refusal({}, with({"JETCAPTURE_MAX_AGE=15x"})) ==
        "JETCAPTURE_MAX_AGE: \"15x\" is not a duration; write for example 90s, 15m or 1h30m");
}

TEST_CASE("stage options in a variable are separated by newlines, or by a semicolon where the next one begins") {
  const auto options = [](const std::string &value) {
    return read({}, with({"JETCAPTURE_WRITER_OPT=" + value})).settings.writer.options;
  };
  CHECK(options("a=1") == Texts{"a=1"});
  CHECK(options("a=1;b=2; c-d=3") == Texts{"a=1", "b=2", "c-d=3"});
  CHECK(options("a=1;b=2;") == Texts{"a=1", "b=2"});
  CHECK(options("delimiter=;") == Texts{"delimiter=;"});
  CHECK(options("delimiter=;;header=no") == Texts{"delimiter=;", "header=no"});
  CHECK(options("delimiter=;\nheader=no\n") == Texts{"delimiter=;", "header=no"});
  CHECK(options("text=a;b c=d\n") == Texts{"text=a;b c=d"});
}

TEST_CASE("a variable that looks like a slip is warned of, one of Kubernetes is not") {
  const CommandLine line =
      read({}, with({"JETCAPTURE_MAX_AEG=5m", "JETCAPTURE_PORT=tcp://10.0.0.1:80", "JETCAPTURE_SERVICE_HOST=x",
                     "JETCAPTURE_PORT_80_TCP_ADDR=x", "JETCAPTURE_PLUGIN_PATH=/x", "JETCAPTURE_COLOUR=red"}));
  CHECK(line.warnings ==
        Texts{"the variable JETCAPTURE_MAX_AEG is not a known setting; did you mean JETCAPTURE_MAX_AGE?"});
  CHECK(line.settings.plugin_folders.empty());
}

TEST_CASE("a file has plain settings, sections of groups, comments and blank lines") {
  const Settings settings = from_file("\xEF\xBB\xBF# a comment\r\n"
                                      "max-age = 1h   # another\r\n"
                                      "\r\n"
                                      "; a third\n"
                                      "once=true\n"
                                      "  max-bytes =  10MB  \n"
                                      "[connection]\n"
                                      "server = a, b\n"
                                      "server = c\n"
                                      "user = u\n"
                                      "password = a#b = c\n"
                                      "[limits]\n"
                                      "store-threads = 8\n");
  CHECK(settings.max_age == 1h);
  CHECK(settings.once);
  CHECK(settings.max_bytes == 10'000'000);
  CHECK(settings.connection.servers == Texts{"nats://a", "nats://b", "nats://c"});
  CHECK(settings.connection.password == "a#b = c");
  CHECK(settings.store_threads == 8);
}

TEST_CASE("sections of stages hold their name and their options, repeated ones too") {
  const TemporaryFolder folder;
  const std::string file = folder.file("j.ini", "stream = ORDERS\nconsumer = c\nplugin-dir = plugins/mine\n"
                                                "[decoder]\nname = json\nkey = region\nfields = a\nfields = b\n"
                                                "[writer]\nname = csv\nnull =\ndelimiter = \"#\"\n"
                                                "[store]\nname = ./file.so\nroot = /backup\n");
  const Settings settings = read({"--config=" + file}).settings;
  CHECK(settings.stream == "ORDERS");
  CHECK(settings.plugin_folders == Texts{"plugins/mine"});
  CHECK(settings.decoder.name == "json");
  CHECK(settings.decoder.options == Texts{"key=region", "fields=a", "fields=b"});
  CHECK(settings.writer.name == "csv");
  CHECK(settings.store.name == "./file.so");
  CHECK(settings.store.options == Texts{"root=/backup"});
  CHECK(settings.writer.options == Texts{"null=", "delimiter=#"});
}

TEST_CASE("a comment begins with # or a semicolon, at the begin of a line or after a blank outside quotes") {
  const auto root = [](std::string_view line) {
    return from_file("[store]\n" + std::string(line) + "\n").store.options;
  };
  CHECK(root("root = /backup ; main disk") == Texts{"root=/backup"});
  CHECK(root("root = /backup\t# main disk") == Texts{"root=/backup"});
  CHECK(root("  ; root = /a\n  # root = /b\nroot = /c") == Texts{"root=/c"});
  CHECK(root("root = /a;b#c") == Texts{"root=/a;b#c"});
  CHECK(root("root = \"/a ; b\" ; c") == Texts{"root=/a ; b"});
  CHECK(from_file("[blocks] ; of an hour\nmax-age = 1h\n").max_age == 1h);
}

TEST_CASE("a value in double quotes has escapes, one in single quotes is taken as it stands") {
  const auto root = [](std::string_view line) {
    return from_file("[store]\n" + std::string(line) + "\n").store.options;
  };
  CHECK(root("root = \"/a b\"") == Texts{"root=/a b"});
  CHECK(root("root=' /a \\n # '\r") == Texts{"root= /a \\n # "});
  CHECK(root("root = \"a\\\"b\\\\c\\n\\t\\r\\x1f\\xFF\"  # x") == Texts{"root=a\"b\\c\n\t\r\x1f\xff"});
  CHECK(root("root = \"\"") == Texts{"root="});
  CHECK(root("root = it's 5\" wide") == Texts{"root=it's 5\" wide"});
  CHECK(from_file("path-template = '{key}/dt=%Y-%m-%d'\n").path_template == "{key}/dt=%Y-%m-%d");
  CHECK(from_file("server = \"a, b\"\n").connection.servers == Texts{"nats://a", "nats://b"});
}

TEST_CASE("quotes and comment signs that could mean two things are refused with file and line") {
  const std::string at = "j.ini, line 2: root: ";
  const auto refused = [](std::string_view value) {
    return file_refusal("[store]\nroot = " + std::string(value) + "\n");
  };
  CHECK(refused("\"/a") == at + "the quote \" is not closed; a value that begins with a quote ends with the same one");
  CHECK(refused("'s-Hertogenbosch") ==
        at + "the quote ' is not closed; a value that begins with a quote ends with the same one");
  CHECK(refused("\"a\\\"") ==
        at + "the quote \" is not closed; a value that begins with a quote ends with the same one");
  CHECK(refused("\"/a\" b") == at + "there is text behind the closing quote; put quotes around the whole value");
  CHECK(refused("\"/a\"# b") == at + "there is text behind the closing quote; put quotes around the whole value");
  CHECK(refused("\"a\\d\"") == at + "\\d is not an escape; write \\\\ for a backslash, or put the value into '…'");
  CHECK(refused("\"\\x0\"") == at + "\\x takes two hexadecimal digits, and not 00");
  CHECK(refused("\"\\x00\"") == at + "\\x takes two hexadecimal digits, and not 00");
  CHECK(refused(";") == at + "a value can't begin with a comment sign; put it into quotes, or write \"\" for no value");
  CHECK(refused("# x") ==
        at + "a value can't begin with a comment sign; put it into quotes, or write \"\" for no value");
  CHECK(refused("/a \"b # c\" d") ==
        at + "there is a comment sign between quotes that begin within the value; put quotes around the whole value");
}

TEST_CASE("the file can be named by JETCAPTURE_CONFIG, and --config wins") {
  const TemporaryFolder folder;
  const std::string one = folder.file("one.ini", "max-age = 1h\n"), two = folder.file("two.ini", "max-age = 2h\n");
  CHECK(read({}, with({"JETCAPTURE_CONFIG=" + one})).settings.max_age == 1h);
  CHECK(read({"--config", two}, with({"JETCAPTURE_CONFIG=" + one})).settings.max_age == 2h);
}

TEST_CASE("an unreadable file is refused in a sentence") {
  const TemporaryFolder folder;
  CHECK(refusal(complete({"--config", "/does/not/exist.ini"})) ==
        "the file of --config, /does/not/exist.ini, can't be read; check its path and its permissions");
  CHECK(refusal(complete({"--config", folder.path().string()})) ==
        "the file of --config, " + folder.path().string() + ", is a folder");
  CHECK(file_refusal(std::string_view("\x7f"
                                      "ELF\0\0",
                                      6)) ==
        "j.ini, line 1 has a control character; the file of --config must be text");
}

TEST_CASE("what is wrong in a file is refused with its line") {
  CHECK(file_refusal("once = true\n\nmax-agee = 1h\n") ==
        "j.ini, line 3: unknown setting \"max-agee\"; did you mean max-age?");
  CHECK(file_refusal("# x\nmax-age = 15x\n") ==
        "j.ini, line 2: max-age: \"15x\" is not a duration; write for example 90s, 15m or 1h30m");
  CHECK(file_refusal("[decodr]\nname = x\n") == "j.ini, line 2: there is no section [decodr]; did you mean decoder?");
  CHECK(file_refusal("once\n") == "j.ini, line 1 has no \"=\"; settings are written as max-age = 15m");
  CHECK(file_refusal("[decoder\n") == "j.ini, line 1 begins a section without its ]");
  CHECK(file_refusal("max-age =\n") == "j.ini, line 1: max-age has no value; give one, or remove the line");
  CHECK(file_refusal("max-age = 1h\nmax-age = 2h\n") == "j.ini, line 2: max-age is given twice; give it once");
  CHECK(file_refusal("config = other.ini\n") == "j.ini, line 1: unknown setting \"config\"");
  CHECK(file_refusal("help = true\n") == "j.ini, line 1: unknown setting \"help\"");
}

TEST_CASE("a flag wins over a variable, and a variable over the file") {
  const TemporaryFolder folder;
  const std::string file = folder.file("j.ini", "max-age = 1h\nmax-bytes = 1MB\nmax-messages = 1\nserver = file\n");
  const Settings settings = read({"--config", file, "--max-age", "3h", "--server", "flag"},
                                 with({"JETCAPTURE_MAX_AGE=2h", "JETCAPTURE_MAX_BYTES=2MB", "JETCAPTURE_SERVER=a,b"}))
                                .settings;
  CHECK(settings.max_age == 3h);
  CHECK(settings.max_bytes == 2'000'000);
  CHECK(settings.max_messages == 1);
  CHECK(settings.connection.servers == Texts{"nats://flag"});
}

TEST_CASE("stage options of all sources go together, a stronger one replacing the same key") {
  const TemporaryFolder folder;
  const std::string file = folder.file("j.ini", "[decoder]\nname = json\nkey = a\nfields = x\nfields = y\n");
  const Settings settings = read({"--config", file, "--stream", "S", "--consumer", "c", "--writer", "csv", "--store",
                                  "file", "--decoder-opt", "fields=z"},
                                 {"JETCAPTURE_DECODER_OPT=strict=yes"})
                                .settings;
  CHECK(settings.decoder.name == "json");
  CHECK(settings.decoder.options == Texts{"key=a", "strict=yes", "fields=z"});
}

TEST_CASE("options for another stage than the chosen one are left out") {
  const TemporaryFolder folder;
  const std::string file = folder.file("j.ini", "[decoder]\nname = json\nkey = a\n[store]\nroot = /backup\n");
  const Settings settings =
      read({"--config", file, "--decoder", "message", "--decoder-opt", "x=y"}, complete_environment).settings;
  CHECK(settings.decoder.name == "message");
  CHECK(settings.decoder.options == Texts{"x=y"});
  // A section without a name is for whichever stage is chosen.
  CHECK(settings.store.options == Texts{"root=/backup"});
  const Settings same = read({"--config", file}, complete_environment).settings;
  CHECK(same.decoder.options == Texts{"key=a"});
}

TEST_CASE("random files are settings or a sentence, and never anything else (seeded)") {
  const TemporaryFolder folder;
  std::uint32_t state = 1;
  const auto next = [&state] { return (state = state * 1664525u + 1013904223u) >> 8; };
  const Texts parts = {"[",       "]",       "=",    "#",  ";",    ".",    "\n", " ",
                       "max-age", "decoder", "name", "1h", "\x01", "\xff", "\t", "[decoder]\n"};
  for (int round = 0; round < 2000; round++) {
    std::string content;
    for (std::uint32_t i = next() % 12; i > 0; i--)
      content += parts[next() % parts.size()];
    CAPTURE(content);
    const std::string file = folder.file("j.ini", content);
    REQUIRE_NOTHROW(static_cast<void>(refusal(complete({"--config", file}))));
  }
}
