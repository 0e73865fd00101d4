#include "tools/check_plugin/check_out.hpp"

#include <algorithm>
#include <limits>

namespace jetcapture::host {
namespace {

constexpr std::uint64_t most_room = std::uint64_t{1} << 30;

} // namespace

CheckOut::CheckOut(std::size_t room, std::uint64_t fail_at) : interface_{}, room_(room), fail_at_(fail_at) {
  interface_.owner = this;
  interface_.out.size = sizeof(jetcapture_out);
  interface_.out.more = &CheckOut::more;
  renew(room_);
}

std::string CheckOut::bytes() const {
  return done_ + std::string(buffer_->data(), in_buffer());
}

void CheckOut::rollback(std::uint64_t size) {
  if (size >= done_.size()) {
    interface_.out.cursor = buffer_->data() + (size - done_.size());
    return;
  }
  done_.resize(static_cast<std::size_t>(size));
  interface_.out.cursor = buffer_->data();
}

void CheckOut::renew(std::size_t size) {
  buffer_ = std::make_unique<Guarded>(size);
  interface_.out.cursor = buffer_->data();
  interface_.out.end = buffer_->data() + size;
}

jetcapture_status CheckOut::more(jetcapture_out *out, std::uint64_t need) {
  CheckOut &self = *reinterpret_cast<Interface *>(out)->owner;
  if (++self.calls_ >= self.fail_at_ && self.fail_at_ != 0)
    return JETCAPTURE_FATAL;
  if (need > most_room)
    return JETCAPTURE_FATAL;
  self.done_.append(self.buffer_->data(), self.in_buffer());
  self.renew(std::max<std::size_t>(self.room_, static_cast<std::size_t>(need)));
  return JETCAPTURE_OK;
}

} // namespace jetcapture::host
