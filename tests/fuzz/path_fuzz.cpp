// Destination keys and path templates: no part leaves the root, whatever its bytes.
#include "blocks/object_name.hpp"
#include "fuzz/require.hpp"
#include "settings/error.hpp"

using namespace jetcapture::host;

namespace {

void check_part(std::string_view part) {
  REQUIRE_THAT(!part.empty() && part.size() <= 200);
  REQUIRE_THAT(part.front() != '.' && part.front() != '_');
  for (const char c : part)
    REQUIRE_THAT(c != '/' && c != '\\' && static_cast<unsigned char>(c) >= 0x21 && c != 0x7f);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  const std::string part = escape_part(text);
  check_part(part);
  // What was escaped is another key.
  REQUIRE_THAT(part == text || escape_part(part) != part || part.size() > 190);
  try {
    const PathTemplate path(text, "STREAM", "consumer");
    const std::string folder = path.folder({text, "b"}, 1795521600'000000000);
    REQUIRE_THAT(!folder.starts_with('/') && !folder.ends_with('/'));
    REQUIRE_THAT(("/" + folder + "/").find("/../") == std::string::npos &&
                 ("/" + folder + "/").find("/./") == std::string::npos);
    REQUIRE_THAT(folder.find('\0') == std::string::npos);
  } catch (const StartupError &) {
    // A sentence, not a crash.
  }
  return 0;
}
