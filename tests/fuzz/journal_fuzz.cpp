// The journal's reader: whatever stands in the file, it is read up to what is torn, and what was read is read again the same.
#include "capture/journal.hpp"
#include "fuzz/require.hpp"
#include "settings/error.hpp"

#include <fstream>

#include <fcntl.h>
#include <unistd.h>

using namespace jetcapture::host;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static const std::filesystem::path folder = [] {
    const auto path = std::filesystem::temp_directory_path() / ("jetcapture-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(path);
    return path;
  }();
  static Log log(Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC));
  {
    std::ofstream out(folder / "journal", std::ios::binary);
    // Half of the inputs get past the first line.
    if (size > 0 && data[0] % 2 == 0)
      out << "jetcapture journal 1\n";
    out.write(reinterpret_cast<const char *>(data), static_cast<std::streamsize>(size));
  }
  const auto any = [](const CaptureIdentity &) { return true; };
  try {
    std::vector<UnfinishedBlock> first;
    {
      const Journal journal(folder, {}, any, log);
      first = journal.unfinished();
      for (const UnfinishedBlock &block : first)
        REQUIRE_THAT(block.id < journal.next_id() || block.id == UINT64_MAX);
    }
    const Journal again(folder, {}, any, log);
    REQUIRE_THAT(again.unfinished().size() == first.size());
    for (std::size_t i = 0; i < first.size(); i++) {
      REQUIRE_THAT(again.unfinished()[i].id == first[i].id && again.unfinished()[i].stored == first[i].stored);
      REQUIRE_THAT(again.unfinished()[i].own.encoded() == first[i].own.encoded());
      REQUIRE_THAT(again.unfinished()[i].name == first[i].name && again.unfinished()[i].key == first[i].key);
    }
  } catch (const StartupError &) {
    // Not a journal.
  }
  return 0;
}
