#include "blocks/codecs.hpp"

#include <new>
#include <string>
#include <vector>

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

class ZstdUnpacker : public Unpacker {
public:
  ZstdUnpacker() : context_(ZSTD_createDCtx(), &ZSTD_freeDCtx), room_(ZSTD_DStreamOutSize()) {
    if (!context_)
      throw std::bad_alloc();
  }

  void add(std::string_view packed, const Take &take) override {
    ZSTD_inBuffer in = {packed.data(), packed.size(), 0};
    bool has_more = false; // than there was room for
    while (in.pos < in.size || has_more) {
      ZSTD_outBuffer out = {room_.data(), room_.size(), 0};
      const std::size_t status = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_isError(status))
        throw PackedDamage(std::string("it is no zstd: ") + ZSTD_getErrorName(status));
      in_frame_ = status != 0;
      has_more = in_frame_ && out.pos == out.size;
      take({room_.data(), out.pos});
    }
  }
  void end() override {
    if (in_frame_)
      throw PackedDamage("it is cut off: its last zstd frame has no end");
  }

private:
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx *)> context_;
  std::vector<char> room_;
  bool in_frame_ = false;
};

} // namespace

std::unique_ptr<Codec> make_zstd_codec(int level) {
  return std::make_unique<ZstdCodec>(level == -1 ? ZSTD_CLEVEL_DEFAULT : level);
}

std::unique_ptr<Unpacker> make_zstd_unpacker() {
  return std::make_unique<ZstdUnpacker>();
}

} // namespace jetcapture::host
