#include "blocks/codecs.hpp"

#include <algorithm>
#include <limits>
#include <new>

#include <zlib.h>

namespace jetcapture::host {

namespace {

class ZlibCodec : public Codec {
public:
  explicit ZlibCodec(int level) {
    constexpr int window_bits_with_gzip_header = 15 + 16;
    if (deflateInit2(&stream_, level, Z_DEFLATED, window_bits_with_gzip_header, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~ZlibCodec() override { deflateEnd(&stream_); }
  ZlibCodec(const ZlibCodec &) = delete;
  ZlibCodec &operator=(const ZlibCodec &) = delete;

  Chunk compress(Chunk chunk, ChunkPlace, MemoryMeter &meter) override {
    if (chunk.size == 0)
      return chunk;
    deflateReset(&stream_);
    Chunk packed(deflateBound(&stream_, chunk.size), meter);
    stream_.next_out = reinterpret_cast<Bytef *>(packed.data());
    auto *next = reinterpret_cast<Bytef *>(chunk.data());
    std::size_t left = chunk.size;
    std::size_t room = packed.capacity();
    int status;
    do {
      // zlib counts in 32 bits.
      const auto in = static_cast<uInt>(std::min<std::size_t>(left, std::numeric_limits<uInt>::max()));
      const auto out = static_cast<uInt>(std::min<std::size_t>(room, std::numeric_limits<uInt>::max()));
      stream_.next_in = next;
      stream_.avail_in = in;
      stream_.avail_out = out;
      status = deflate(&stream_, left == in ? Z_FINISH : Z_NO_FLUSH);
      next += in - stream_.avail_in;
      left -= in - stream_.avail_in;
      room -= out - stream_.avail_out;
    } while (status == Z_OK);
    if (status != Z_STREAM_END)
      throw std::bad_alloc();
    packed.size = packed.capacity() - room;
    return packed.resized(packed.size, meter);
  }

private:
  z_stream stream_{};
};

} // namespace

std::unique_ptr<Codec> make_zlib_codec(int level) {
  return std::make_unique<ZlibCodec>(level);
}

} // namespace jetcapture::host
