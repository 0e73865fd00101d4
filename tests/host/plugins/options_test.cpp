#include "plugins/options.hpp"

#include "host/plugins/fixtures.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace jetcapture::host;
using Texts = std::vector<std::string>;

namespace {

constexpr const char *modes[] = {"fast", "small", nullptr};

constexpr jetcapture_option option(std::int32_t kind, const char *name, const char *default_value,
                                   std::uint32_t flags = 0) {
  return {sizeof(jetcapture_option),
          kind,
          flags,
          0,
          name,
          default_value,
          kind == JETCAPTURE_OPTION_CHOICE ? modes : nullptr,
          "Its help."};
}

constexpr jetcapture_option text = option(JETCAPTURE_OPTION_TEXT, "text", "plain");
constexpr jetcapture_option integer = option(JETCAPTURE_OPTION_INTEGER, "integer", "-5");
constexpr jetcapture_option number = option(JETCAPTURE_OPTION_NUMBER, "number", nullptr);
constexpr jetcapture_option flag = option(JETCAPTURE_OPTION_FLAG, "flag", "yes");
constexpr jetcapture_option duration = option(JETCAPTURE_OPTION_DURATION, "wait-time", "1h30m");
constexpr jetcapture_option size = option(JETCAPTURE_OPTION_SIZE, "part-size", "8MiB");
constexpr jetcapture_option path = option(JETCAPTURE_OPTION_PATH, "path", nullptr);
constexpr jetcapture_option mode = option(JETCAPTURE_OPTION_CHOICE, "mode", "fast");
constexpr jetcapture_option fields = option(JETCAPTURE_OPTION_LIST, "fields", "a,b");
constexpr const jetcapture_option *all[] = {&text, &integer, &number, &flag,   &duration,
                                            &size, &path,    &mode,   &fields, nullptr};
constexpr jetcapture_about about = {sizeof(jetcapture_about), 0, "sample", "1.0", "A sample.", all};

constexpr jetcapture_option required = option(JETCAPTURE_OPTION_PATH, "root", nullptr, JETCAPTURE_OPTION_REQUIRED);
constexpr jetcapture_option secret = option(JETCAPTURE_OPTION_TEXT, "secret-key", nullptr, JETCAPTURE_OPTION_SECRET);
constexpr jetcapture_option pin = option(JETCAPTURE_OPTION_INTEGER, "pin", nullptr, JETCAPTURE_OPTION_SECRET);
constexpr const jetcapture_option *guarded[] = {&required, &secret, &pin, nullptr};
constexpr jetcapture_about guarded_about = {sizeof(jetcapture_about), 0, "guarded", "1.0", "Guarded.", guarded};

constexpr jetcapture_about bare = {sizeof(jetcapture_about), 0, "bare", "1.0", "Bare.", nullptr};

// The settings as a plug-in sees them.
struct Parsed {
  StageSettings settings;
  jetcapture_create_args args{};
  Parsed(const jetcapture_about &described, const Texts &given) {
    parse_stage_options(described, StageKind::store, given, settings);
    args.size = sizeof args;
    args.setting_count = settings.count();
    args.settings = settings.pointers();
  }
  const jetcapture_setting &operator[](const char *name) const {
    const jetcapture_setting *found = jetcapture_get(&args, name);
    REQUIRE(found != nullptr);
    return *found;
  }
};

std::string sentence(const jetcapture_about &described, const Texts &given) {
  return refusal([&] {
    StageSettings settings;
    parse_stage_options(described, StageKind::store, given, settings);
    return 0;
  });
}

std::string text_of(jetcapture_text value) {
  return {value.data, value.size};
}

} // namespace

TEST_CASE("options that are not given have their defaults") {
  const Parsed parsed(about, {});
  REQUIRE(parsed.settings.count() == 9);
  CHECK(text_of(parsed["text"].text) == "plain");
  CHECK(parsed["text"].present == 1);
  CHECK(parsed["text"].given == 0);
  CHECK(parsed["integer"].integer == -5);
  CHECK(parsed["flag"].integer == 1);
  CHECK(parsed["wait-time"].integer == 5'400'000'000'000);
  CHECK(parsed["part-size"].integer == 8 << 20);
  CHECK(text_of(parsed["mode"].text) == "fast");
  REQUIRE(parsed["fields"].list_count == 2);
  CHECK(text_of(parsed["fields"].list[1]) == "b");
  CHECK(parsed["number"].present == 0);
  CHECK(parsed["number"].text.size == 0);
  CHECK(parsed["path"].present == 0);
  CHECK(*parsed["path"].text.data == '\0');
}

TEST_CASE("given options are checked values, in the order of the description") {
  const Parsed parsed(about, {"number=1.5", "path=/x=y", "flag=off", "mode=small", "text=", "integer=7"});
  CHECK(parsed["number"].number == 1.5);
  CHECK(parsed["number"].given == 1);
  CHECK(std::string(parsed["number"].text.data) == "1.5");
  CHECK(text_of(parsed["path"].text) == "/x=y");
  CHECK(parsed["flag"].integer == 0);
  CHECK(parsed["text"].present == 1);
  CHECK(parsed["text"].text.size == 0);
  CHECK(std::string(parsed.args.settings[1]->name) == "integer");
}

TEST_CASE("an option given twice has its last value, a list goes on") {
  const Parsed parsed(about, {"text=one", "fields=x, y", "text=two", "fields=z"});
  CHECK(text_of(parsed["text"].text) == "two");
  REQUIRE(parsed["fields"].list_count == 3);
  CHECK(text_of(parsed["fields"].list[1]) == "y");
  CHECK(text_of(parsed["fields"].list[2]) == "z");
  CHECK(Parsed(about, {"fields="})["fields"].list_count == 0);
  CHECK(Parsed(about, {"fields= , ,"})["fields"].list_count == 0);
}

TEST_CASE("an unknown option is refused with the nearest, without its value") {
  CHECK(sentence(about, {"filds=a"}) == "store sample has no option \"filds\"; did you mean fields?");
  CHECK(sentence(guarded_about, {"root=/", "access=s3cret"}) ==
        "store guarded has no option \"access\"; it has root, secret-key and pin");
  CHECK(sentence(bare, {"x=1"}) == "store bare has no option \"x\"; it has none at all");
  CHECK(sentence(about, {"=a"}) ==
        "store sample has no option \"\"; it has text, integer, number, flag, wait-time, part-size, "
        "path, mode and fields");
}

TEST_CASE("an option without '=' is refused, and not shown where it may be a secret") {
  CHECK(sentence(about, {"fields"}) == "--store-opt \"fields\" has no \"=\"; write --store-opt key=value");
  CHECK(sentence(guarded_about, {"s3cret"}) == "--store-opt without a key has no \"=\"; write --store-opt key=value");
}

TEST_CASE("a value of the wrong kind is refused with what would do") {
  CHECK(sentence(about, {"integer=1.5"}) == "store sample, option integer: \"1.5\" is not a whole number");
  CHECK(sentence(about, {"number=inf"}) == "store sample, option number: \"inf\" is not a number");
  CHECK(sentence(about, {"flag=maybe"}) == "store sample, option flag: \"maybe\" is not true or false");
  CHECK(sentence(about, {"wait-time=15x"}) ==
        "store sample, option wait-time: \"15x\" is not a duration, such as 90s, 15m or 1h30m");
  CHECK(sentence(about, {"part-size=big"}) ==
        "store sample, option part-size: \"big\" is not a size, such as 1048576, 64KiB or 10MB");
  CHECK(sentence(about, {"mode=fats"}) ==
        "store sample, option mode: \"fats\" is not fast or small; did you mean fast?");
  CHECK(sentence(about, {"mode=purple"}) == "store sample, option mode: \"purple\" is not fast or small");
}

TEST_CASE("a required option that is missing is refused with its help") {
  CHECK(sentence(guarded_about, {}) == "store guarded needs the option root (Its help.); give --store-opt root=…");
}

TEST_CASE("a secret is read from a file, and its value is never shown") {
  const TemporaryFolder folder;
  const std::string file = folder.file("key", "s3cret\n");
  CHECK(text_of(Parsed(guarded_about, {"root=/", "secret-key=@" + file})["secret-key"].text) == "s3cret");
  CHECK(text_of(Parsed(guarded_about, {"root=@" + file})["root"].text) == "@" + file);
  CHECK(sentence(guarded_about, {"root=/", "secret-key=@/does/not/exist"}) ==
        "store guarded, option secret-key: the file /does/not/exist can't be read; check its path and its permissions");
  CHECK(sentence(guarded_about, {"root=/", "pin=s3cret"}) ==
        "store guarded, option pin: the value is not a whole number");
}

TEST_CASE("a default that does not parse is a defect of the plug-in") {
  constexpr jetcapture_option wrong = option(JETCAPTURE_OPTION_DURATION, "wait", "soon");
  const std::array<const jetcapture_option *, 2> options = {&wrong, nullptr};
  const jetcapture_about broken = {sizeof(jetcapture_about), 0, "broken", "1.0", "Broken.", options.data()};
  CHECK(sentence(broken, {}) ==
        "store broken is broken: the default of its option wait is not a duration, such as 90s, 15m or "
        "1h30m; ask its author");
  CHECK(sentence(broken, {"wait=1s"}) == "(none)");
}

TEST_CASE("the help of a stage has its summary, payloads and options with kinds and defaults") {
  constexpr const char *payloads[] = {"jetcapture.record/1", "jetcapture.message/1", nullptr};
  const std::string help = stage_help(StageKind::writer, about, payloads, 80);
  CHECK(help.starts_with("writer sample 1.0: A sample.\nAccepts: jetcapture.record/1, jetcapture.message/1\n"
                         "Options, each as --writer-opt NAME=VALUE:\n"));
  CHECK(help.find("\n  wait-time=DURATION  Its help. [1h30m]\n") != std::string::npos);
  CHECK(help.find("\n  mode=fast|small     Its help. [fast]\n") != std::string::npos);
  const std::string other = stage_help(StageKind::store, guarded_about, nullptr, 80);
  CHECK(other.find("\n  root=PATH        Its help. [required]\n") != std::string::npos);
  CHECK(other.find("(secret; secret-key=@FILE reads it from a file)") != std::string::npos);
  CHECK(stage_help(StageKind::decoder, bare, payloads, 80) ==
        "decoder bare 1.0: Bare.\nProduces: jetcapture.record/1, jetcapture.message/1\nIt has no options.\n");
}
