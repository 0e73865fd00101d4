// How large manifests are, and how long it takes to write and read one: prints a table. Argument: messages [1000000].
//
// "ratio" is the packed bytes of the sequences over the entropy of the keys, which nothing can go below where each
// message's key is independent of the others'.
#include "ledger/manifest.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace jetcapture::host;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

BlockLine block_of(std::size_t key, std::mt19937_64 &random) {
  BlockLine line;
  const std::string name = "k" + std::to_string(key);
  char hash[16];
  std::snprintf(hash, sizeof hash, "%012llx", static_cast<unsigned long long>(random() >> 16));
  line.name = name + "/2026/11/24/12/15/ORDERS-000000000001-000001000000-" + hash + ".ndjson.zst";
  line.bytes = random() % 1'000'000;
  for (auto &byte : line.sha256)
    byte = static_cast<std::uint8_t>(random());
  line.reason = "interval";
  line.place.interval_start = 1'764'000'000'000'000'000;
  const std::uint32_t size = static_cast<std::uint32_t>(name.size());
  line.place.key.assign(reinterpret_cast<const char *>(&size), sizeof size);
  line.place.key += name;
  line.first_timestamp = line.place.interval_start + static_cast<std::int64_t>(random() % 900'000'000'000);
  line.last_timestamp = line.last_sequence_timestamp = line.first_timestamp + 1;
  return line;
}

// holes: one of so many sequences is missing; 0: none.
void measure(std::size_t keys, double zipf, std::uint64_t holes, std::size_t messages) {
  std::mt19937_64 random(7);
  std::vector<double> weights;
  for (std::size_t i = 0; i < keys; i++)
    weights.push_back(std::pow(static_cast<double>(i + 1), -zipf));
  std::discrete_distribution<std::size_t> key_of(weights.begin(), weights.end());
  double entropy = 0;
  for (const double p : key_of.probabilities())
    entropy -= p * std::log2(p) / 8;

  Manifest manifest;
  manifest.number = 1;
  manifest.chain = {"ORDERS", "backup", "3f9a"};
  for (std::size_t i = 0; i < keys; i++)
    manifest.lines.push_back(block_of(i, random));
  const std::size_t empty = encode(manifest).size();
  std::uint64_t sequence = 1'000'000'000;
  for (std::size_t i = 0; i < messages; i++) {
    sequence += holes != 0 && random() % holes == 0 ? 2 : 1;
    // A key's place in the manifest says nothing of how frequent it is.
    BlockLine &line = manifest.lines[key_of(random) * 7919 % keys];
    line.own.push_back(sequence);
    line.last_sequence = sequence;
  }
  const auto start = Clock::now();
  const std::string bytes = encode(manifest);
  const double encoded = milliseconds_since(start);
  const auto read = Clock::now();
  const Manifest again = decode_manifest(bytes);
  const double decoded = milliseconds_since(read);
  const double a_message = static_cast<double>(bytes.size() - empty) / static_cast<double>(messages);
  std::printf("%8zu %5.1f %6llu %9zu  %9zu %8.1f  %7.3f %7.3f %6.3f  %6.0f %6.0f\n", keys, zipf,
              static_cast<unsigned long long>(holes), messages, bytes.size(),
              static_cast<double>(empty) / static_cast<double>(keys), a_message, entropy, a_message / entropy, encoded,
              decoded);
  if (again.lines.size() != keys)
    std::exit(1);
}

} // namespace

int main(int argc, char **argv) {
  const std::size_t messages = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  std::printf("%8s %5s %6s %9s  %9s %8s  %7s %7s %6s  %6s %6s\n", "keys", "zipf", "holes", "messages", "bytes",
              "B/block", "B/msg", "entropy", "ratio", "enc ms", "dec ms");
  for (const std::size_t keys : {std::size_t{10}, std::size_t{1000}, std::size_t{100'000}})
    for (const double zipf : {0.0, 1.0, 1.2})
      measure(keys, zipf, 0, messages);
  measure(10, 0.0, 1000, messages);
  measure(10, 0.0, 10, messages);
}
