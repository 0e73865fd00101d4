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

class NoUnpacker : public Unpacker {
public:
  void add(std::string_view packed, const Take &take) override { take(packed); }
  void end() override {}
};

using MakeUnpacker = std::unique_ptr<Unpacker> (*)();

constexpr MakeUnpacker unpack_zstd =
#ifdef JETCAPTURE_ZSTD
    make_zstd_unpacker;
#else
    nullptr;
#endif

constexpr MakeUnpacker unpack_snappy =
#ifdef JETCAPTURE_SNAPPY
    make_snappy_unpacker;
#else
    nullptr;
#endif

constexpr MakeUnpacker unpack_none = []() -> std::unique_ptr<Unpacker> { return std::make_unique<NoUnpacker>(); };

constexpr Make none = [](int) -> std::unique_ptr<Codec> { return std::make_unique<NoCodec>(); };

struct CodecFacts {
  std::string_view name;
  std::string_view suffix;
  std::string_view encoding;
  int least_level; // above the most: it has no levels
  int most_level;
  std::string_view package;
  Make make; // nullptr: its library was not found
  MakeUnpacker unpack;
};

// In the order of the enumeration.
constexpr CodecFacts facts[] = {{"none", "", "", 0, -1, "", none, unpack_none},
                                {"gzip", ".gz", "gzip", 0, 9, "zlib1g-dev", gzip, make_gzip_unpacker},
                                {"zstd", ".zst", "zstd", 1, 19, "libzstd-dev", zstd, unpack_zstd},
                                {"snappy", ".sz", "x-snappy-framed", 0, -1, "libsnappy-dev", snappy, unpack_snappy}};

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

std::unique_ptr<Unpacker> make_unpacker(std::string_view encoding) {
  for (const CodecFacts &codec : facts) {
    if (encoding != codec.encoding && encoding != codec.name)
      continue;
    if (codec.unpack == nullptr)
      throw StartupError("this build has no " + std::string(codec.name) + "; install " + std::string(codec.package) +
                         " and build again");
    return codec.unpack();
  }
  throw StartupError("the compression " + std::string(encoding) + " is not known here; update jetcapture");
}

std::string_view codec_suffix(Compression compression) {
  return facts_of(compression).suffix;
}
std::string_view codec_encoding(Compression compression) {
  return facts_of(compression).encoding;
}

} // namespace jetcapture::host
