// Compression of a block's chunks, each into a piece that can stand behind another one, so that chunks are compressed
// at the same
// time: gzip members (RFC 1952), zstd frames (RFC 8878) and snappy's framed chunks (framing_format.txt) concatenate.
#pragma once

#include "blocks/chunk.hpp"
#include "settings/compression.hpp"

#include <memory>
#include <string_view>

namespace jetcapture::host {

// Where a chunk stands in its file. Only the first one of a snappy file has the stream identifier.
enum class ChunkPlace { first, later };

// One a thread: it keeps its working memory from chunk to chunk.
class Codec {
public:
  virtual ~Codec() = default;
  // Throws std::bad_alloc. What does not change the bytes gives the chunk itself back.
  virtual Chunk compress(Chunk chunk, ChunkPlace place, MemoryMeter &meter) = 0;
};

// Refuses, with a StartupError, a codec that this build lacks and a level that it does not have.
void require_codec(Compression compression, int level);

// level: -1 for the codec's default. As require_codec() lets pass.
std::unique_ptr<Codec> make_codec(Compression compression, int level);

std::string_view codec_suffix(Compression compression);   // ".gz", ".zst", ".sz" or ""
std::string_view codec_encoding(Compression compression); // "gzip", "zstd", "x-snappy-framed" or ""

} // namespace jetcapture::host
