// Runs a model of the core through many random orders of events, each with a seed that a failure names.
#pragma once

#include "host/core/random_order.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace jetcapture::test {

inline std::uint64_t number_of(const char *variable, std::uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

#ifdef JETCAPTURE_FEWER
constexpr std::uint64_t usual_orders = 300; // a sanitizer makes it slow
#else
constexpr std::uint64_t usual_orders = 10'000;
#endif

// make(seed): the model; it runs some steps, and throws BrokenPromise. JETCAPTURE_ORDERS=1000000 runs more than usual;
// JETCAPTURE_FIRST_ORDER=seed JETCAPTURE_ORDERS=1 runs the one of a failure again.
template <class Make>
void run_orders(Make make, std::uint64_t usual = usual_orders) {
  const std::uint64_t first = number_of("JETCAPTURE_FIRST_ORDER", 1);
  const std::uint64_t orders = number_of("JETCAPTURE_ORDERS", usual);
  for (std::uint64_t seed = first; seed < first + orders; seed++) {
    auto order = make(seed);
    std::string broken;
    try {
      order.run(40 + seed % 80);
    } catch (const BrokenPromise &promise) {
      broken = promise.what();
    }
    REQUIRE_MESSAGE(broken.empty(), "seed " << seed << ": " << broken << "\n" << order.told());
  }
}

} // namespace jetcapture::test
