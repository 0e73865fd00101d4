// The stream sequences of one block, in the order in which they came: append-only, one to three bytes each.
//
// Coded as the difference to the one before, zigzag and LEB128, so ascending sequences with small gaps take one byte.
// The same bytes stand in the journal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace jetcapture::host {

class SequenceList {
public:
  void append(std::uint64_t sequence);

  // Forgets all that was appended since size() and bytes() were these.
  struct Mark {
    std::uint64_t size = 0;
    std::uint64_t last = 0;
    std::size_t bytes = 0;
  };
  Mark mark() const { return {size_, last_, deltas_.size()}; }
  void rollback(const Mark &mark);
  // Nothing more is appended: frees the memory that was reserved for it.
  void end() { deltas_.shrink_to_fit(); }

  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t memory() const { return deltas_.capacity(); }

  // Calls visit(sequence) for each, in order.
  template <class Visit>
  void for_each(Visit &&visit) const {
    std::string_view rest = deltas_;
    std::uint64_t sequence = 0;
    while (!rest.empty())
      visit(take(rest, sequence));
  }

  const std::string &encoded() const { return deltas_; }
  // nullopt: not what encoded() gives.
  static std::optional<SequenceList> decode(std::string_view encoded);

private:
  static std::uint64_t take(std::string_view &rest, std::uint64_t &sequence);

  std::string deltas_;
  std::uint64_t size_ = 0;
  std::uint64_t last_ = 0;
};

} // namespace jetcapture::host
