#include "blocks/codecs.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <string>
#include <vector>

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

// Members that stand behind one another.
class GzipUnpacker : public Unpacker {
public:
  GzipUnpacker() : room_(room) {
    constexpr int window_bits_with_gzip_header = 15 + 16;
    if (inflateInit2(&stream_, window_bits_with_gzip_header) != Z_OK)
      throw std::bad_alloc();
  }
  ~GzipUnpacker() override { inflateEnd(&stream_); }
  GzipUnpacker(const GzipUnpacker &) = delete;
  GzipUnpacker &operator=(const GzipUnpacker &) = delete;

  void add(std::string_view packed, const Take &take) override {
    while (!packed.empty()) {
      const std::string_view piece = packed.substr(0, room);
      packed.remove_prefix(piece.size());
      stream_.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(piece.data())); // which zlib only reads
      stream_.avail_in = static_cast<uInt>(piece.size());
      do
        inflate_some(take);
      while (stream_.avail_in > 0 || stream_.avail_out == 0);
    }
  }
  void end() override {
    if (in_member_)
      throw PackedDamage("it is cut off: its last gzip member has no end");
  }

private:
  static constexpr std::size_t room = 256u << 10;

  void inflate_some(const Take &take) {
    stream_.next_out = reinterpret_cast<Bytef *>(room_.data());
    stream_.avail_out = static_cast<uInt>(room_.size());
    if (!in_member_ && stream_.avail_in == 0)
      return;
    in_member_ = true;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR)
      throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
      throw PackedDamage(std::string("it is no gzip: ") + (stream_.msg == nullptr ? "damaged" : stream_.msg));
    take({room_.data(), room_.size() - stream_.avail_out});
    if (status == Z_STREAM_END) {
      in_member_ = false;
      inflateReset(&stream_);
    }
  }

  z_stream stream_{};
  std::vector<char> room_;
  bool in_member_ = false;
};

} // namespace

std::unique_ptr<Codec> make_zlib_codec(int level) {
  return std::make_unique<ZlibCodec>(level);
}

std::unique_ptr<Unpacker> make_gzip_unpacker() {
  return std::make_unique<GzipUnpacker>();
}

} // namespace jetcapture::host
