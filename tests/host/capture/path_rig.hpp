// The way of messages into blocks, up to the seal: a message path and open blocks with fake stages, a committer that
// keeps what it is told, and a clock that the test moves.
#pragma once

#include "capture/message_path.hpp"
#include "host/core/fake_clock.hpp"
#include "host/core/fake_stages.hpp"
#include "support/folder.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::test {

using Texts = std::vector<std::string>;

// What became of each message, as its path told.
struct ToldCommitter final : host::Committer {
  void begins(std::uint64_t, std::uint64_t) override {}
  std::optional<host::Era> admit(const jetcapture_message &) override { return host::Era{}; }
  void filtered(std::uint64_t sequence, host::Era) override { told.push_back("filtered " + std::to_string(sequence)); }
  void already_stored(std::uint64_t sequence, host::Era) override {
    told.push_back("already stored " + std::to_string(sequence));
  }
  void terminated(std::uint64_t sequence, host::Era) override {
    told.push_back("terminated " + std::to_string(sequence));
  }
  void refused(std::uint64_t sequence) override { told.push_back("refused " + std::to_string(sequence)); }
  void in_several(std::uint64_t sequence, std::vector<std::uint64_t> blocks) override {
    std::string text = "in several " + std::to_string(sequence) + ":";
    for (const std::uint64_t block : blocks)
      text += " " + std::to_string(block);
    told.push_back(std::move(text));
  }
  bool part_is_stored(const jetcapture_message &message, std::int64_t, std::string_view key) override {
    return stored_parts.contains({message.stream_sequence, std::string(key.substr(sizeof(std::uint32_t)))});
  }
  void before_store(const host::SealedBlock &) override {}
  void stored(const host::SealedBlock &) override {}

  Texts told;
  std::set<std::pair<std::uint64_t, std::string>> stored_parts; // by sequence and key
};

class PathRig {
public:
  explicit PathRig(host::Settings given = {}, bool can_roll_back = true);

  // A message comes whose timestamp is so long after the clock's beginning; its sequence is the next one. False: its
  // stage asks to wait.
  bool message(std::string_view data, std::chrono::nanoseconds after = {}, host::Era era = {}) {
    return message_at(data, begin + after.count(), era);
  }
  bool message_at(std::string_view data, std::int64_t timestamp, host::Era era = {});
  // The last message once more, which waits for its stage; or no more.
  bool again() { return path.take(last_, {}); }
  void give_up() { path.wait_no_more(last_); }
  // The clock goes on, and what is due ends.
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    blocks.seal_due();
  }
  // Of the blocks that were sealed since it was asked last, in their order: "interval a: 1 2", of reason, key,
  // sequences.
  Texts sealed();
  // All blocks sealed so far, whole.
  std::vector<std::shared_ptr<host::SealedBlock>> all_sealed();
  // The bytes of all of them that are not quarantined. Checks that each says truly how many lines it has.
  std::map<StoredPart, std::size_t> parts();

  const host::Settings settings;
  FakeClock clock;
  const std::int64_t begin = clock.wall();
  ToldCommitter committer;
  host::Log log;
  host::Counters counters;
  host::MemoryMeter meter{settings.memory_limit};

private:
  Folder folder_;

public:
  host::Spool spool{folder_.path(), settings.spool_limit};

private:
  std::atomic<bool> cancelled_ = false;
  const host::Decoder decoder_;
  const host::Writer writer_;
  std::mutex mutex_; // of what follows
  std::condition_variable came_;
  std::vector<std::shared_ptr<host::SealedBlock>> sealed_;
  std::size_t told_ = 0;

public:
  host::Compressors compressors{host::Compression::none, -1, 1, meter};
  host::OpenBlocks blocks;

private:
  host::LineLimit lines_{10, std::chrono::seconds(10)};

public:
  host::MessagePath path;

private:
  std::uint64_t sequence_ = 0;
  std::string data_; // of the last message
  jetcapture_message last_{};
};

std::string bytes_of(const host::SealedBlock &block);

} // namespace jetcapture::test
