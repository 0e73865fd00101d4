// Writes a backup that no host captured: blocks of a few bytes and their manifests, to see how the commands that read
// one fare with many. Arguments: FOLDER, messages [10000000], blocks [10000], manifests [100], keys [100], "whole":
// the blocks have their messages, of some 200 bytes in a stream, so that it can be restored.
#include "blocks/sha256.hpp"
#include "log/time_text.hpp"
#include "support/backup.hpp"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace jetcapture;

std::uint64_t number(int argc, char **argv, int place, std::uint64_t otherwise) {
  return argc > place ? std::strtoull(argv[place], nullptr, 10) : otherwise;
}

// As the writer ndjson writes it.
std::string whole_message(std::uint64_t sequence) {
  constexpr std::int64_t start = 1'764'000'000'000'000'000;
  const std::string number = std::to_string(sequence);
  return R"({"subject":"orders.k)" + std::to_string(sequence % 100) + R"(","stream":"ORDERS","sequence":)" + number +
         R"(,"timestamp":")" + host::time_text(start + static_cast<std::int64_t>(sequence) * 1'000'000) +
         R"(","data":")" + std::string(180, 'x') + number + "\"}\n";
}

std::string whole_messages(host::BlockLine &line) {
  std::string text;
  for (const std::uint64_t sequence : line.own)
    text += whole_message(sequence);
  line.bytes = line.written_bytes = text.size();
  line.sha256 = host::sha256_of(text);
  return text;
}

// What the blocks of a capture of whole messages are.
void be_whole(host::ManifestHeader &header) {
  header.decoder = {"message", ""};
  header.writer = {"ndjson", ""};
  header.compression = {"none", ""};
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 2) {
    std::fputs("usage: make_backup FOLDER [MESSAGES [BLOCKS [MANIFESTS [KEYS [whole]]]]]\n", stderr);
    return 2;
  }
  const std::uint64_t messages = number(argc, argv, 2, 10'000'000);
  const std::uint64_t blocks = number(argc, argv, 3, 10'000);
  const std::uint64_t manifests = number(argc, argv, 4, 100);
  const std::uint64_t keys = number(argc, argv, 5, 100);
  const auto put = test::into_folder(argv[1]);
  test::BackupChain chain({"ORDERS", "backup", "3f9a"}, put);
  const bool whole = argc > 6 && argv[6] == std::string_view("whole");
  if (whole)
    be_whole(chain.header);
  std::mt19937_64 random(7);
  std::uint64_t sequence = 0;
  std::uint32_t lines_before = 0;
  for (std::uint64_t i = 0; i < manifests; i++) {
    const std::uint64_t lines = blocks * (i + 1) / manifests - blocks * i / manifests;
    std::vector<std::vector<std::uint64_t>> own(lines);
    for (const std::uint64_t end = messages * (i + 1) / manifests; sequence < end && lines > 0;)
      own[random() % lines].push_back(++sequence);
    host::Manifest manifest;
    if (whole)
      manifest.configurations = {{"stream", "ORDERS", R"({"name":"ORDERS","subjects":["orders.>"]})"}};
    for (std::uint64_t line = 0; line < lines; line++) {
      if (own[line].empty())
        continue;
      manifest.lines.push_back(
          chain.block("k" + std::to_string(line % keys), std::move(own[line]), static_cast<int>(i)));
      if (whole)
        put(manifest.lines.back().name, whole_messages(manifest.lines.back()));
    }
    if (lines_before > 0)
      manifest.done = {{i, 0, lines_before - 1}};
    lines_before = static_cast<std::uint32_t>(manifest.lines.size());
    chain.write(manifest);
    for (const host::BlockLine &line : manifest.lines)
      if (!whole)
        chain.store(line);
  }
}
