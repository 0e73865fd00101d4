// Restores the hard stream to the server and the stream that it is given: for tests that kill it.
#include "host/restore/memory_source.hpp"
#include "restore/exact_restore.hpp"

#include <cstdio>
#include <exception>
#include <memory>

using namespace jetcapture::host;
using namespace jetcapture::test;

int main(int count, char **arguments) {
  if (count != 4)
    return 2;
  try {
    const std::vector<StoredMessage> messages = hard_stream();
    ConnectionSettings settings;
    settings.servers = {arguments[1]};
    Log log(Level::debug, LogFormat::text);
    Connection connection(settings, "restore", log);
    ExactRestore restore(
        connection, settings,
        {.target = {.stream = arguments[2]}, .configuration = arguments[3], .last_sequence = 300'000'000}, log);
    restore.check();
    restore.restore([&] { return std::make_unique<MemorySource>(messages); }, [](auto, auto) {});
    return 0;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
