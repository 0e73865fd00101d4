#include "host/core/random_order.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

using namespace jetcapture::test;

namespace {

std::uint64_t number_of(const char *variable, std::uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// JETCAPTURE_ORDERS=1000000 runs more; JETCAPTURE_FIRST_ORDER=seed JETCAPTURE_ORDERS=1 runs the one of a failure again.
void run_orders(bool loses_end) {
  Folder folder;
  const std::uint64_t first = number_of("JETCAPTURE_FIRST_ORDER", 1);
#ifdef JETCAPTURE_FEWER
  constexpr std::uint64_t usual_orders = 1'000; // a sanitizer makes it slow
#else
  constexpr std::uint64_t usual_orders = 10'000;
#endif
  const std::uint64_t orders = number_of("JETCAPTURE_ORDERS", usual_orders);
  for (std::uint64_t seed = first; seed < first + orders; seed++) {
    const std::filesystem::path state = folder.path() / "state";
    RandomOrder order(seed, seed % 4 == 0 ? 2 : 1, loses_end, state);
    std::string broken;
    try {
      order.run(40 + seed % 80);
    } catch (const BrokenPromise &promise) {
      broken = promise.what();
    }
    REQUIRE_MESSAGE(broken.empty(), "seed " << seed << ": " << broken << "\n" << order.told());
    std::filesystem::remove_all(state);
  }
}

} // namespace

TEST_CASE("in any order of messages, stores, confirmations, time and crashes each message is stored once and acked "
          "after it") {
  run_orders(false);
}

TEST_CASE("in any order of events each message is stored once also where the stream loses its end") {
  run_orders(true);
}
