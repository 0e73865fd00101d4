#include "restore/framed_snappy.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace jetcapture::host {

FramedSnappy::FramedSnappy(Sink sink, std::size_t unpacked)
    : sink_(std::move(sink)), unpacked_(std::min(unpacked, most_in_a_frame)), meter_(UINT64_MAX),
      open_(unpacked_, meter_) {
  require_codec(Compression::snappy, -1);
  codec_ = make_codec(Compression::snappy, -1);
}

void FramedSnappy::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t some = std::min(bytes.size(), unpacked_ - open_.size);
    std::copy_n(bytes.data(), some, open_.data() + open_.size);
    open_.size += some;
    bytes.remove_prefix(some);
    if (open_.size == unpacked_)
      flush();
  }
}

void FramedSnappy::flush() {
  if (open_.size == 0)
    return;
  const Chunk packed = codec_->compress(std::exchange(open_, Chunk(unpacked_, meter_)), place_, meter_);
  place_ = ChunkPlace::later;
  sink_(packed.view());
}

} // namespace jetcapture::host
