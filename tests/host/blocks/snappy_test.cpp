// What the snappy codec makes is read by python-snappy, whose framing is a Rust library's.
#include "blocks/codecs.hpp"
#include "blocks/compressors.hpp"
#include "host/blocks/packed.hpp"
#include "support/readers.hpp"

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

std::string unpack_snappy() {
  return reader_python() + " -c 'import sys, snappy; snappy.stream_decompress(sys.stdin.buffer, sys.stdout.buffer)'";
}

} // namespace

TEST_CASE("framed snappy is read by python-snappy") {
  if (skipped_without("snappy"))
    return;
  check_codec(*make_snappy_codec(), unpack_snappy());
}

TEST_CASE("a damaged snappy file is found out by its checksums") {
  if (skipped_without("snappy"))
    return;
  MemoryMeter meter(1 << 30);
  std::string packed(
      make_snappy_codec()->compress(chunk_of(random_bytes(1000, 1, 256), meter), ChunkPlace::first, meter).view());
  CHECK(unpacked(packed, unpack_snappy()).size() == 1000);
  packed[500] = static_cast<char>(packed[500] ^ 1);
  const Folder folder;
  write_file(folder / "packed", packed);
  CHECK(std::system((unpack_snappy() + " < " + (folder / "packed") + " > /dev/null 2>&1").c_str()) != 0);
}

TEST_CASE("snappy chunks, compressed in parallel, make one file with one stream identifier, though its first chunk is "
          "empty") {
  if (skipped_without("snappy"))
    return;
  const Folder folder;
  MemoryMeter meter(1 << 20);
  Spool spool(folder.path() / "spool", 0);
  auto body = std::make_shared<BlockBody>(meter, spool);
  std::string expected;
  {
    Compressors compressors(Compression::snappy, -1, 4, meter);
    compressors.compress(body, Chunk());
    for (unsigned i = 0; i < 100; i++) {
      const std::string text = random_bytes(1 + 2997 * i, i, 6);
      expected += text;
      compressors.compress(body, chunk_of(text, meter));
    }
  }
  body->close([] {});
  const std::string file = read_all(*body);
  CHECK(file.starts_with(std::string_view("\xff\x06\x00\x00sNaPpY", 10)));
  CHECK(file.rfind("sNaPpY") == 4);
  CHECK(file.size() < expected.size());
  CHECK((unpacked(file, unpack_snappy()) == expected));
}
