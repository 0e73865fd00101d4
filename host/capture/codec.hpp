// Compression of a block's chunks, each into a piece that can stand behind another one: gzip members (RFC 1952) concatenate.
#pragma once

#include "capture/chunk.hpp"
#include "settings/settings.hpp"

#include <memory>
#include <string_view>

namespace jetcapture::host {

// One a thread: it keeps its working memory from chunk to chunk.
class Codec {
public:
  virtual ~Codec() = default;
  // Throws std::bad_alloc. What does not change the bytes gives the chunk itself back.
  virtual Chunk compress(Chunk chunk, MemoryMeter &meter) = 0;
};

// level: -1 for the codec's default.
std::unique_ptr<Codec> make_codec(Compression compression, int level);

std::string_view codec_suffix(Compression compression);   // ".gz" or ""
std::string_view codec_encoding(Compression compression); // "gzip" or ""

} // namespace jetcapture::host
