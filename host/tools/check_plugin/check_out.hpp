// The buffer of a block as a checked writer sees it: in guarded memory, as large or as small as a check wants, and able
// to fail.
#pragma once

#include "jetcapture/writer.h"
#include "tools/check_plugin/guarded.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace jetcapture::host {

class CheckOut {
public:
  // room: bytes of each buffer; 0: never more than what is asked for. fail_at: the number of the call of more(), from
  // 1, that fails with JETCAPTURE_FATAL, as do those after it; 0: none.
  explicit CheckOut(std::size_t room = 64u << 10, std::uint64_t fail_at = 0);
  CheckOut(const CheckOut &) = delete;
  CheckOut &operator=(const CheckOut &) = delete;

  jetcapture_out *out() { return &interface_.out; }
  // All that was written.
  std::string bytes() const;
  std::uint64_t size() const { return done_.size() + in_buffer(); }
  // Takes back what was written behind size.
  void rollback(std::uint64_t size);
  std::uint64_t calls_of_more() const { return calls_; }

private:
  struct Interface {
    jetcapture_out out; // first: a pointer to it is a pointer to this
    CheckOut *owner;
  };
  static jetcapture_status more(jetcapture_out *out, std::uint64_t need);
  std::size_t in_buffer() const { return static_cast<std::size_t>(interface_.out.cursor - buffer_->data()); }
  void renew(std::size_t size);

  Interface interface_;
  std::size_t room_;
  std::uint64_t fail_at_;
  std::uint64_t calls_ = 0;
  std::string done_;
  std::unique_ptr<Guarded> buffer_;
};

} // namespace jetcapture::host
