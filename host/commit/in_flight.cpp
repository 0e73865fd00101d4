#include "commit/in_flight.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <set>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

constexpr std::string_view format = "jetcapture in-flight 1\n";
constexpr std::size_t header_bytes = 4096;
constexpr std::size_t chunk_bytes = std::size_t{88} << 10; // 1,024 pages; a multiple of 4096

} // namespace

struct InFlight::Header {
  char format[32];
  std::int64_t beat; // nanoseconds since 1970
  std::uint32_t identity_size;
  char identity[3072];
};

struct InFlight::Mapping {
  void *memory;
  std::size_t bytes;

  Mapping(void *where, std::size_t size) : memory(where), bytes(size) {}
  Mapping(Mapping &&other) noexcept : memory(std::exchange(other.memory, nullptr)), bytes(other.bytes) {}
  Mapping &operator=(Mapping &&) = delete;
  ~Mapping() {
    if (memory != nullptr)
      ::munmap(memory, bytes);
  }
};

InFlight::InFlight(const std::filesystem::path &file, const std::string &identity, Log &log) : log_(log) {
  static_assert(sizeof(Header) <= header_bytes);
  static_assert(chunk_bytes % sizeof(Page) == 0);
  if (!open(file, identity))
    log_.warn(
        "the file of messages in flight can't be written: after a crash they come again only after their ack_wait",
        {{"file", file.string()}, {"reason", std::strerror(errno)}});
}

InFlight::~InFlight() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

bool InFlight::open(const std::filesystem::path &file, const std::string &identity) {
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct stat status {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0)
    return false;
  const std::size_t size = static_cast<std::size_t>(status.st_size);
  // What is mapped has its place on the disk: a full one must not end the process.
  if (const int error = ::posix_fallocate(descriptor_, 0, header_bytes); error != 0) {
    errno = error;
    return false;
  }
  void *memory = ::mmap(nullptr, header_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (memory == MAP_FAILED)
    return false;
  mappings_.emplace_back(memory, header_bytes);
  header_ = static_cast<Header *>(memory);
  const std::string_view known(header_->identity,
                               std::min<std::size_t>(header_->identity_size, sizeof header_->identity));
  const std::string mine = identity.substr(0, sizeof header_->identity);
  const bool same = std::string_view(header_->format, format.size()) == format && known == mine;
  if (same && size > header_bytes) {
    left_at_ = header_->beat;
    file_size_ = header_bytes + (size - header_bytes) / chunk_bytes * chunk_bytes;
    const std::size_t bytes = file_size_ - header_bytes;
    void *pages =
        bytes == 0 ? MAP_FAILED : ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, header_bytes);
    if (pages != MAP_FAILED) {
      mappings_.emplace_back(pages, bytes);
      add_pages(pages, bytes);
      read_left_over();
      return true;
    }
  }
  if (::ftruncate(descriptor_, header_bytes) != 0)
    return false;
  file_size_ = header_bytes;
  std::memset(header_, 0, header_bytes);
  std::memcpy(header_->format, format.data(), format.size());
  std::memcpy(header_->identity, mine.data(), mine.size());
  header_->identity_size = static_cast<std::uint32_t>(mine.size());
  return true;
}

void InFlight::add_pages(void *memory, std::size_t bytes) {
  for (std::size_t offset = 0; offset + sizeof(Page) <= bytes; offset += sizeof(Page)) {
    auto *page = reinterpret_cast<Page *>(static_cast<char *>(memory) + offset);
    (page->used != 0 ? left_over_pages_ : free_).push_back(page);
  }
}

void InFlight::read_left_over() {
  std::set<std::uint64_t> sequences;
  for (const Page *page : left_over_pages_)
    for (std::uint64_t bit = 0; bit < page_bits; bit++)
      if ((page->words[bit / 64] >> (bit % 64)) & 1)
        sequences.insert(page->number * page_bits + bit);
  for (const std::uint64_t sequence : sequences)
    left_over_.append(sequence);
}

void InFlight::forget_left_over() {
  left_over_ = {};
  for (Page *page : std::exchange(left_over_pages_, {})) {
    *page = {};
    free_.push_back(page);
  }
}

void InFlight::grow() {
  void *memory = MAP_FAILED;
  if (header_ != nullptr) {
    if (const int error = ::posix_fallocate(descriptor_, static_cast<off_t>(file_size_), chunk_bytes); error == 0)
      memory =
          ::mmap(nullptr, chunk_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, static_cast<off_t>(file_size_));
    if (memory == MAP_FAILED)
      log_.warn("the file of messages in flight can't grow: after a crash some come again only after their ack_wait",
                {{"bytes", file_size_}});
    else
      file_size_ += chunk_bytes;
  }
  if (memory == MAP_FAILED)
    memory = ::mmap(nullptr, chunk_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::bad_alloc();
  mappings_.emplace_back(memory, chunk_bytes);
  add_pages(memory, chunk_bytes);
}

InFlight::Page *InFlight::page_of(Place place) const {
  if (place == last_place_)
    return last_page_;
  const auto found = pages_.find(place);
  if (found == pages_.end())
    return nullptr;
  last_place_ = place;
  return last_page_ = found->second;
}

InFlight::Page *InFlight::take_page(Place place) {
  if (free_.empty())
    grow();
  Page *page = free_.back();
  free_.pop_back();
  page->number = place.number;
  page->generation = place.generation;
  page->used = 1;
  pages_.emplace(place, page);
  last_place_ = place;
  return last_page_ = page;
}

bool InFlight::insert(std::uint32_t generation, std::uint64_t sequence) {
  const Place place{generation, sequence / page_bits};
  Page *page = page_of(place);
  if (page == nullptr)
    page = take_page(place);
  std::uint64_t &word = page->words[sequence % page_bits / 64];
  const std::uint64_t bit = std::uint64_t{1} << (sequence % 64);
  if ((word & bit) != 0)
    return false;
  word |= bit;
  size_++;
  return true;
}

bool InFlight::contains(std::uint32_t generation, std::uint64_t sequence) const {
  const Page *page = page_of({generation, sequence / page_bits});
  return page != nullptr && ((page->words[sequence % page_bits / 64] >> (sequence % 64)) & 1) != 0;
}

bool InFlight::erase(std::uint32_t generation, std::uint64_t sequence) {
  const Place place{generation, sequence / page_bits};
  Page *page = page_of(place);
  if (page == nullptr)
    return false;
  std::uint64_t &word = page->words[sequence % page_bits / 64];
  const std::uint64_t bit = std::uint64_t{1} << (sequence % 64);
  if ((word & bit) == 0)
    return false;
  word &= ~bit;
  size_--;
  if (std::all_of(page->words.begin(), page->words.end(), [](std::uint64_t left) { return left == 0; })) {
    pages_.erase(place);
    *page = {};
    free_.push_back(page);
    last_place_ = {0, UINT64_MAX};
    last_page_ = nullptr;
  }
  return true;
}

std::uint32_t InFlight::oldest_generation() const {
  std::uint32_t oldest = UINT32_MAX;
  for (const auto &[place, page] : pages_)
    oldest = std::min(oldest, place.generation);
  return oldest;
}

void InFlight::beat(std::int64_t wall) {
  if (header_ != nullptr)
    header_->beat = wall;
}

} // namespace jetcapture::host
