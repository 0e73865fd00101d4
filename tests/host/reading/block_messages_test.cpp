#include "reading/block_messages.hpp"
#include "reading/reading_error.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

std::vector<std::uint64_t> sequences_of(BlockMessages &messages, std::size_t ahead = 0) {
  std::vector<std::uint64_t> sequences;
  std::string kept;
  while (messages.has_next()) {
    const std::uint64_t sequence = messages.sequence();
    const WholeMessage message = messages.take(kept, ahead);
    CHECK(message.sequence == sequence);
    CHECK(message.data == "data of " + std::to_string(sequence) + std::string(sequence % 100 * 200, 'x'));
    CHECK(message.subject == "s");
    CHECK(message.headers == (sequence % 2 == 0 ? "NATS/1.0\r\n\r\n" : ""));
    sequences.push_back(sequence);
  }
  return sequences;
}

void add(BlockMessages &messages, std::uint64_t sequence) {
  const std::string data = "data of " + std::to_string(sequence) + std::string(sequence % 100 * 200, 'x');
  messages.add({sequence, 0, "s", sequence % 2 == 0 ? "NATS/1.0\r\n\r\n" : "", data});
}

} // namespace

TEST_CASE("the messages of a block come in the order of their sequences, in whatever order they were added") {
  const Folder folder;
  Spool spool(folder.path(), 0);
  std::vector<std::uint64_t> sequences;
  for (std::uint64_t i = 1; i <= 1000; i++)
    sequences.push_back(i);
  for (const bool shuffled : {false, true}) {
    if (shuffled)
      std::shuffle(sequences.begin(), sequences.end(), std::mt19937(1));
    BlockMessages messages(spool);
    for (const std::uint64_t sequence : sequences)
      add(messages, sequence);
    messages.end();
    const std::vector<std::uint64_t> given = sequences_of(messages);
    CHECK(given.size() == 1000);
    CHECK(std::is_sorted(given.begin(), given.end()));
  }
  CHECK(spool.used() == 0);
}

TEST_CASE("messages are whole however much is read ahead of them") {
  const Folder folder;
  Spool spool(folder.path(), 0);
  for (const std::size_t ahead : {1u, 60u, 300u, 5000u, 64u << 10, 100u << 20}) {
    CAPTURE(ahead);
    BlockMessages messages(spool);
    for (std::uint64_t sequence = 1; sequence <= 300; sequence++)
      add(messages, sequence);
    messages.end();
    CHECK(sequences_of(messages, ahead).size() == 300);
  }
}

TEST_CASE("the last message of a block outlives it") {
  const Folder folder;
  Spool spool(folder.path(), 0);
  for (const std::size_t ahead : {std::size_t{0}, std::size_t{64} << 10}) {
    std::string kept;
    WholeMessage message{};
    {
      BlockMessages messages(spool);
      messages.add({1, 0, "s", "", "x"});
      messages.end();
      message = messages.take(kept, ahead);
    }
    CHECK(message.subject == "s");
    CHECK(message.data == "x");
  }
}

TEST_CASE("a block without messages has none") {
  const Folder folder;
  Spool spool(folder.path(), 0);
  BlockMessages messages(spool);
  messages.end();
  CHECK_FALSE(messages.has_next());
}

TEST_CASE("where the disk is full, reading ends with a sentence that names the fix") {
  const Folder folder;
  Spool spool(folder.path(), 1);
  BlockMessages messages(spool);
  add(messages, 1);
  CHECK_THROWS_WITH_AS(messages.end(),
                       "messages can't be kept on disk (the spool limit is reached); set TMPDIR to a folder with more "
                       "room, or read a shorter range",
                       ReadingError);
}
