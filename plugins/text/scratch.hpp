// An Out whose bytes stay here, for texts that are needed before they go into a block.
#pragma once

#include "jetcapture/plugin.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

class Scratch {
public:
  Scratch() : interface_{{sizeof(jetcapture_out), 0, nullptr, nullptr, &Scratch::more}, this} {}
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  Out out() { return Out(&interface_.out); }
  // Valid until out() is written to again.
  std::string_view text() const { return {bytes_.data(), used()}; }
  void clear() { interface_.out.cursor = bytes_.data(); }

private:
  struct Interface {
    jetcapture_out out; // first: a pointer to it is a pointer to this
    Scratch *owner;
  };

  std::size_t used() const { return static_cast<std::size_t>(interface_.out.cursor - bytes_.data()); }

  static jetcapture_status more(jetcapture_out *out, std::uint64_t need) noexcept {
    Scratch &self = *reinterpret_cast<Interface *>(out)->owner;
    const std::size_t used = self.bytes_.empty() ? 0 : self.used();
    self.bytes_.resize(std::max<std::size_t>({256, 2 * self.bytes_.size(), used + static_cast<std::size_t>(need)}));
    out->cursor = self.bytes_.data() + used;
    out->end = self.bytes_.data() + self.bytes_.size();
    return JETCAPTURE_OK;
  }

  Interface interface_;
  std::vector<char> bytes_;
};

} // namespace jetcapture::plugins
