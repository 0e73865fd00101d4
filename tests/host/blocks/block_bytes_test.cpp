#include "blocks/block_body.hpp"
#include "blocks/block_output.hpp"
#include "blocks/codec.hpp"
#include "blocks/compressors.hpp"
#include "settings/error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <iterator>
#include <random>
#include <string>

#include <stdlib.h>
#include <zlib.h>

using namespace jetcapture::host;

namespace {

class Folder {
public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "jetcapture-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;
  std::filesystem::path path;
};

Chunk chunk_of(std::string_view text, MemoryMeter &meter) {
  Chunk chunk(text.size(), meter);
  std::copy(text.begin(), text.end(), chunk.data());
  chunk.size = text.size();
  return chunk;
}

std::string random_text(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, ' ');
  for (char &c : text)
    c = static_cast<char>('a' + random() % 6);
  return text;
}

std::string read_all(const BlockBody &body, std::size_t step) {
  std::string text(body.size() + 10, '\0');
  std::size_t done = 0;
  while (true) {
    const std::int64_t got = body.read(done, text.data() + done, std::min(step, text.size() - done));
    REQUIRE(got >= 0);
    if (got == 0)
      break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

std::string hex(const Sha256 &hash) {
  std::string text;
  for (const std::uint8_t byte : hash) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string gunzip(const std::string &packed) {
  std::string text;
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  char buffer[65536];
  while (stream.avail_in > 0) {
    stream.next_out = reinterpret_cast<Bytef *>(buffer);
    stream.avail_out = sizeof buffer;
    const int status = inflate(&stream, Z_NO_FLUSH);
    REQUIRE((status == Z_OK || status == Z_STREAM_END));
    text.append(buffer, sizeof buffer - stream.avail_out);
    if (status == Z_STREAM_END)
      inflateReset(&stream);
  }
  inflateEnd(&stream);
  return text;
}

} // namespace

TEST_CASE("a block's bytes come out in order though its chunks are ready out of order") {
  Folder folder;
  MemoryMeter meter(1 << 20);
  Spool spool(folder.path, 0);
  BlockBody body(meter, spool);
  const std::uint64_t first = body.take_number();
  const std::uint64_t second = body.take_number();
  const std::uint64_t third = body.take_number();
  bool complete = false;
  body.close([&] { complete = true; });
  body.append(third, chunk_of("c", meter));
  body.append(second, chunk_of("bb", meter));
  CHECK_FALSE(complete);
  body.append(first, chunk_of("abc", meter));
  CHECK(complete);
  CHECK(read_all(body, 2) == "abcbbc");
  // Source of the expected value: printf abcbbc | sha256sum
  CHECK(hex(body.sha256()) == "056ae407260cd8ba6e94a796d17080154df31a6ffc39164a748c6899946634d0");
}

TEST_CASE("an empty block is complete at once and has the hash of nothing") {
  Folder folder;
  MemoryMeter meter(1 << 20);
  Spool spool(folder.path, 0);
  BlockBody body(meter, spool);
  bool complete = false;
  body.close([&] { complete = true; });
  CHECK(complete);
  CHECK(hex(body.sha256()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("above the memory limit the bytes move to the spool and read the same") {
  Folder folder;
  MemoryMeter meter(1000);
  Spool spool(folder.path, 0);
  std::string expected;
  {
    BlockBody body(meter, spool);
    for (unsigned i = 0; i < 20; i++) {
      const std::string text = random_text(500, i);
      expected += text;
      body.append(body.take_number(), chunk_of(text, meter));
    }
    body.close([] {});
    CHECK(meter.used() <= 1500);
    CHECK(spool.used() >= 8000);
    CHECK(read_all(body, 333) == expected);
  }
  CHECK(spool.used() == 0);
  CHECK(meter.used() == 0);
}

TEST_CASE("the spool leaves no file behind, not even while it is open") {
  Folder folder;
  MemoryMeter meter(0);
  Spool spool(folder.path, 0);
  BlockBody body(meter, spool);
  body.append(body.take_number(), chunk_of("abc", meter));
  CHECK(spool.used() == 3);
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("the spool keeps few files open, though a part of each is in a block that is kept for long") {
  Folder folder;
  MemoryMeter meter(1 << 20);
  Spool spool(folder.path, 0, 1000);
  const auto open_files = [] {
    const std::filesystem::directory_iterator files("/proc/self/fd");
    return std::distance(begin(files), end(files));
  };
  const auto before = open_files();
  std::deque<Spool::Extent> kept;
  for (int i = 0; i < 200; i++) {
    auto extent = spool.append("part " + std::to_string(1000 + i));
    REQUIRE(extent);
    kept.push_back(std::move(*extent));
    REQUIRE(spool.append(std::string(2000, 'x')));
  }
  CHECK(open_files() - before < 20);
  CHECK(spool.used() == 200 * 9);
  char text[9];
  CHECK(kept[150].read(0, text, sizeof text) == 9);
  CHECK(std::string(text, sizeof text) == "part 1150");
  kept.clear();
  CHECK(open_files() - before <= 1);
  CHECK(spool.used() == 0);
}

TEST_CASE("a full spool leaves the bytes in memory and says why, and nothing is lost") {
  Folder folder;
  MemoryMeter meter(0);
  Spool spool(folder.path, 5);
  BlockBody body(meter, spool);
  body.append(body.take_number(), chunk_of("abcd", meter));
  body.append(body.take_number(), chunk_of("efgh", meter));
  body.close([] {});
  CHECK(spool.used() == 4);
  CHECK(spool.reason() == "the spool limit is reached");
  CHECK(meter.used() == 4);
  CHECK(read_all(body, 3) == "abcdefgh");
}

TEST_CASE("a spool folder that can't be made is refused with a sentence") {
  CHECK_THROWS_AS(Spool("/proc/nowhere/spool", 0), StartupError);
}

TEST_CASE("an output takes back what a message wrote, also across full chunks") {
  MemoryMeter meter(1 << 30);
  BlockOutput output(meter);
  const std::string first = random_text(100, 1);
  const std::string second = random_text(700 << 10, 2);
  const std::string third = random_text(300, 3);
  const auto put = [&](const std::string &text) {
    for (std::size_t at = 0; at < text.size(); at += 1000) {
      const std::string_view part = std::string_view(text).substr(at, 1000);
      REQUIRE(jetcapture_put(output.out(), part.data(), part.size()) == JETCAPTURE_OK);
    }
  };
  put(first);
  const std::uint64_t mark = output.bytes();
  CHECK(mark == 100);
  put(second);
  CHECK(output.bytes() == first.size() + second.size());
  output.rollback(mark);
  CHECK(output.bytes() == mark);
  put(third);
  std::string text;
  for (const Chunk &chunk : output.take(true))
    text += chunk.view();
  CHECK(text == first + third);
  CHECK(output.bytes() == first.size() + third.size());
}

TEST_CASE("an open block that has nothing yet takes no buffer, a small one a small buffer") {
  MemoryMeter meter(1 << 30);
  BlockOutput output(meter);
  CHECK(meter.used() == 0);
  REQUIRE(jetcapture_put(output.out(), "x", 1) == JETCAPTURE_OK);
  CHECK(meter.used() <= 1024);
}

TEST_CASE("a writer that asks for more than a gigabyte at once is refused") {
  MemoryMeter meter(1 << 30);
  BlockOutput output(meter);
  CHECK(output.out()->more(output.out(), 1ull << 40) == JETCAPTURE_BAD_DATA);
}

TEST_CASE("gzip chunks, compressed in parallel, make one standard gzip file") {
  Folder folder;
  MemoryMeter meter(1 << 30);
  Spool spool(folder.path, 0);
  auto body = std::make_shared<BlockBody>(meter, spool);
  std::string expected;
  {
    Compressors compressors(Compression::gzip, -1, 4, meter);
    for (unsigned i = 0; i < 50; i++) {
      const std::string text = random_text(1 + 997 * i, i);
      expected += text;
      compressors.compress(body, chunk_of(text, meter));
    }
  }
  body->close([] {});
  CHECK(body->size() < expected.size());
  CHECK(gunzip(read_all(*body, 1 << 20)) == expected);
}

TEST_CASE("an output whose writer left its place is not trusted again, and can be taken back to a sound cursor") {
  MemoryMeter meter(1 << 20);
  BlockOutput output(meter);
  jetcapture_out *out = output.out();
  REQUIRE(jetcapture_put(out, "before", 6) == JETCAPTURE_OK);
  CHECK(output.kept_its_place(6));
  SUBCASE("back") {
    out->cursor -= 2;
  }
  SUBCASE("past the end") {
    out->cursor = out->end + 1;
  }
  SUBCASE("another end") {
    out->end += 1;
  }
  SUBCASE("elsewhere, and then asking for more") {
    out->cursor = nullptr;
    CHECK(out->more(out, 1'000'000) == JETCAPTURE_FATAL);
  }
  CHECK_FALSE(output.kept_its_place(6));
  output.rollback(6);
  CHECK(output.bytes() == 6);
  CHECK_FALSE(output.kept_its_place(6));
}
