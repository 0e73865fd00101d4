// A decoder that takes its time, as one does that checks a signature or unpacks an archive: what --pipelines is for.
#include <jetcapture/plugin.hpp>

#include <openssl/sha.h>

#include <array>
#include <cstdint>

namespace {

using namespace jetcapture;

class SlowDecoder {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "The whole message, after hashing its data again and again";
  static constexpr const char *produces[] = {JETCAPTURE_PAYLOAD_MESSAGE};
  static constexpr jetcapture_option options[] = {integer_option("hashes", "100", "how often the data is hashed")};

  explicit SlowDecoder(const Options &given) : hashes_(given.integer("hashes")) {}

  void decode(const jetcapture_message &message, Sink &sink) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
    for (std::int64_t i = 0; i < hashes_; i++)
      SHA256(reinterpret_cast<const unsigned char *>(message.data.data), static_cast<std::size_t>(message.data.size),
             hash.data());
    sink.emit(nullptr, 0, &message);
  }

private:
  std::int64_t hashes_;
};

JETCAPTURE_CPP_DECODER(slow, SlowDecoder);

} // namespace
