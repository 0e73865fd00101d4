#include "plugins/stages.hpp"
#include "settings/error.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

using namespace jetcapture::host;

namespace {

int instance;
int destroyed;
std::string suffix_of_options;
jetcapture_status answer;

jetcapture_status create(const jetcapture_create_args *, void **self) {
  *self = &instance;
  return JETCAPTURE_OK;
}
void destroy(void *) {
  destroyed++;
}
jetcapture_status facts(void *, jetcapture_writer_facts *facts) {
  CHECK(std::strcmp(facts->suffix, ".csv") == 0);
  CHECK(std::strcmp(facts->content_type, "text/csv") == 0);
  CHECK(facts->flags == 0);
  facts->suffix = suffix_of_options.c_str();
  facts->flags = JETCAPTURE_WRITER_COMPRESSES;
  return answer;
}

jetcapture_writer description() {
  static const jetcapture_about about = {sizeof about, 0, "facts", "1", "a writer", nullptr};
  jetcapture_writer writer{};
  writer.size = sizeof writer;
  writer.about = &about;
  writer.suffix = ".csv";
  writer.content_type = "text/csv";
  writer.create = &create;
  writer.destroy = &destroy;
  writer.facts = &facts;
  destroyed = 0;
  answer = JETCAPTURE_OK;
  suffix_of_options = ".csv.lz4";
  return writer;
}

struct Made {
  Log log{Level::error, LogFormat::text, -1};
  std::atomic<bool> cancelled{false};
  const Writer writer{description(), StageKind::writer, {}, "a/1", log, cancelled};
};

// The sentence with which it does not start.
std::string refusal(jetcapture_status status, const char *suffix) {
  Log log{Level::error, LogFormat::text, -1};
  const std::atomic<bool> cancelled{false};
  const jetcapture_writer described = description();
  answer = status;
  suffix_of_options = suffix;
  try {
    const Writer writer(described, StageKind::writer, {}, "a/1", log, cancelled);
  } catch (const StartupError &error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("what a writer says of itself with its options takes the place of its description") {
  const Made made;
  CHECK(std::strcmp(made.writer.description().suffix, ".csv.lz4") == 0);
  CHECK(std::strcmp(made.writer.description().content_type, "text/csv") == 0);
  CHECK(made.writer.description().flags == JETCAPTURE_WRITER_COMPRESSES);
}

TEST_CASE("a writer whose suffix with its options is a path is refused, and its instance destroyed") {
  CHECK(refusal(JETCAPTURE_OK, "/../x").find("its facts() gave a suffix that is not of the form .NAME") !=
        std::string::npos);
  CHECK(destroyed == 1);
}

TEST_CASE("a writer whose facts fail does not start, and the sentence says so") {
  CHECK(refusal(JETCAPTURE_CONFIGURATION, ".csv").find("its facts() failed: it gave no reason (configuration)") !=
        std::string::npos);
  CHECK(destroyed == 1);
}
