#include "commit/in_flight.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <random>
#include <set>
#include <utility>

#include <fcntl.h>

using namespace jetcapture::host;
using jetcapture::test::Folder;

namespace {

Log &no_log() {
  static Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  return log;
}

} // namespace

TEST_CASE("what is in flight agrees with std::set over random inserts and erasures, and is there after the process") {
  const Folder folder;
  const std::filesystem::path file = folder.path() / "in-flight";
  std::mt19937_64 random(4711);
  std::set<std::pair<std::uint32_t, std::uint64_t>> expected;
  std::multiset<std::uint64_t> sequences;
  {
    InFlight in_flight(file, "S C", no_log());
    for (int i = 0; i < 20000; i++) {
      const std::uint64_t sequence = random() % 4000 + (i % 2 == 0 ? 0 : 1ull << 40);
      const auto generation = static_cast<std::uint32_t>(3 + random() % 2);
      if (random() % 3 == 0)
        CHECK(in_flight.erase(generation, sequence) == (expected.erase({generation, sequence}) == 1));
      else
        CHECK(in_flight.insert(generation, sequence) == expected.insert({generation, sequence}).second);
      CHECK(in_flight.contains(generation, sequence) == expected.contains({generation, sequence}));
    }
    CHECK(in_flight.size() == expected.size());
    CHECK(in_flight.oldest_generation() == 3);
    for (const auto &[generation, sequence] : expected)
      sequences.insert(sequence);
    std::multiset<std::uint64_t> visited;
    in_flight.for_each([&](std::uint64_t sequence) { visited.insert(sequence); });
    CHECK(visited == sequences);
  }
  const InFlight next_run(file, "S C", no_log());
  std::set<std::uint64_t> left;
  next_run.left_over().for_each([&](std::uint64_t sequence) { left.insert(sequence); });
  CHECK(left == std::set<std::uint64_t>(sequences.begin(), sequences.end()));
  CHECK(next_run.oldest_generation() == UINT32_MAX);
}

TEST_CASE("the file of messages in flight does not grow while as many go as come, in whatever generations") {
  const Folder folder;
  const std::filesystem::path file = folder.path() / "in-flight";
  InFlight in_flight(file, "S C", no_log());
  in_flight.insert(0, 0);
  const auto size = std::filesystem::file_size(file);
  for (std::uint64_t sequence = 1; sequence <= 1'000'000; sequence++) {
    const auto generation = [](std::uint64_t of) { return static_cast<std::uint32_t>(of / 10'000); };
    in_flight.insert(generation(sequence), 7 * sequence);
    in_flight.erase(generation(sequence - 1), 7 * (sequence - 1));
  }
  CHECK(in_flight.size() == 1);
  CHECK(std::filesystem::file_size(file) == size);
}
