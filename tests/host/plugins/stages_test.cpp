#include "plugins/stages.hpp"

#include "host/plugins/fixtures.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>

using namespace jetcapture::host;
namespace fs = std::filesystem;

namespace {

StageFile decoder_in(const std::string &name) {
  return find_stage({}, StageKind::decoder, fixture(name).string(), false);
}

std::string load_refusal(const std::string &name) {
  return refusal([&] { return load_decoder(decoder_in(name)); });
}

std::string broken(const std::string &name, const std::string &defect) {
  return "decoder \"" + name + "\" in " + fs::canonical(fixture(name)).string() + " is broken: " + defect +
         "; rebuild it against the SDK, or ask its author";
}

std::string create_refusal(const std::string &how) {
  const LoadedDecoder loaded = load_decoder(decoder_in("create_fails"));
  Log log(Level::error);
  const std::atomic<bool> cancelled{false};
  return refusal([&] {
    const Decoder decoder(loaded.description, StageKind::decoder, {"how=" + how}, JETCAPTURE_PAYLOAD_RECORD, log,
                          cancelled);
    return 0;
  });
}

} // namespace

TEST_CASE("a decoder is loaded, created with its settings, and destroyed") {
  const LoadedDecoder loaded = load_decoder(decoder_in("good"));
  CHECK(std::string(loaded.description.about->version) == "1.2");
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  Log log(Level::info, LogFormat::text, ends[1]);
  const std::atomic<bool> cancelled{true};
  const int *destroyed = nullptr;
  int before = 0;
  {
    const Decoder decoder(loaded.description, StageKind::decoder, {"colour=green"}, JETCAPTURE_PAYLOAD_RECORD, log,
                          cancelled);
    REQUIRE(decoder.self() != nullptr);
    destroyed = static_cast<const int *>(decoder.self());
    before = *destroyed;
  }
  CHECK(*destroyed == before + 1);
  ::close(ends[1]);
  std::string line(512, '\0');
  line.resize(static_cast<std::size_t>(::read(ends[0], line.data(), line.size())));
  ::close(ends[0]);
  CHECK_MESSAGE(line.ends_with("level=info msg=\"colour=green payload=jetcapture.record/1 cancelled=1 extension=none\" "
                               "stage=\"decoder good\"\n"),
                line);
}

TEST_CASE("loading runs the code of a file, and it stays loaded") {
  const PluginFolder folder;
  const fs::path file = folder.add("marks_load");
  ::unsetenv("FIXTURE_WAS_LOADED");
  static_cast<void>(load_decoder(find_stage({folder.path()}, StageKind::decoder, "marks_load", false)));
  CHECK(std::getenv("FIXTURE_WAS_LOADED") != nullptr);
  void *still = ::dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD);
  CHECK(still != nullptr);
}

TEST_CASE("wrong options are refused before create() is called") {
  const LoadedDecoder loaded = load_decoder(decoder_in("good"));
  Log log(Level::error);
  const std::atomic<bool> cancelled{false};
  CHECK(refusal([&] {
          const Decoder decoder(loaded.description, StageKind::decoder, {"color=red"}, JETCAPTURE_PAYLOAD_RECORD, log,
                                cancelled);
          return 0;
        }) == "decoder good has no option \"color\"; did you mean colour?");
}

TEST_CASE("a store is created without a payload, and a writer with one") {
  const std::string trio = fixture("trio").string();
  Log log(Level::error);
  const std::atomic<bool> cancelled{false};
  const LoadedStore store = load_store(find_stage({}, StageKind::store, trio, false));
  const Store stored(store.description, StageKind::store, {}, "", log, cancelled);
  CHECK(stored.self() != nullptr);
  const LoadedWriter writer = load_writer({StageKind::writer, "trio", 1, trio});
  const Writer written(writer.description, StageKind::writer, {}, JETCAPTURE_PAYLOAD_RECORD, log, cancelled);
  CHECK(std::string(written.description().suffix) == ".trio");
}

TEST_CASE("a description built with later fields is read up to those of this host") {
  const LoadedDecoder loaded = load_decoder(decoder_in("large"));
  CHECK(loaded.description.size == sizeof(jetcapture_decoder));
  CHECK((loaded.description.destroy != nullptr));
}

TEST_CASE("a description built with fewer optional fields has none of them") {
  const LoadedWriter loaded = load_writer({StageKind::writer, "short_writer", 1, fixture("short_writer")});
  CHECK((loaded.description.destroy != nullptr));
  CHECK((loaded.description.pending == nullptr));
  CHECK((loaded.description.mark == nullptr));
}

TEST_CASE("a broken description is refused with the file and the defect") {
  CHECK(load_refusal("small") ==
        broken("small", "its description has " + std::to_string(offsetof(jetcapture_decoder, destroy) + 4) +
                            " bytes, " + std::to_string(sizeof(jetcapture_decoder)) + " are the least"));
  CHECK(load_refusal("null_decode") == broken("null_decode", "its description has no decode()"));
  CHECK(load_refusal("wrong_name") == "decoder \"wrong_name\" in " + fs::canonical(fixture("wrong_name")).string() +
                                          " is broken: its description calls it \"other_name\" and its symbol "
                                          "\"wrong_name\"; give both the same name");
  CHECK(load_refusal("needs_minor") == "decoder \"needs_minor\" in " + fs::canonical(fixture("needs_minor")).string() +
                                           " needs plug-in ABI 1.999, this host has 1.0; update jetcapture");
}

TEST_CASE("a library that the loader refuses is refused with the loader's reason") {
  const std::string file = fs::canonical(fixture("undefined_symbol")).string();
  CHECK(load_refusal("undefined_symbol") ==
        file + " can't be loaded: undefined symbol: jetcapture_fixture_missing_function; install what it needs, or "
               "rebuild it");
  CHECK(refusal([] {
          return load_decoder({StageKind::decoder, "x", 1, "/does/not/exist.so"});
        }) == "/does/not/exist.so can't be loaded: cannot open shared object file: No such file or directory; install "
              "what it needs, or "
              "rebuild it");
  CHECK(refusal([] {
          return load_decoder({StageKind::decoder, "absent", 1, fixture("good")});
        }) == fixture("good").string() + " does not export jetcapture_decoder_1_absent; rebuild it against the SDK");
}

TEST_CASE("a create() that fails is refused with its sentence") {
  CHECK(create_refusal("sentence") == "decoder create_fails: the folder /backup is read-only; choose another root");
}

TEST_CASE("a create() that breaks the rules is refused with the file and the defect") {
  const std::string stage = "decoder create_fails in " + fs::canonical(fixture("create_fails")).string();
  CHECK(create_refusal("silence") ==
        stage +
            " did not start (configuration) and gave no reason; check its options, and ask its author for a sentence");
  CHECK(create_refusal("status-99") == stage + " is broken: its create() returned unknown status 99; ask its author");
  CHECK(create_refusal("next-block") == stage + " is broken: its create() returned next block; ask its author");
  CHECK(create_refusal("ok-without-self") ==
        stage + " is broken: its create() returned ok without an instance; ask its author");
  CHECK(create_refusal("error-with-self") ==
        stage +
            " is broken: its create() returned an instance together with an error (fatal): no good; ask its author");
}

TEST_CASE("decoder and writer agree on the payload that the decoder likes best, or are refused with both lists") {
  const LoadedDecoder decoder = load_decoder(decoder_in("good"));
  LoadedWriter writer = load_writer({StageKind::writer, "trio", 1, fixture("trio")});
  CHECK(agree_on_payload(decoder, writer) == JETCAPTURE_PAYLOAD_RECORD);
  static constexpr const char *both[] = {JETCAPTURE_PAYLOAD_RECORD, "com.example.trade/2", nullptr};
  writer.description.accepts = both;
  CHECK(agree_on_payload(decoder, writer) == "com.example.trade/2");
  static constexpr const char *messages[] = {JETCAPTURE_PAYLOAD_MESSAGE, nullptr};
  writer.description.accepts = messages;
  CHECK(refusal([&] { return agree_on_payload(decoder, writer); }) ==
        "decoder good produces com.example.trade/2, jetcapture.record/1, writer trio accepts jetcapture.message/1; "
        "choose a writer "
        "that accepts what the decoder produces, or another decoder");
}

TEST_CASE("every status has words") {
  CHECK(to_string_status(JETCAPTURE_OK) == "ok");
  CHECK(to_string_status(JETCAPTURE_RETRY) == "retry");
  CHECK(to_string_status(JETCAPTURE_BAD_DATA) == "bad data");
  CHECK(to_string_status(JETCAPTURE_CONFIGURATION) == "configuration");
  CHECK(to_string_status(JETCAPTURE_FATAL) == "fatal");
  CHECK(to_string_status(JETCAPTURE_NEXT_BLOCK) == "next block");
  CHECK(to_string_status(17) == "unknown status 17");
  CHECK(to_string_status(-1) == "unknown status -1");
}
