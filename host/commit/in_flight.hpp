// Which messages are in flight: taken from the stream, and their acks not confirmed.
//
// The set stands in a mapped file of the state folder. A process that is killed leaves it there, so that its next run
// can give its messages back to the stream at once, long before the server would deliver them again by itself. It is
// not synced: after a power failure it may tell nothing, and then the server's own time counts.
//
// Pages of 512 bits: a dense run costs less than two bits a message, a lone one about a hundred bytes. One thread.
#pragma once

#include "delivery/sequence_list.hpp"
#include "log/log.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace jetcapture::host {

class InFlight {
public:
  // Opens or makes the file. identity: of stream and consumer; what belongs to another one is dropped. Where the file
  // can't be made or grow, the set is in memory alone, with a warning: the next run then waits for the server. Never
  // throws.
  InFlight(const std::filesystem::path &file, const std::string &identity, Log &log);
  ~InFlight();
  InFlight(const InFlight &) = delete;
  InFlight &operator=(const InFlight &) = delete;

  // What a run before left, ascending, without repeats.
  const SequenceList &left_over() const { return left_over_; }
  // When that run last showed itself by beat(); nanoseconds since 1970, 0: never.
  std::int64_t left_at() const { return left_at_; }
  // It has been returned to the stream.
  void forget_left_over();

  // False: it was there already.
  bool insert(std::uint32_t generation, std::uint64_t sequence);
  bool contains(std::uint32_t generation, std::uint64_t sequence) const;
  // False: it was not there.
  bool erase(std::uint32_t generation, std::uint64_t sequence);

  // The lowest generation of any of them; UINT32_MAX: there is none. Looks at every page.
  std::uint32_t oldest_generation() const;

  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Calls visit(sequence) for each, in no order; a sequence of two generations twice.
  template <class Visit>
  void for_each(Visit &&visit) const {
    for (const auto &[place, page] : pages_)
      for (std::uint64_t bit = 0; bit < page_bits; bit++)
        if ((page->words[bit / 64] >> (bit % 64)) & 1)
          visit(place.number * page_bits + bit);
  }

  // Notes that this run is alive.
  void beat(std::int64_t wall);

private:
  static constexpr std::uint64_t page_bits = 512;
  // In the file; all zero: free.
  struct Page {
    std::uint64_t used;
    std::uint64_t number;
    std::uint64_t generation;
    std::array<std::uint64_t, page_bits / 64> words;
  };
  struct Place {
    std::uint32_t generation;
    std::uint64_t number;
    bool operator==(const Place &) const = default;
  };
  struct Hash {
    std::size_t operator()(const Place &place) const {
      return std::hash<std::uint64_t>()(place.number * 0x9E3779B97F4A7C15u + place.generation);
    }
  };
  struct Header;
  struct Mapping;

  bool open(const std::filesystem::path &file, const std::string &identity);
  void read_left_over();
  void add_pages(void *memory, std::size_t bytes);
  void grow();
  Page *page_of(Place place) const;
  Page *take_page(Place place);

  Log &log_;
  int descriptor_ = -1;
  std::uint64_t file_size_ = 0;
  std::vector<Mapping> mappings_;
  Header *header_ = nullptr; // nullptr: memory alone
  std::vector<Page *> left_over_pages_;
  std::vector<Page *> free_;
  std::unordered_map<Place, Page *, Hash> pages_;
  mutable Place last_place_{0, UINT64_MAX}; // neighbours come one after another
  mutable Page *last_page_ = nullptr;
  std::uint64_t size_ = 0;
  SequenceList left_over_;
  std::int64_t left_at_ = 0;
};

} // namespace jetcapture::host
