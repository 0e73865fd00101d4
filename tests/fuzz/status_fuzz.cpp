// Header blocks and status messages of the server.
#include "fuzz/require.hpp"
#include "nats/headers.hpp"
#include "nats/puller.hpp"

using namespace jetcapture::host;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  std::string block(reinterpret_cast<const char *>(data), size);
  std::vector<jetcapture_pair> pairs;
  if (parse_headers(block, pairs))
    for (const jetcapture_pair &pair : pairs) {
      REQUIRE_THAT(pair.name.size <= block.size());
      REQUIRE_THAT(pair.value.size == 0 || pair.value.size <= block.size());
      REQUIRE_THAT(pair.value.data + pair.value.size <= block.data() + block.size());
    }
  classify_pull_status(size > 0 ? 100 + data[0] * 2 : 0, block);
  return 0;
}
