#include "blocks/spool.hpp"

#include "files/durable.hpp"
#include "settings/error.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {
// Beyond that many, what is in use grows instead.
constexpr std::size_t most_segments = 16;
// Files of single blocks, and the share of the process's descriptors that they may have.
constexpr std::size_t most_files = 256;
constexpr rlim_t share_of_descriptors = 8;
// The disk is told to begin with so much of a file at once.
constexpr std::uint64_t written_at_once = 4 << 20;
constexpr std::size_t copied_at_once = 256 << 10;

std::size_t files_of_this_process() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return 0;
  return static_cast<std::size_t>(std::min<rlim_t>(most_files, limit.rlim_cur / share_of_descriptors));
}

// One read of count bytes or fewer, of which there is at least one; -1 with errno.
std::int64_t read_at(int descriptor, std::uint64_t offset, char *buffer, std::uint64_t count) {
  ssize_t got;
  do
    got = ::pread(descriptor, buffer, count, static_cast<off_t>(offset));
  while (got < 0 && errno == EINTR);
  if (got == 0)
    errno = EIO;
  return got > 0 ? got : -1;
}
} // namespace

struct Spool::Shared {
  std::atomic<std::uint64_t> used{0};
  std::atomic<std::size_t> segments{0};
  std::atomic<std::size_t> files{0};
  std::atomic<bool> offers_files{false};
  const std::size_t most_files = files_of_this_process();
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
  return read_at(segment_->descriptor, offset_ + offset, buffer, std::min(count, size_ - offset));
}

Spool::File::File(int descriptor, Spool &spool) : descriptor_(descriptor), spool_(spool), shared_(spool.shared_) {
  shared_->files++;
}

Spool::File::~File() {
  ::close(descriptor_);
  shared_->files--;
  shared_->used.fetch_sub(size_);
}

bool Spool::File::append(std::string_view bytes) {
  if (!spool_.reserve(bytes.size()))
    return false;
  if (!write(bytes, size_)) {
    shared_->used.fetch_sub(bytes.size());
    return false;
  }
  grow(bytes.size());
  spool_.took(bytes.size());
  return true;
}

bool Spool::File::append(const Extent &extent) {
  std::string buffer(static_cast<std::size_t>(std::min<std::uint64_t>(extent.size(), copied_at_once)), '\0');
  for (std::uint64_t done = 0; done < extent.size();) {
    const std::int64_t got = extent.read(done, buffer.data(), buffer.size());
    if (got < 0) {
      spool_.refused(errno);
      return false;
    }
    if (!write({buffer.data(), static_cast<std::size_t>(got)}, size_ + done))
      return false;
    done += static_cast<std::uint64_t>(got);
  }
  shared_->used.fetch_add(extent.size());
  grow(extent.size());
  return true;
}

bool Spool::File::write(std::string_view bytes, std::uint64_t offset) {
  const bool is_written = write_whole_at(descriptor_, bytes, offset);
  if (!is_written)
    spool_.refused(errno);
  return is_written;
}

// What a store takes as it is has to reach the disk: it begins now, and not when the block is stored.
void Spool::File::grow(std::uint64_t count) {
  size_ += count;
  if (size_ - on_its_way_ < written_at_once)
    return;
  ::sync_file_range(descriptor_, static_cast<off64_t>(on_its_way_), static_cast<off64_t>(size_ - on_its_way_),
                    SYNC_FILE_RANGE_WRITE);
  on_its_way_ = size_;
}

std::int64_t Spool::File::read(std::uint64_t offset, char *buffer, std::uint64_t count) const {
  return offset >= size_ ? 0 : read_at(descriptor_, offset, buffer, std::min(count, size_ - offset));
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

int Spool::open_unnamed(std::string &reason) const {
  int descriptor = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    std::string name = (folder_ / ".spool-XXXXXX").string();
    descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0)
      ::unlink(name.c_str());
  }
  if (descriptor < 0)
    reason = std::strerror(errno);
  return descriptor;
}

std::shared_ptr<Spool::Segment> Spool::open_segment(std::string &reason) const {
  const int descriptor = open_unnamed(reason);
  return descriptor < 0 ? nullptr : std::make_shared<Segment>(descriptor, shared_);
}

void Spool::offer_files() {
  shared_->offers_files = true;
}

std::unique_ptr<Spool::File> Spool::open_file() {
  if (!shared_->offers_files || shared_->files >= shared_->most_files)
    return nullptr;
  std::string reason;
  const int descriptor = open_unnamed(reason);
  return descriptor < 0 ? nullptr : std::make_unique<File>(descriptor, *this);
}

bool Spool::reserve(std::uint64_t count) {
  const MutexLock lock(mutex_);
  if (limit_ != 0 && shared_->used.load() + count > limit_) {
    reason_ = "the spool limit is reached";
    return false;
  }
  shared_->used.fetch_add(count);
  return true;
}

void Spool::took(std::uint64_t count) {
  taken_.fetch_add(count, std::memory_order_relaxed);
  const MutexLock lock(mutex_);
  reason_.clear();
}

void Spool::refused(int error) {
  const MutexLock lock(mutex_);
  reason_ = std::strerror(error);
}

std::optional<Spool::Extent> Spool::append(std::string_view bytes) {
  if (!reserve(bytes.size()))
    return std::nullopt;
  const auto [segment, offset] = place_for(bytes.size());
  Extent extent(segment, offset, bytes.size());
  if (!write_whole_at(segment->descriptor, bytes, offset)) {
    refused(errno);
    return std::nullopt;
  }
  took(bytes.size());
  return extent;
}

std::pair<std::shared_ptr<Spool::Segment>, std::uint64_t> Spool::place_for(std::uint64_t count) {
  const MutexLock lock(mutex_);
  if (current_->end >= file_bytes_ && shared_->segments < most_segments) {
    // Where none can be opened, this one has room still.
    std::string reason;
    if (auto fresh = open_segment(reason))
      current_ = std::move(fresh);
  }
  const std::uint64_t offset = current_->end;
  current_->end += count;
  return {current_, offset};
}

std::uint64_t Spool::used() const {
  return shared_->used.load();
}

std::string Spool::reason() const {
  const MutexLock lock(mutex_);
  return reason_;
}

} // namespace jetcapture::host
