// Packs bytes as framed snappy (framing_format.txt), one frame a call of the sink: whoever sends the frames may put
// padding between any two of them.
#pragma once

#include "blocks/codec.hpp"
#include "blocks/memory_meter.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace jetcapture::host {

// A frame that stands for nothing. Never the first one.
constexpr std::string_view padding_frame("\xfe\x00\x00\x00", 4);

class FramedSnappy {
public:
  using Sink = std::function<void(std::string_view frame)>;
  static constexpr std::size_t most_in_a_frame = 65536;

  // unpacked: how much goes into a frame, at most. Throws StartupError where this build has no snappy.
  explicit FramedSnappy(Sink sink, std::size_t unpacked = most_in_a_frame);

  void write(std::string_view bytes);
  // What is left.
  void flush();

private:
  Sink sink_;
  const std::size_t unpacked_;
  MemoryMeter meter_;
  std::unique_ptr<Codec> codec_;
  Chunk open_;
  ChunkPlace place_ = ChunkPlace::first;
};

} // namespace jetcapture::host
