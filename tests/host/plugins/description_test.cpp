#include "plugins/description.hpp"

#include "host/plugins/fixtures.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace jetcapture::host;

namespace {

jetcapture_status create(const jetcapture_create_args *, void **) {
  return JETCAPTURE_OK;
}
jetcapture_status decode(void *, const jetcapture_message *, const jetcapture_sink *) {
  return JETCAPTURE_OK;
}
jetcapture_status open(void *, const jetcapture_block_info *, jetcapture_out *, void **) {
  return JETCAPTURE_OK;
}
jetcapture_status write(void *, const void *) {
  return JETCAPTURE_OK;
}
jetcapture_status finish(void *) {
  return JETCAPTURE_OK;
}
jetcapture_status put(void *, const jetcapture_object *, jetcapture_result *) {
  return JETCAPTURE_OK;
}
void done(void *) {}

constexpr const char *records[] = {JETCAPTURE_PAYLOAD_RECORD, nullptr};

// A description of each kind without a defect, with an about that a test can spoil.
struct Sound {
  jetcapture_option option = {sizeof option, JETCAPTURE_OPTION_TEXT, 0, 0, "key", nullptr, nullptr, "Its help."};
  jetcapture_option second = {sizeof option, JETCAPTURE_OPTION_TEXT, 0, 0, "other", nullptr, nullptr, "Its help."};
  std::array<const jetcapture_option *, 3> options = {&option, &second, nullptr};
  jetcapture_about about = {sizeof about, 0, "sample", "1.0", "A sample.", options.data()};
  jetcapture_decoder decoder = {sizeof decoder, 0, &about, records, create, decode, done};
  jetcapture_writer writer = {sizeof writer, 0,      &about, records, ".txt",  "text/plain", create,  open,
                              write,         finish, done,   done,    nullptr, nullptr,      nullptr, nullptr};
  jetcapture_store store = {sizeof store, 0, &about, create, put, done, nullptr, nullptr, nullptr, nullptr, nullptr};
};

// The defect that the sentence names.
template <class Description>
std::string defect(StageKind kind, const Description &description) {
  const StageFile file = {kind, "sample", 1, "/x/sample.so"};
  const std::string sentence = refusal([&] { return checked_description<Description>(file, &description); });
  const std::string before = std::string(to_string(kind)) + " \"sample\" in /x/sample.so is broken: ";
  const std::string after = "; rebuild it against the SDK, or ask its author";
  if (!sentence.starts_with(before) || !sentence.ends_with(after))
    return sentence;
  return sentence.substr(before.size(), sentence.size() - before.size() - after.size());
}
std::string defect(const jetcapture_decoder &decoder) {
  return defect(StageKind::decoder, decoder);
}
std::string defect(const jetcapture_writer &writer) {
  return defect(StageKind::writer, writer);
}
std::string defect(const jetcapture_store &store) {
  return defect(StageKind::store, store);
}

} // namespace

TEST_CASE("sound descriptions are taken as they are") {
  const Sound sound;
  CHECK(defect(sound.decoder) == "(none)");
  CHECK(defect(sound.writer) == "(none)");
  CHECK(defect(sound.store) == "(none)");
  const StageFile file = {StageKind::decoder, "sample", 1, "/x/sample.so"};
  const auto copy = checked_description<jetcapture_decoder>(file, &sound.decoder);
  CHECK((copy.decode == sound.decoder.decode));
  CHECK((copy.about == &sound.about));
}

TEST_CASE("a size that is too small is a defect, with the least named") {
  Sound sound;
  sound.decoder.size = 16;
  CHECK(defect(sound.decoder) ==
        "its description has 16 bytes, " + std::to_string(sizeof(jetcapture_decoder)) + " are the least");
  sound.decoder.size = 0;
  CHECK(defect(sound.decoder).starts_with("its description has 0 bytes"));
  sound.about.size = 8;
  CHECK(defect(sound.store) == "the size of its about is too small");
}

TEST_CASE("optional functions past the end of a description are absent") {
  Sound sound;
  sound.store.stat = [](void *, jetcapture_text, jetcapture_object_status *) { return JETCAPTURE_OK + 0; };
  const StageFile file = {StageKind::store, "sample", 1, "/x/sample.so"};
  CHECK((checked_description<jetcapture_store>(file, &sound.store).stat != nullptr));
  sound.store.size = offsetof(jetcapture_store, stat) + 4; // half of a pointer
  const auto copy = checked_description<jetcapture_store>(file, &sound.store);
  CHECK((copy.stat == nullptr));
  CHECK(copy.size == offsetof(jetcapture_store, stat));
}

TEST_CASE("a required function that is missing is a defect") {
  Sound sound;
  sound.decoder.decode = nullptr;
  CHECK(defect(sound.decoder) == "its description has no decode()");
  sound.writer.finish = nullptr;
  CHECK(defect(sound.writer) == "its description has no finish()");
  sound.store.put = nullptr;
  CHECK(defect(sound.store) == "its description has no put()");
}

TEST_CASE("defects of the about are named") {
  Sound sound;
  SUBCASE("none") {
    sound.decoder.about = nullptr;
    CHECK(defect(sound.decoder) == "its description has no about");
  }
  SUBCASE("no version") {
    sound.about.version = nullptr;
    CHECK(defect(sound.decoder) == "its description has no version");
  }
  SUBCASE("another name") {
    sound.about.name = "simple";
    CHECK(defect(sound.decoder) ==
          "decoder \"sample\" in /x/sample.so is broken: its description calls it \"simple\" and "
          "its symbol \"sample\"; give both the same name");
  }
  SUBCASE("a later minor version of the ABI") {
    sound.about.needs_minor = 999;
    CHECK(defect(sound.decoder) ==
          "decoder \"sample\" in /x/sample.so needs plug-in ABI 1.999, this host has 1.0; update jetcapture");
  }
}

TEST_CASE("defects of options are named") {
  Sound sound;
  SUBCASE("kind") {
    sound.option.kind = 77;
    CHECK(defect(sound.decoder) == "option \"key\" has the unknown kind 77");
  }
  SUBCASE("name") {
    sound.option.name = "Key";
    CHECK(defect(sound.decoder) == "an option's name is not of the form [a-z][a-z0-9-]*");
  }
  SUBCASE("twice") {
    sound.second.name = "key";
    CHECK(defect(sound.decoder) == "option \"key\" is there twice");
  }
  SUBCASE("choices") {
    sound.option.kind = JETCAPTURE_OPTION_CHOICE;
    CHECK(defect(sound.decoder) == "option \"key\" has no choices");
  }
  SUBCASE("help") {
    sound.option.help = nullptr;
    CHECK(defect(sound.decoder) == "option \"key\" has no help");
  }
  SUBCASE("size") {
    sound.option.size = 4;
    CHECK(defect(sound.decoder) == "the size of an option is too small");
  }
}

TEST_CASE("defects of payloads are named") {
  Sound sound;
  static constexpr const char *none[] = {nullptr};
  static constexpr const char *empty[] = {"", nullptr};
  sound.decoder.produces = nullptr;
  CHECK(defect(sound.decoder) == "its description has no payload in produces");
  sound.decoder.produces = none;
  CHECK(defect(sound.decoder) == "its description has no payload in produces");
  sound.writer.accepts = empty;
  CHECK(defect(sound.writer) == "its description has an empty payload in accepts");
}

TEST_CASE("defects that only a writer can have are named") {
  Sound sound;
  SUBCASE("mark without rollback") {
    sound.writer.mark = finish;
    CHECK(defect(sound.writer) == "its description has one of mark() and rollback() without the other");
  }
  SUBCASE("a suffix that is a path") {
    sound.writer.suffix = "/../x";
    CHECK(defect(sound.writer) == "its description has a suffix that is not of the form .NAME");
  }
  SUBCASE("no suffix") {
    sound.writer.suffix = nullptr;
    CHECK(defect(sound.writer) == "its description has no suffix");
  }
  SUBCASE("no content type") {
    sound.writer.content_type = nullptr;
    CHECK(defect(sound.writer) == "its description has no content type");
  }
}
