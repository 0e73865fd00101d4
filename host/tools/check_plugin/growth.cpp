#include "tools/check_plugin/growth.hpp"

#include "tools/check_plugin/finding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <future>
#include <malloc.h>

namespace jetcapture::host {
namespace {

constexpr std::size_t batches = 9;
// Of a unit: less than that is no block of malloc's. Of a batch: the allocator itself keeps a little.
constexpr std::int64_t unit_allowed = 16;
constexpr std::int64_t batch_allowed = 1024;

// On a thread of its own, which gives its cache of freed memory back as it ends: what malloc keeps for a running thread
// counts as given out.
void on_own_thread(const std::function<void(unsigned count)> &work, unsigned count) {
  std::async(std::launch::async, work, count).get();
}

} // namespace

std::size_t heap_in_use() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

void require_no_growth(unsigned units, const std::function<void(unsigned count)> &work, const std::string &unit,
                       const std::string &why) {
  const unsigned count = std::max(1U, units / static_cast<unsigned>(batches));
  on_own_thread(work, count);
  std::array<std::int64_t, batches> left{};
  auto before = static_cast<std::int64_t>(heap_in_use());
  for (std::int64_t &bytes : left) {
    on_own_thread(work, count);
    const auto after = static_cast<std::int64_t>(heap_in_use());
    bytes = after - before;
    before = after;
  }
  std::nth_element(left.begin(), left.begin() + batches / 2, left.end());
  const std::int64_t usual = left[batches / 2];
  require(usual < std::max(batch_allowed, unit_allowed * count),
          "each " + unit + " leaves about " + std::to_string(usual / count) + " bytes allocated; " + why);
}

} // namespace jetcapture::host
