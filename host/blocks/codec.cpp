#include "blocks/codec.hpp"

#include "blocks/codecs.hpp"
#include "settings/error.hpp"

#include <string>

namespace jetcapture::host {

namespace {

class NoCodec : public Codec {
public:
  Chunk compress(Chunk chunk, ChunkPlace, MemoryMeter &) override { return chunk; }
};

using Make = std::unique_ptr<Codec> (*)(int level);

constexpr Make gzip =
#ifdef JETCAPTURE_LIBDEFLATE
    make_libdeflate_codec;
#else
    make_zlib_codec;
#endif

constexpr Make zstd =
#ifdef JETCAPTURE_ZSTD
    make_zstd_codec;
#else
    nullptr;
#endif

constexpr Make snappy =
#ifdef JETCAPTURE_SNAPPY
    [](int) { return make_snappy_codec(); };
#else
    nullptr;
#endif

constexpr Make none = [](int) -> std::unique_ptr<Codec> { return std::make_unique<NoCodec>(); };

struct CodecFacts {
  std::string_view name;
  std::string_view suffix;
  std::string_view encoding;
  int least_level; // above the most: it has no levels
  int most_level;
  std::string_view package;
  Make make; // nullptr: its library was not found
};

// In the order of the enumeration.
constexpr CodecFacts facts[] = {{"none", "", "", 0, -1, "", none},
                                {"gzip", ".gz", "gzip", 0, 9, "zlib1g-dev", gzip},
                                {"zstd", ".zst", "zstd", 1, 19, "libzstd-dev", zstd},
                                {"snappy", ".sz", "x-snappy-framed", 0, -1, "libsnappy-dev", snappy}};

const CodecFacts &facts_of(Compression compression) {
  return facts[static_cast<std::size_t>(compression)];
}

} // namespace

void require_codec(Compression compression, int level) {
  const CodecFacts &codec = facts_of(compression);
  const std::string name(codec.name);
  if (codec.make == nullptr)
    throw StartupError("--compression " + name + ": this build has no " + name + "; install " +
                       std::string(codec.package) + " and build again, or choose gzip");
  if (level == -1)
    return;
  if (codec.least_level > codec.most_level)
    throw StartupError("--compression-level: --compression " + name + " has no levels; leave the level out");
  if (level < codec.least_level || level > codec.most_level)
    throw StartupError("--compression-level: " + name + " has the levels " + std::to_string(codec.least_level) +
                       " to " + std::to_string(codec.most_level) + ", not " + std::to_string(level));
}

std::unique_ptr<Codec> make_codec(Compression compression, int level) {
  return facts_of(compression).make(level);
}

std::string_view codec_suffix(Compression compression) {
  return facts_of(compression).suffix;
}
std::string_view codec_encoding(Compression compression) {
  return facts_of(compression).encoding;
}

} // namespace jetcapture::host
