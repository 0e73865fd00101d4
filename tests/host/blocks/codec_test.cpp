// What the codecs make is read by other people's tools.
#include "blocks/codecs.hpp"
#include "blocks/compressors.hpp"
#include "blocks/unpacker.hpp"
#include "host/blocks/packed.hpp"
#include "settings/error.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

const std::string unpack_gzip = "gzip -dc";
const std::string unpack_zstd = "zstd -dc";

// Packed in chunks as a block is, and unpacked from pieces of that size.
std::string there_and_back(Compression compression, std::size_t piece, std::size_t left_out = 0) {
  MemoryMeter meter(1 << 30);
  const auto codec = make_codec(compression, -1);
  std::string packed, text;
  for (const std::string &one : awkward_texts())
    packed +=
        codec->compress(chunk_of(one, meter), packed.empty() ? ChunkPlace::first : ChunkPlace::later, meter).view();
  packed.resize(packed.size() - left_out);
  const std::string_view encoding = codec_encoding(compression);
  const auto unpacker = make_unpacker(encoding.empty() ? "none" : encoding);
  for (std::string_view rest = packed; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
    unpacker->add(rest.substr(0, piece), [&](std::string_view bytes) { text += bytes; });
  unpacker->end();
  return text;
}

} // namespace

TEST_CASE("gzip by zlib is read by gzip, at every level") {
  for (int level = -1; level <= 9; level++) {
    CAPTURE(level);
    if (level == 0)
      continue;
    check_codec(*make_zlib_codec(level), unpack_gzip);
  }
}

#ifdef JETCAPTURE_LIBDEFLATE
TEST_CASE("gzip by libdeflate is read by gzip, at every level") {
  for (int level = -1; level <= 9; level++) {
    CAPTURE(level);
    if (level == 0)
      continue;
    check_codec(*make_libdeflate_codec(level), unpack_gzip);
  }
}
#endif

TEST_CASE("gzip at level 0 is stored as it is, and read by gzip") {
  MemoryMeter meter(1 << 30);
  const std::string text = random_bytes(100'000, 1, 6);
  const Chunk packed = make_codec(Compression::gzip, 0)->compress(chunk_of(text, meter), ChunkPlace::first, meter);
  CHECK(packed.size > text.size());
  CHECK((unpacked(std::string(packed.view()), unpack_gzip) == text));
}

#ifdef JETCAPTURE_ZSTD
TEST_CASE("zstd is read by zstd, at every level") {
  for (int level = -1; level <= 19; level++) {
    CAPTURE(level);
    if (level == 0)
      continue;
    check_codec(*make_zstd_codec(level), unpack_zstd);
  }
}

TEST_CASE("a zstd file that was damaged is found out by its checksums") {
  MemoryMeter meter(1 << 30);
  const std::string text = random_bytes(100'000, 1, 256);
  std::string packed(
      make_codec(Compression::zstd, 3)->compress(chunk_of(text, meter), ChunkPlace::first, meter).view());
  packed[50'000] = static_cast<char>(packed[50'000] ^ 1);
  const Folder folder;
  write_file(folder / "packed", packed);
  CHECK(std::system(("zstd -qtc " + (folder / "packed") + " 2> " + (folder / "said")).c_str()) != 0);
}
TEST_CASE("zstd chunks, compressed in parallel, make one file that zstd reads") {
  const Folder folder;
  MemoryMeter meter(1 << 20);
  Spool spool(folder.path() / "spool", 0);
  auto body = std::make_shared<BlockBody>(meter, spool);
  std::string expected;
  {
    Compressors compressors(Compression::zstd, -1, 4, meter);
    for (unsigned i = 0; i < 100; i++) {
      const std::string text = random_bytes(1 + 2997 * i, i, 6);
      expected += text;
      compressors.compress(body, chunk_of(text, meter));
    }
  }
  body->close([] {});
  CHECK(body->size() < expected.size());
  CHECK((unpacked(read_all(*body), unpack_zstd) == expected));
}
#endif

TEST_CASE("a level that a codec does not have is refused with those that it has") {
  const auto refused = [](Compression compression, int level, const char *sentence) {
    CHECK_THROWS_WITH_AS(require_codec(compression, level), sentence, StartupError);
  };
  refused(Compression::gzip, 10, "--compression-level: gzip has the levels 0 to 9, not 10");
  refused(Compression::zstd, 0, "--compression-level: zstd has the levels 1 to 19, not 0");
  refused(Compression::snappy, 1, "--compression-level: --compression snappy has no levels; leave the level out");
  refused(Compression::none, 1, "--compression-level: --compression none has no levels; leave the level out");
  require_codec(Compression::gzip, 0);
  require_codec(Compression::gzip, 9);
  require_codec(Compression::zstd, 1);
  require_codec(Compression::zstd, 19);
  require_codec(Compression::snappy, -1);
  require_codec(Compression::none, -1);
}

TEST_CASE("a codec's files have the ending and the content encoding that its tools know") {
  CHECK(codec_suffix(Compression::zstd) == ".zst");
  CHECK(codec_suffix(Compression::snappy) == ".sz");
  CHECK(codec_suffix(Compression::gzip) == ".gz");
  CHECK(codec_suffix(Compression::none).empty());
  CHECK(codec_encoding(Compression::zstd) == "zstd");
  CHECK(codec_encoding(Compression::snappy) == "x-snappy-framed");
  CHECK(codec_encoding(Compression::gzip) == "gzip");
  CHECK(codec_encoding(Compression::none).empty());
}

TEST_CASE("what a codec packs is unpacked again, whatever pieces it comes in") {
  std::string text;
  for (const std::string &one : awkward_texts())
    text += one;
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd, Compression::snappy}) {
    CAPTURE(codec_encoding(compression));
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{65536}, std::size_t{1} << 30})
      CHECK((there_and_back(compression, piece) == text));
  }
}

TEST_CASE("a packed object that is cut off, or is none, is told") {
  for (const Compression compression : {Compression::gzip, Compression::zstd, Compression::snappy}) {
    CAPTURE(codec_encoding(compression));
    for (const std::size_t left_out : {1, 9, 1000})
      CHECK_THROWS_AS(there_and_back(compression, 1 << 20, left_out), PackedDamage);
    const auto unpacker = make_unpacker(codec_encoding(compression));
    const auto unpack = [&] {
      unpacker->add("this is not packed at all", [](std::string_view) {});
      unpacker->end();
    };
    CHECK_THROWS_AS(unpack(), PackedDamage);
  }
  CHECK_THROWS_AS(make_unpacker("brotli"), StartupError);
}
