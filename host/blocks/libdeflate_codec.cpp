#include "blocks/codecs.hpp"

#include <new>

#include <libdeflate.h>

namespace jetcapture::host {

namespace {

class LibdeflateCodec : public Codec {
public:
  explicit LibdeflateCodec(int level) : compressor_(libdeflate_alloc_compressor(level), &libdeflate_free_compressor) {
    if (!compressor_)
      throw std::bad_alloc();
  }

  Chunk compress(Chunk chunk, ChunkPlace, MemoryMeter &meter) override {
    if (chunk.size == 0)
      return chunk;
    Chunk packed(libdeflate_gzip_compress_bound(compressor_.get(), chunk.size), meter);
    packed.size =
        libdeflate_gzip_compress(compressor_.get(), chunk.data(), chunk.size, packed.data(), packed.capacity());
    if (packed.size == 0)
      throw std::bad_alloc();
    return packed.resized(packed.size, meter);
  }

private:
  std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor *)> compressor_;
};

constexpr int default_level = 6;

} // namespace

std::unique_ptr<Codec> make_libdeflate_codec(int level) {
  return std::make_unique<LibdeflateCodec>(level == -1 ? default_level : level);
}

} // namespace jetcapture::host
