// Memory that ends at a page which must not be touched, so that a read or write past its end is a crash, and that can
// be taken away.
#pragma once

#include <cstddef>
#include <string_view>

namespace jetcapture::host {

class Guarded {
public:
  explicit Guarded(std::size_t size);
  explicit Guarded(std::string_view bytes);
  ~Guarded();
  Guarded(Guarded &&other) noexcept;
  Guarded &operator=(Guarded &&other) noexcept;

  char *data() const { return data_; }
  std::size_t size() const { return size_; }
  std::string_view view() const { return {data_, size_}; }
  // From now on any touch of it is a crash.
  void forbid();

private:
  char *pages_ = nullptr;
  std::size_t mapped_ = 0;
  char *data_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace jetcapture::host
