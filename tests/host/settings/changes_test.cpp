#include "host/settings/reading.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace jetcapture::host;

namespace {

std::string changes(std::vector<std::string> before, std::vector<std::string> now) {
  return settings_to_restart_for(read(complete(std::move(before))).given, read(complete(std::move(now))).given);
}

} // namespace

TEST_CASE("what has changed is named by its setting, each once, and the log's level is not") {
  CHECK(changes({}, {}).empty());
  CHECK(changes({"--max-age", "1m"}, {"--max-age", "1m"}).empty());
  CHECK(changes({"--log-level", "info"}, {"--log-level", "debug"}).empty());
  CHECK(changes({"--max-age", "1m"}, {"--max-age", "2m"}) == "max-age");
  CHECK(changes({"--max-age", "1m"}, {}) == "max-age");
  CHECK(changes({}, {"--max-messages", "5", "--compression", "gzip"}) == "compression, max-messages");
  CHECK(changes({"--filter-subject", "a"}, {"--filter-subject", "a", "--filter-subject", "b"}) == "filter-subject");
  CHECK(changes({"--store-opt", "a=1", "--store-opt", "b=1"}, {"--store-opt", "a=2", "--store-opt", "b=2"}) ==
        "store-opt");
}
