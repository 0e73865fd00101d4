#include "support/backup.hpp"

#include "blocks/destination_key.hpp"
#include "support/folder.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <openssl/sha.h>

namespace jetcapture::test {

using namespace host;

namespace {

constexpr std::int64_t start = 1'764'000'000'000'000'000; // 2025-11-24T16:00:00Z
constexpr std::int64_t interval_length = 900'000'000'000;

Sha256 sha256(const std::string &bytes) {
  Sha256 hash{};
  ::SHA256(reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size(), hash.data());
  return hash;
}

std::string encoded(const std::string &part) {
  std::string key;
  const jetcapture_text text = {part.data(), part.size()};
  encode_key(&text, 1, key);
  return key;
}

} // namespace

BackupChain::BackupChain(ChainName name, Put put) : put_(std::move(put)) {
  header.chain = std::move(name);
  header.stream_created = "2025-11-24T16:00:00Z";
  header.run = header.chain.host;
  header.program = "jetcapture test";
}

BlockLine BackupChain::block(const std::string &key, std::vector<std::uint64_t> own, int interval,
                             std::vector<SharedMessage> shared) {
  BlockLine line;
  line.own = std::move(own);
  line.shared = std::move(shared);
  line.first_sequence = UINT64_MAX;
  const auto include = [&](std::uint64_t sequence) {
    line.first_sequence = std::min(line.first_sequence, sequence);
    line.last_sequence = std::max(line.last_sequence, sequence);
  };
  for (const std::uint64_t sequence : line.own)
    include(sequence);
  for (const SharedMessage &message : line.shared)
    include(message.sequence);
  line.place = {start + interval * interval_length, false, encoded(key)};
  line.first_timestamp = line.place.interval_start;
  line.last_timestamp = line.last_sequence_timestamp = line.place.interval_start + interval_length - 1;
  line.payloads = line.messages();
  line.reason = "interval";
  char name[200];
  std::snprintf(name, sizeof name, "%s/%04d/%s-%012llu-%012llu-%s%06llu.ndjson", key.c_str(), interval,
                header.chain.stream.c_str(), static_cast<unsigned long long>(line.first_sequence),
                static_cast<unsigned long long>(line.last_sequence), header.run.c_str(),
                static_cast<unsigned long long>(++blocks_));
  line.name = name;
  const std::string bytes = bytes_of(line);
  line.bytes = line.written_bytes = bytes.size();
  line.sha256 = sha256(bytes);
  return line;
}

std::string BackupChain::bytes_of(const BlockLine &line) {
  return line.name + ": " + std::to_string(line.messages()) + " messages\n";
}

void BackupChain::store(const BlockLine &line) const {
  put_(line.name, bytes_of(line));
}

std::uint64_t BackupChain::write(Manifest what) {
  header.number++;
  header.first_sequence = 0;
  header.last_sequence = 0;
  for (const BlockLine &line : what.lines) {
    header.first_sequence =
        header.first_sequence == 0 ? line.first_sequence : std::min(header.first_sequence, line.first_sequence);
    header.last_sequence = std::max(header.last_sequence, line.last_sequence);
  }
  header.highest_sequence = std::max(header.highest_sequence, header.last_sequence);
  static_cast<ManifestHeader &>(what) = header;
  what.kind = header.number == 1 ? ManifestHeader::Kind::start : ManifestHeader::Kind::commit;
  const std::string bytes = encode(what);
  header.previous = sha256(bytes);
  last_name_ = name_of(header.chain, header.number);
  put_(last_name_, bytes);
  return header.number;
}

void BackupChain::write_and_store(const std::vector<BlockLine> &lines) {
  const std::uint64_t number = write(manifest_of(lines));
  for (const BlockLine &line : lines)
    store(line);
  Manifest declaring;
  declaring.done = {{number, 0, static_cast<std::uint32_t>(lines.size() - 1)}};
  write(declaring);
}

Manifest manifest_of(std::vector<BlockLine> lines) {
  Manifest manifest;
  manifest.lines = std::move(lines);
  return manifest;
}

BackupChain::Put into_folder(const std::string &folder) {
  return [folder](const std::string &name, const std::string &bytes) {
    const std::filesystem::path file = std::filesystem::path(folder) / name;
    std::filesystem::create_directories(file.parent_path());
    write_file(file, bytes);
  };
}

} // namespace jetcapture::test
