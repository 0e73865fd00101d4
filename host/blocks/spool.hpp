// Where the bytes of blocks are on disk until they are stored: large files without a name, shared by all blocks.
//
// The files are unlinked while they are open, so nothing is left after a crash: what was in them is not acked. Space is
// given back to the file system as soon as an extent goes. A file stays open while one extent in it lives; the
// descriptors are few all the same, however many blocks there are and however long one is kept. Any thread.
#pragma once

#include "threads/mutex.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::host {

class Spool {
  struct Shared;
  struct Segment;

public:
  // Some bytes in the spool; they go with it. Move-only.
  class Extent {
  public:
    Extent(std::shared_ptr<Segment> segment, std::uint64_t offset, std::uint64_t size);
    Extent(Extent &&) noexcept = default;
    Extent &operator=(Extent &&) = delete;
    ~Extent();

    std::uint64_t size() const { return size_; }
    // Up to count bytes from offset; -1 when they can't be read, errno says why.
    std::int64_t read(std::uint64_t offset, char *buffer, std::uint64_t count) const;

  private:
    std::shared_ptr<Segment> segment_;
    std::uint64_t offset_;
    std::uint64_t size_;
  };

  // Makes the folder where it is missing. limit: bytes, 0 for none but the disk's. file_bytes: behind so many another
  // file begins, so that the space comes back where the file system has no holes. Throws StartupError when nothing can
  // be written there.
  Spool(const std::filesystem::path &folder, std::uint64_t limit, std::uint64_t file_bytes = std::uint64_t{256} << 20);

  // nullopt: full, or the disk refused; reason() says which. What was reserved is freed.
  std::optional<Extent> append(std::string_view bytes);

  std::uint64_t used() const;
  // Bytes of all that append() took, what is gone again included.
  std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
  // Why the last append() failed; empty after one that worked.
  std::string reason() const;

private:
  std::shared_ptr<Segment> open_segment(std::string &reason) const;

  std::filesystem::path folder_;
  std::uint64_t limit_;
  std::uint64_t file_bytes_;
  std::shared_ptr<Shared> shared_;
  std::atomic<std::uint64_t> taken_ = 0;
  mutable Mutex mutex_;
  std::shared_ptr<Segment> current_ GUARDED_BY(mutex_);
  std::string reason_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
