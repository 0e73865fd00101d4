#include "tools/check_plugin/guarded.hpp"

#include <cstring>
#include <new>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace jetcapture::host {

Guarded::Guarded(std::size_t size) : size_(size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t usable = (size + page - 1) / page * page;
  mapped_ = usable + page;
  void *pages = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED)
    throw std::bad_alloc();
  pages_ = static_cast<char *>(pages);
  ::mprotect(pages_ + usable, page, PROT_NONE);
  data_ = pages_ + usable - size;
}

Guarded::Guarded(std::string_view bytes) : Guarded(bytes.size()) {
  if (!bytes.empty())
    std::memcpy(data_, bytes.data(), bytes.size());
}

Guarded::~Guarded() {
  if (pages_ != nullptr)
    ::munmap(pages_, mapped_);
}

Guarded::Guarded(Guarded &&other) noexcept
    : pages_(std::exchange(other.pages_, nullptr)), mapped_(std::exchange(other.mapped_, 0)),
      data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Guarded &Guarded::operator=(Guarded &&other) noexcept {
  std::swap(pages_, other.pages_);
  std::swap(mapped_, other.mapped_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void Guarded::forbid() {
  ::mprotect(pages_, mapped_, PROT_NONE);
}

} // namespace jetcapture::host
