#include "blocks/codecs.hpp"

#include <algorithm>

#include <boost/crc.hpp>
#include <snappy.h>

namespace jetcapture::host {

namespace {

// https://github.com/google/snappy/blob/main/framing_format.txt
constexpr std::string_view stream_identifier("\xff\x06\x00\x00sNaPpY", 10);
constexpr std::size_t most_uncompressed = 65536; // in one frame
constexpr std::size_t frame_header = 4;          // its type, and its length in three bytes
constexpr std::size_t checksum_size = 4;
constexpr char compressed_frame = 0x00;
constexpr char uncompressed_frame = 0x01;

char *put_little_endian(char *to, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; i++, value >>= 8)
    *to++ = static_cast<char>(value & 0xff);
  return to;
}

std::uint32_t masked_crc32c(const char *data, std::size_t size) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(data, size);
  const auto sum = static_cast<std::uint32_t>(crc.checksum());
  return ((sum >> 15) | (sum << 17)) + 0xa282ead8;
}

class SnappyCodec : public Codec {
public:
  Chunk compress(Chunk chunk, ChunkPlace place, MemoryMeter &meter) override {
    if (chunk.size == 0)
      return chunk;
    const std::size_t frames = (chunk.size + most_uncompressed - 1) / most_uncompressed;
    Chunk packed(stream_identifier.size() +
                     frames * (frame_header + checksum_size + snappy::MaxCompressedLength(most_uncompressed)),
                 meter);
    char *to = packed.data();
    if (place == ChunkPlace::first)
      to += stream_identifier.copy(to, stream_identifier.size());
    for (std::size_t at = 0; at < chunk.size; at += most_uncompressed)
      to = put_frame(to, chunk.data() + at, std::min(most_uncompressed, chunk.size - at));
    packed.size = static_cast<std::size_t>(to - packed.data());
    return packed.resized(packed.size, meter);
  }

private:
  static char *put_frame(char *to, const char *data, std::size_t size) {
    char *const body = to + frame_header + checksum_size;
    std::size_t packed = 0;
    snappy::RawCompress(data, size, body, &packed);
    const bool smaller = packed < size;
    if (!smaller) {
      std::copy_n(data, size, body);
      packed = size;
    }
    *to++ = smaller ? compressed_frame : uncompressed_frame;
    to = put_little_endian(to, static_cast<std::uint32_t>(checksum_size + packed), 3);
    put_little_endian(to, masked_crc32c(data, size), 4);
    return body + packed;
  }
};

} // namespace

std::unique_ptr<Codec> make_snappy_codec() {
  return std::make_unique<SnappyCodec>();
}

} // namespace jetcapture::host
