// Ack subjects: never a crash, and what is read and written again reads the same.
#include "fuzz/require.hpp"
#include "nats/ack_subject.hpp"

using namespace jetcapture::host;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char *>(data), size);
  const std::string reply = bytes.c_str(); // as nats.c gives it: up to the first NUL
  if (const auto ack = parse_ack_subject(reply)) {
    REQUIRE_THAT(!ack->stream.empty() && !ack->consumer.empty());
    AckSubjectWriter writer(ack->prefix, ack->tokens);
    const std::string written = writer.subject(ack->stream_sequence);
    const auto again = parse_ack_subject(written);
    REQUIRE_THAT(again && again->tokens == ack->tokens && again->prefix == ack->prefix &&
                 again->stream_sequence == ack->stream_sequence);
  }
  return 0;
}
