#include "commit/in_flight.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <fcntl.h>

using namespace jetcapture::host;
using jetcapture::test::Folder;
using jetcapture::test::read_file;
using jetcapture::test::write_file;

namespace {

using Sequences = std::vector<std::uint64_t>;

Sequences of(const SequenceList &list) {
  Sequences sequences;
  list.for_each([&](std::uint64_t sequence) { sequences.push_back(sequence); });
  return sequences;
}

Sequences of(const InFlight &in_flight) {
  Sequences sequences;
  in_flight.for_each([&](std::uint64_t sequence) { sequences.push_back(sequence); });
  std::sort(sequences.begin(), sequences.end());
  return sequences;
}

Log &no_log() {
  static Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  return log;
}

class InFlightFile {
public:
  std::unique_ptr<InFlight> open(const std::string &identity = "S C") {
    return std::make_unique<InFlight>(path(), identity, log_);
  }
  std::filesystem::path path() const { return folder_.path() / "in-flight"; }
  // Of a process that was killed just now: what it has mapped stands in the file.
  void change(const std::function<void(std::string &)> &change) const {
    std::string bytes = read_file(path());
    change(bytes);
    write_file(path(), bytes);
  }
  std::size_t warnings() const { return log_.recent().size(); }

private:
  Folder folder_;
  Log log_{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
};

} // namespace

TEST_CASE("what is in flight is known by its sequence and its generation, and counted once") {
  InFlightFile file;
  const auto in_flight = file.open();
  CHECK(in_flight->insert(0, 7));
  CHECK_FALSE(in_flight->insert(0, 7));
  CHECK(in_flight->insert(1, 7));
  CHECK(in_flight->size() == 2);
  CHECK(of(*in_flight) == Sequences{7, 7});
  CHECK(in_flight->erase(0, 7));
  CHECK_FALSE(in_flight->erase(0, 7));
  CHECK(in_flight->contains(1, 7));
  CHECK_FALSE(in_flight->contains(0, 7));
  CHECK_FALSE(in_flight->contains(2, 7));
  CHECK(in_flight->erase(1, 7));
  CHECK(in_flight->empty());
}

TEST_CASE("a run finds what the one before had in flight when it was killed, and when that last showed itself") {
  InFlightFile file;
  {
    const auto killed = file.open();
    for (const std::uint64_t sequence : {9000u, 1u, 511u, 512u, 70000u})
      killed->insert(sequence == 512 ? 3 : 0, sequence);
    killed->insert(1, 9000); // of two generations
    killed->insert(0, 2);
    killed->erase(0, 2);
    killed->beat(1234);
  }
  for (int i = 0; i < 2; i++) { // until it is forgotten, however often it is opened
    const auto again = file.open();
    CHECK(of(again->left_over()) == Sequences{1, 511, 512, 9000, 70000});
    CHECK(again->left_at() == 1234);
    CHECK(again->empty());
  }
  const auto again = file.open();
  again->insert(0, 5);
  again->forget_left_over();
  CHECK(again->left_over().empty());
  CHECK(of(*again) == Sequences{5});
  CHECK(of(file.open()->left_over()) == Sequences{5});
  CHECK(file.warnings() == 0);
}

TEST_CASE("what is in flight anew stands in the file beside what was left over") {
  InFlightFile file;
  file.open()->insert(0, 1);
  file.open()->insert(0, 1000);
  CHECK(of(file.open()->left_over()) == Sequences{1, 1000});
}

TEST_CASE("the file grows with what is in flight, all of it is found again, and its pages are used again") {
  InFlightFile file;
  constexpr std::uint64_t pages = 5000;
  {
    const auto in_flight = file.open();
    for (std::uint64_t page = 0; page < pages; page++)
      in_flight->insert(0, page * 512 + page % 512);
    CHECK(in_flight->size() == pages);
  }
  const auto size = std::filesystem::file_size(file.path());
  CHECK(size > pages * 88);
  const auto again = file.open();
  CHECK(again->left_over().size() == pages);
  again->forget_left_over();
  for (std::uint64_t page = 0; page < pages; page++)
    again->insert(0, (pages + page) * 512);
  CHECK(std::filesystem::file_size(file.path()) == size);
  for (std::uint64_t page = 0; page < pages; page++)
    CHECK(again->erase(0, (pages + page) * 512));
  CHECK(again->empty());
  CHECK(file.open()->left_over().empty());
}

TEST_CASE("the file of another stream or consumer is dropped") {
  InFlightFile file;
  file.open("S C")->insert(0, 1);
  CHECK(file.open("S D")->left_over().empty());
  CHECK(file.open("S C")->left_over().empty());
}

TEST_CASE("a damaged file never ends the capture: what it still says is found, or nothing") {
  InFlightFile file;
  const auto fill = [&] {
    const auto in_flight = file.open();
    in_flight->forget_left_over();
    for (std::uint64_t sequence = 0; sequence < 3000; sequence += 10)
      in_flight->insert(0, sequence);
  };
  fill();
  const std::size_t size = read_file(file.path()).size();
  // Cut off anywhere, and anything written over it anywhere.
  for (const std::size_t at : {std::size_t{0}, std::size_t{10}, std::size_t{40}, std::size_t{4095}, std::size_t{4096},
                               std::size_t{4100}, std::size_t{4096 + 88}, size - 1}) {
    CAPTURE(at);
    fill();
    file.change([&](std::string &bytes) { bytes.resize(at); });
    CHECK(file.open()->left_over().size() <= 300);
    fill();
    file.change([&](std::string &bytes) {
      bytes.replace(at, std::min<std::size_t>(200, size - at), std::min<std::size_t>(200, size - at), '\xff');
    });
    const auto again = file.open();
    again->forget_left_over();
    CHECK(again->insert(0, 5));
    CHECK(of(*again) == Sequences{5});
  }
}

TEST_CASE("where the file can't be made, what is in flight is known all the same, with a warning") {
  Folder folder;
  Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  InFlight in_flight(folder.path() / "missing" / "in-flight", "S C", log);
  CHECK(log.recent().size() == 1);
  for (std::uint64_t sequence = 0; sequence < 2'000'000; sequence += 500)
    CHECK(in_flight.insert(0, sequence));
  in_flight.beat(5);
  CHECK(in_flight.size() == 4000);
}

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
