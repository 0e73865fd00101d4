// Values as users write them, and options of a stage.
#include "fuzz/require.hpp"
#include "plugins/options.hpp"
#include "settings/config_value.hpp"
#include "settings/error.hpp"
#include "settings/values.hpp"

#include <cmath>

using namespace jetcapture::host;

namespace {

const char *const choices[] = {"one", "two", nullptr};
constexpr jetcapture_option make(std::int32_t kind, const char *name) {
  return {sizeof(jetcapture_option),
          kind,
          0,
          0,
          name,
          nullptr,
          kind == JETCAPTURE_OPTION_CHOICE ? choices : nullptr,
          "help"};
}
constexpr jetcapture_option all[] = {make(JETCAPTURE_OPTION_TEXT, "t"),     make(JETCAPTURE_OPTION_INTEGER, "i"),
                                     make(JETCAPTURE_OPTION_NUMBER, "n"),   make(JETCAPTURE_OPTION_FLAG, "f"),
                                     make(JETCAPTURE_OPTION_DURATION, "d"), make(JETCAPTURE_OPTION_SIZE, "s"),
                                     make(JETCAPTURE_OPTION_CHOICE, "c"),   make(JETCAPTURE_OPTION_LIST, "l")};
constexpr const jetcapture_option *options[] = {&all[0], &all[1], &all[2], &all[3], &all[4],
                                                &all[5], &all[6], &all[7], nullptr};
constexpr jetcapture_about about = {sizeof(jetcapture_about), 0, "fuzz", "1", "summary", options};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string text(reinterpret_cast<const char *>(data), size);
  if (const auto duration = parse_duration(text)) {
    REQUIRE_THAT(duration->count() >= 0);
    REQUIRE_THAT(parse_duration(format_duration(*duration)) == *duration);
  }
  if (const auto bytes = parse_size(text))
    REQUIRE_THAT(parse_size(format_size(*bytes)) == *bytes);
  if (const auto number = parse_number(text))
    REQUIRE_THAT(std::isfinite(*number));
  if (text.find('\0') == std::string::npos)
    REQUIRE_THAT(read_config_value(config_value_text(text)) == text);
  try {
    read_config_value(text);
  } catch (const ConfigValueError &error) {
    REQUIRE_THAT(*error.what() != '\0');
  }
  parse_flag(text);
  parse_integer(text);
  nearest(text, std::vector<std::string>{"decoder", "writer"});
  try {
    StageSettings settings;
    parse_stage_options(about, StageKind::decoder, {text}, settings);
    REQUIRE_THAT(settings.count() == 8);
  } catch (const StartupError &error) {
    REQUIRE_THAT(*error.what() != '\0');
  }
  return 0;
}
