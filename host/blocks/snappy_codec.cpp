#include "blocks/codecs.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <boost/crc.hpp>
#include <snappy.h>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

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

std::uint32_t portable_crc32c(const char *data, std::size_t size) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(data, size);
  return static_cast<std::uint32_t>(crc.checksum());
}

#if defined(__x86_64__)
// Most processors have an instruction for it, which is much faster.
__attribute__((target("sse4.2"))) std::uint32_t fast_crc32c(const char *data, std::size_t size) {
  std::uint64_t sum = 0xFFFFFFFF;
  for (; size >= sizeof sum; data += sizeof sum, size -= sizeof sum) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, sizeof word);
    sum = _mm_crc32_u64(sum, word);
  }
  for (; size > 0; data++, size--)
    sum = _mm_crc32_u8(static_cast<std::uint32_t>(sum), static_cast<unsigned char>(*data));
  return ~static_cast<std::uint32_t>(sum);
}

std::uint32_t crc32c(const char *data, std::size_t size) {
  return __builtin_cpu_supports("sse4.2") ? fast_crc32c(data, size) : portable_crc32c(data, size);
}
#else
std::uint32_t crc32c(const char *data, std::size_t size) {
  return portable_crc32c(data, size);
}
#endif

std::uint32_t masked_crc32c(const char *data, std::size_t size) {
  const std::uint32_t sum = crc32c(data, size);
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

std::uint32_t little_endian(const char *from, int bytes) {
  std::uint32_t value = 0;
  for (int i = bytes - 1; i >= 0; i--)
    value = value << 8 | static_cast<unsigned char>(from[i]);
  return value;
}

class SnappyUnpacker : public Unpacker {
public:
  void add(std::string_view packed, const Take &take) override {
    rest_ += packed;
    std::string_view left = rest_;
    while (left.size() >= frame_header) {
      const std::size_t size = frame_header + little_endian(left.data() + 1, 3);
      if (left.size() < size)
        break;
      take_frame(left.substr(0, size), take);
      left.remove_prefix(size);
    }
    rest_.erase(0, rest_.size() - left.size());
  }
  void end() override {
    if (!rest_.empty())
      throw PackedDamage("it is cut off: its last snappy frame has no end");
  }

private:
  static constexpr char first_skippable = '\x80'; // to 0xfe; below it and from 0x02 on: unknown, and not to be skipped

  void take_frame(std::string_view frame, const Take &take) {
    const char type = frame.front();
    if (frame.starts_with(stream_identifier)) {
      begun_ = true;
      return;
    }
    if (!begun_)
      throw PackedDamage("it does not begin as framed snappy does");
    if (type != compressed_frame && type != uncompressed_frame) {
      if (static_cast<unsigned char>(type) < static_cast<unsigned char>(first_skippable))
        throw PackedDamage("it has a snappy frame of an unknown type");
      return;
    }
    if (frame.size() < frame_header + checksum_size)
      throw PackedDamage("it has a snappy frame that is too short");
    const std::uint32_t checksum = little_endian(frame.data() + frame_header, 4);
    std::string_view bytes = frame.substr(frame_header + checksum_size);
    if (type == compressed_frame) {
      std::size_t size = 0;
      if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &size) || size > most_uncompressed ||
          !snappy::Uncompress(bytes.data(), bytes.size(), &unpacked_))
        throw PackedDamage("it has a snappy frame that can't be unpacked");
      bytes = unpacked_;
    }
    if (masked_crc32c(bytes.data(), bytes.size()) != checksum)
      throw PackedDamage("it has a snappy frame with another checksum");
    take(bytes);
  }

  std::string rest_; // of a frame
  std::string unpacked_;
  bool begun_ = false;
};

} // namespace

std::unique_ptr<Codec> make_snappy_codec() {
  return std::make_unique<SnappyCodec>();
}

std::unique_ptr<Unpacker> make_snappy_unpacker() {
  return std::make_unique<SnappyUnpacker>();
}

} // namespace jetcapture::host
