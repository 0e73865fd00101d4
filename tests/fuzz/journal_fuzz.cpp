// The journal's reader: whatever stands in the file, what is whole is read, and what was read is read again the same.
#include "commit/journal.hpp"
#include "fuzz/require.hpp"
#include "settings/error.hpp"

#include <algorithm>
#include <fstream>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

using namespace jetcapture::host;

namespace {

// Payloads, each behind its length, in whole frames: random bytes have no right checksum. A length of 255 leaves the
// rest as it is.
std::string records_of(std::string_view data) {
  std::string records;
  while (data.size() > 1) {
    const auto size = static_cast<unsigned char>(data[0]);
    const std::string_view payload = data.substr(2, size);
    if (size == 255)
      return records + std::string(payload);
    RecordWriter record(static_cast<RecordType>(data[1]));
    for (const char byte : payload)
      record.put_integer(byte);
    records += record.record();
    data.remove_prefix(std::min<std::size_t>(data.size(), 2 + payload.size()));
  }
  return records;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static const std::filesystem::path folder = [] {
    const auto path = std::filesystem::temp_directory_path() / ("jetcapture-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(path);
    return path;
  }();
  static Log log(Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC));
  {
    std::ofstream out(folder / "journal", std::ios::binary);
    std::string_view rest(reinterpret_cast<const char *>(data), size);
    const int kind = rest.empty() ? 0 : rest[0] & 3;
    if (kind == 1)
      out << "jetcapture journal 1\n";
    if (kind >= 2)
      out << journal_first_line;
    if (kind == 3)
      out << records_of(rest.substr(1));
    else
      out << rest;
  }
  const auto any = [](const CaptureIdentity &) { return JournalOrigin::this_consumer; };
  try {
    std::vector<UnfinishedBlock> first;
    std::uint64_t safe = 0;
    {
      const Journal journal(folder, read_journal(folder / journal_file), {}, any, log);
      first = journal.unfinished();
      safe = journal.safe_up_to();
      for (const UnfinishedBlock &block : first)
        REQUIRE_THAT(block.id < journal.next_id() || block.id == UINT64_MAX);
    }
    const Journal again(folder, read_journal(folder / journal_file), {}, any, log);
    REQUIRE_THAT(again.uncertain_records() == 0);
    REQUIRE_THAT(again.safe_up_to() == safe);
    REQUIRE_THAT(again.unfinished().size() == first.size());
    for (std::size_t i = 0; i < first.size(); i++) {
      REQUIRE_THAT(again.unfinished()[i].stored == first[i].stored);
      REQUIRE_THAT(intent_record(again.unfinished()[i]) == intent_record(first[i]));
    }
  } catch (const StartupError &) {
    // Not a journal.
  }
  return 0;
}
