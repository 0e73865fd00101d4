// Ack subjects: never a crash, and what is read and written again reads the same; a reader of many reads each as it is
// alone.
#include "fuzz/require.hpp"
#include "nats/ack_subject.hpp"

using namespace jetcapture::host;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char *>(data), size);
  const std::string reply = bytes.c_str(); // as nats.c gives it: up to the first NUL
  const auto ack = parse_ack_subject(reply);
  static AckSubjectReader reader; // knows the last input
  for (int i = 0; i < 2; i++) {
    const auto read = reader.read(reply);
    REQUIRE_THAT(read.has_value() == ack.has_value());
    REQUIRE_THAT(!ack || (read->prefix == ack->prefix && read->tokens == ack->tokens &&
                          read->stream_sequence == ack->stream_sequence && read->pending == ack->pending));
  }
  if (ack) {
    REQUIRE_THAT(!ack->stream.empty() && !ack->consumer.empty());
    AckSubjectWriter writer(ack->prefix, ack->tokens);
    const std::string written = writer.subject(ack->stream_sequence);
    const auto again = parse_ack_subject(written);
    REQUIRE_THAT(again && again->tokens == ack->tokens && again->prefix == ack->prefix &&
                 again->stream_sequence == ack->stream_sequence);
  }
  return 0;
}
