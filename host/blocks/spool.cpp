#include "blocks/spool.hpp"

#include "settings/error.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {
// Beyond that many, what is in use grows instead.
constexpr std::size_t most_segments = 16;
} // namespace

struct Spool::Shared {
  std::atomic<std::uint64_t> used{0};
  std::atomic<std::size_t> segments{0};
};

struct Spool::Segment {
  int descriptor;
  std::uint64_t end = 0; // guarded by the spool's mutex
  std::shared_ptr<Shared> shared;

  Segment(int file, std::shared_ptr<Shared> of) : descriptor(file), shared(std::move(of)) { shared->segments++; }
  ~Segment() {
    ::close(descriptor);
    shared->segments--;
  }
  Segment(const Segment &) = delete;
  Segment &operator=(const Segment &) = delete;
};

Spool::Extent::Extent(std::shared_ptr<Segment> segment, std::uint64_t offset, std::uint64_t size)
    : segment_(std::move(segment)), offset_(offset), size_(size) {}

Spool::Extent::~Extent() {
  if (!segment_)
    return;
  // Where the file system has no holes, the space comes back with the segment.
  ::fallocate(segment_->descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset_),
              static_cast<off_t>(size_));
  segment_->shared->used.fetch_sub(size_);
}

std::int64_t Spool::Extent::read(std::uint64_t offset, char *buffer, std::uint64_t count) const {
  if (offset >= size_)
    return 0;
  const std::uint64_t wanted = std::min(count, size_ - offset);
  ssize_t got;
  do
    got = ::pread(segment_->descriptor, buffer, wanted, static_cast<off_t>(offset_ + offset));
  while (got < 0 && errno == EINTR);
  if (got == 0)
    errno = EIO;
  return got > 0 ? got : -1;
}

Spool::Spool(const std::filesystem::path &folder, std::uint64_t limit, std::uint64_t file_bytes)
    : folder_(folder), limit_(limit), file_bytes_(file_bytes), shared_(std::make_shared<Shared>()) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::string reason;
  current_ = open_segment(reason);
  if (!current_)
    throw StartupError("the spool folder " + folder.string() + " can't be used (" + reason +
                       "): give a writable one with --spool-dir");
}

std::shared_ptr<Spool::Segment> Spool::open_segment(std::string &reason) const {
  int descriptor = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    std::string name = (folder_ / ".spool-XXXXXX").string();
    descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0)
      ::unlink(name.c_str());
  }
  if (descriptor < 0) {
    reason = std::strerror(errno);
    return nullptr;
  }
  return std::make_shared<Segment>(descriptor, shared_);
}

std::optional<Spool::Extent> Spool::append(std::string_view bytes) {
  std::shared_ptr<Segment> segment;
  std::uint64_t offset;
  {
    const MutexLock lock(mutex_);
    if (limit_ != 0 && shared_->used.load() + bytes.size() > limit_) {
      reason_ = "the spool limit is reached";
      return std::nullopt;
    }
    if (current_->end >= file_bytes_ && shared_->segments < most_segments) {
      // Where none can be opened, this one has room still.
      std::string reason;
      if (auto fresh = open_segment(reason))
        current_ = std::move(fresh);
    }
    segment = current_;
    offset = segment->end;
    segment->end += bytes.size();
    shared_->used.fetch_add(bytes.size());
  }
  Extent extent(segment, offset, bytes.size());
  std::uint64_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::pwrite(segment->descriptor, bytes.data() + written, bytes.size() - written,
                                   static_cast<off_t>(offset + written));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0) {
      const MutexLock lock(mutex_);
      reason_ = std::strerror(count < 0 ? errno : EIO);
      return std::nullopt;
    }
    written += static_cast<std::uint64_t>(count);
  }
  taken_.fetch_add(bytes.size(), std::memory_order_relaxed);
  const MutexLock lock(mutex_);
  reason_.clear();
  return extent;
}

std::uint64_t Spool::used() const {
  return shared_->used.load();
}

std::string Spool::reason() const {
  const MutexLock lock(mutex_);
  return reason_;
}

} // namespace jetcapture::host
