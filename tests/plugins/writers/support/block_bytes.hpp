// The jetcapture_out of a block in a test. Each more() gives room of its own on the heap, so that AddressSanitizer sees
// each byte that is written past it; stingy: never a byte more than was asked for.
#pragma once

#include <jetcapture/writer.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

namespace jetcapture::test {

enum class Room { plenty, stingy };

class BlockBytes {
public:
  explicit BlockBytes(Room room)
      : interface_{{sizeof(jetcapture_out), 0, nullptr, nullptr, &BlockBytes::more}, this}, room_(room) {}
  BlockBytes(const BlockBytes &) = delete;
  BlockBytes &operator=(const BlockBytes &) = delete;

  jetcapture_out *out() { return &interface_.out; }
  const std::string &text() {
    collect();
    return bytes_;
  }
  void take_back_to(std::size_t size) {
    collect();
    bytes_.resize(size);
  }
  std::size_t largest_need = 0;
  int refuse_at = -1; // the call of more() that is refused, from 0

private:
  struct Interface {
    jetcapture_out out; // first: a pointer to it is a pointer to this
    BlockBytes *owner;
  };

  void collect() {
    if (chunk_ == nullptr)
      return;
    bytes_.append(begin_, static_cast<std::size_t>(interface_.out.cursor - begin_));
    begin_ = interface_.out.cursor;
  }

  static jetcapture_status more(jetcapture_out *out, std::uint64_t need) {
    BlockBytes &self = *reinterpret_cast<Interface *>(out)->owner;
    if (self.refuse_at-- == 0)
      return JETCAPTURE_FATAL;
    self.collect();
    self.largest_need = std::max(self.largest_need, static_cast<std::size_t>(need));
    const std::size_t size = static_cast<std::size_t>(need) + (self.room_ == Room::plenty ? 1 << 16 : 0);
    self.chunk_ = std::make_unique<char[]>(size);
    self.begin_ = out->cursor = self.chunk_.get();
    out->end = out->cursor + size;
    return JETCAPTURE_OK;
  }

  Interface interface_;
  Room room_;
  std::unique_ptr<char[]> chunk_;
  char *begin_ = nullptr;
  std::string bytes_;
};

} // namespace jetcapture::test
