// Where the bytes of blocks are on disk until they are stored: in large files that all blocks share, and large blocks
// in files of their own, for stores that take such a file as it is.
//
// The files have no name, so nothing is left after a crash: what was in them is not acked. Space is given back to the
// file system as soon as an extent or a file goes. A shared file stays open while one extent in it lives; the
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
#include <utility>

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

  // A file of one block alone: its bytes from the first on, and nothing else. One thread at a time; read() any.
  class File {
  public:
    File(int descriptor, Spool &spool);
    ~File();
    File(const File &) = delete;
    File &operator=(const File &) = delete;

    // To be read only, or to be given a name, once nothing more is appended.
    int descriptor() const { return descriptor_; }
    std::uint64_t size() const { return size_; }
    // As Spool::append(); false: its first size() bytes are as they were.
    bool append(std::string_view bytes);
    // The bytes of an extent, which may go then; it counts for the file from now on.
    bool append(const Extent &extent);
    // As that of an extent.
    std::int64_t read(std::uint64_t offset, char *buffer, std::uint64_t count) const;

  private:
    bool write(std::string_view bytes, std::uint64_t offset);
    void grow(std::uint64_t count);

    const int descriptor_;
    Spool &spool_;
    const std::shared_ptr<Shared> shared_;
    std::uint64_t size_ = 0;
    std::uint64_t on_its_way_ = 0; // so many bytes the disk was told to write
  };

  // Makes the folder where it is missing. limit: bytes, 0 for none but the disk's. file_bytes: behind so many another
  // file begins, so that the space comes back where the file system has no holes. Throws StartupError when nothing can
  // be written there.
  Spool(const std::filesystem::path &folder, std::uint64_t limit, std::uint64_t file_bytes = std::uint64_t{256} << 20);

  // nullopt: full, or the disk refused; reason() says which. What was reserved is freed.
  std::optional<Extent> append(std::string_view bytes);

  // From now on large blocks have files of their own.
  void offer_files();
  // nullptr: none are offered, as many are open as the process can have besides all else, or the disk refused.
  std::unique_ptr<File> open_file();

  std::uint64_t used() const;
  // Bytes of all that append() took, what is gone again included.
  std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
  // Why the last append() failed; empty after one that worked.
  std::string reason() const;

private:
  int open_unnamed(std::string &reason) const;
  std::shared_ptr<Segment> open_segment(std::string &reason) const;
  // Room for so many bytes in a shared file, and where it is.
  std::pair<std::shared_ptr<Segment>, std::uint64_t> place_for(std::uint64_t count);
  // False: the limit is reached.
  bool reserve(std::uint64_t count);
  // How it ended.
  void took(std::uint64_t count);
  void refused(int error);

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
