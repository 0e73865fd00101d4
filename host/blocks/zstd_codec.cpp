#include "blocks/codecs.hpp"

#include <new>

#include <zstd.h>

namespace jetcapture::host {

namespace {

// A frame a chunk, with its size and checksum in it, as the command line tool writes them.
class ZstdCodec : public Codec {
public:
  explicit ZstdCodec(int level) : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
    if (!context_ || ZSTD_isError(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1)))
      throw std::bad_alloc();
  }

  Chunk compress(Chunk chunk, ChunkPlace, MemoryMeter &meter) override {
    if (chunk.size == 0)
      return chunk;
    Chunk packed(ZSTD_compressBound(chunk.size), meter);
    const std::size_t size = ZSTD_compress2(context_.get(), packed.data(), packed.capacity(), chunk.data(), chunk.size);
    // With room for the bound only memory can be missing.
    if (ZSTD_isError(size))
      throw std::bad_alloc();
    packed.size = size;
    return packed.resized(packed.size, meter);
  }

private:
  std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx *)> context_;
};

} // namespace

std::unique_ptr<Codec> make_zstd_codec(int level) {
  return std::make_unique<ZstdCodec>(level == -1 ? ZSTD_CLEVEL_DEFAULT : level);
}

} // namespace jetcapture::host
