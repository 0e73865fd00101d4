// What a codec makes of awkward texts, unpacked again by another program.
#pragma once

#include "blocks/block_body.hpp"
#include "blocks/codec.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace jetcapture::test {

using host::Chunk;
using host::ChunkPlace;
using host::MemoryMeter;

inline Chunk chunk_of(std::string_view text, MemoryMeter &meter) {
  Chunk chunk(text.size(), meter);
  std::copy(text.begin(), text.end(), chunk.data());
  chunk.size = text.size();
  return chunk;
}

// Of six letters: it gets smaller. Of all bytes: it does not.
inline std::string random_bytes(std::size_t size, unsigned seed, unsigned letters) {
  std::mt19937 random(seed);
  std::string text(size, ' ');
  for (char &c : text)
    c = static_cast<char>(letters == 256 ? random() : 'a' + random() % letters);
  return text;
}

// One byte, the edges of a snappy frame, several frames, what does not compress, and what is all the same.
inline std::vector<std::string> awkward_texts() {
  return {"x",
          random_bytes(65535, 1, 6),
          random_bytes(65536, 2, 6),
          random_bytes(65537, 3, 6),
          random_bytes(300'000, 4, 256),
          std::string(1 << 20, 'y'),
          random_bytes(262'144, 5, 6)};
}

inline std::string unpacked(const std::string &packed, const std::string &command) {
  const Folder folder;
  write_file(folder / "packed", packed);
  const std::string line = command + " < " + (folder / "packed") + " > " + (folder / "text");
  REQUIRE_MESSAGE(std::system(line.c_str()) == 0, line);
  return read_file(folder / "text");
}

inline void check_codec(host::Codec &codec, const std::string &command) {
  MemoryMeter meter(1 << 30);
  std::string packed, expected;
  for (const std::string &text : awkward_texts()) {
    const ChunkPlace place = expected.empty() ? ChunkPlace::first : ChunkPlace::later;
    packed += codec.compress(chunk_of(text, meter), place, meter).view();
    expected += text;
  }
  CHECK(codec.compress(Chunk(), ChunkPlace::later, meter).size == 0);
  CHECK(meter.used() == 0);
  CHECK(packed.size() < expected.size());
  CHECK((unpacked(packed, command) == expected));
}

inline std::string read_all(const host::BlockBody &body) {
  std::string text(body.size(), '\0');
  REQUIRE(body.read(0, text.data(), text.size()) == static_cast<std::int64_t>(text.size()));
  return text;
}

} // namespace jetcapture::test
