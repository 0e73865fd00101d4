// Codecs whose libraries were not found at build time.
#include "blocks/codec.hpp"
#include "settings/error.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;

TEST_CASE("a codec whose library was not found is refused with the package to install") {
  CHECK_THROWS_WITH_AS(
      require_codec(Compression::zstd, -1),
      "--compression zstd: this build has no zstd; install libzstd-dev and build again, or choose gzip", StartupError);
  CHECK_THROWS_WITH_AS(
      require_codec(Compression::snappy, -1),
      "--compression snappy: this build has no snappy; install libsnappy-dev and build again, or choose gzip",
      StartupError);
}

TEST_CASE("gzip is there without libdeflate too") {
  require_codec(Compression::gzip, 9);
  MemoryMeter meter(1 << 20);
  Chunk chunk(1000, meter);
  std::memset(chunk.data(), 'x', 1000);
  chunk.size = 1000;
  const Chunk packed = make_codec(Compression::gzip, 9)->compress(std::move(chunk), ChunkPlace::first, meter);
  CHECK(packed.size < 100);
  CHECK(packed.view().starts_with("\x1f\x8b"));
}
