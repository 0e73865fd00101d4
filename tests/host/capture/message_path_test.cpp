#include "blocks/capture_error.hpp"
#include "host/capture/path_rig.hpp"
#include "support/cpu_time.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

Settings on_decode_error(OnDecodeError what) {
  Settings settings;
  settings.on_decode_error = what;
  return settings;
}

} // namespace

TEST_CASE("a message of one key is known by its block, and one of several keys by the committer") {
  PathRig rig;
  rig.message("a");
  rig.message("a b c");
  rig.message("a a");
  CHECK(rig.committer.told == Texts{"in several 2: 1 2 3"});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain a: 1 3 2", "drain b: 2", "drain c: 2"});
  CHECK(rig.path.figures().rows == 6);
}

TEST_CASE("a message without an item is filtered, and opens no block") {
  PathRig rig;
  rig.message("");
  CHECK(rig.committer.told == Texts{"filtered 1"});
  CHECK(rig.blocks.size() == 0);
  CHECK(rig.path.figures().filtered == 1);
}

TEST_CASE("of a message that fails at its last payload nothing stays in any block, and it is quarantined whole") {
  PathRig rig;
  rig.message("a b");
  for (const char *bad : {"a b c BAD", "a b c!bad", "c c b a!bad"})
    rig.message(bad);
  rig.message("b");
  CHECK(rig.committer.told == Texts{"in several 1: 1 2"});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain a: 1", "drain b: 5 1", "drain quarantine: 2 3 4"});
  CHECK(rig.parts().size() == 3);
  const std::string lines = bytes_of(*rig.all_sealed()[2]);
  CHECK(lines.find(R"("data":"a b c!bad")") != std::string::npos);
  CHECK(lines.find("the item is bad") != std::string::npos);
}

TEST_CASE("a quarantined block has a name that globs for data do not match, whatever its compression") {
  for (const Compression compression : {Compression::none, Compression::gzip}) {
    Settings settings;
    settings.compression = compression;
    PathRig rig(settings);
    rig.message("BAD");
    rig.blocks.seal_all(SealReason::drain);
    REQUIRE(rig.sealed() == Texts{"drain quarantine: 1"});
    const std::string name = rig.all_sealed().front()->name;
    CHECK(name.starts_with("_quarantine/"));
    CHECK(name.ends_with(compression == Compression::none ? ".quarantine" : ".quarantine.gz"));
    for (const char *const data : {".ndjson", ".csv", ".parquet"})
      CHECK(name.find(data) == std::string::npos);
  }
}

TEST_CASE(
    "of a writer without mark and rollback the host takes back the bytes of a failed message, and of one for the next "
    "block") {
  PathRig rig({}, false);
  rig.message("a");
  rig.message("a b!bad");
  rig.message("a");
  rig.message("c a!next"); // its block has lines of others
  rig.message("a d!never");
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain a: 1 3", "drain quarantine: 2 5", "drain c: 4", "drain a: 4"});
  const auto blocks = rig.all_sealed();
  const auto lines = [&](std::size_t block) {
    const std::string bytes = bytes_of(*blocks[block]);
    return std::count(bytes.begin(), bytes.end(), '\n');
  };
  CHECK(lines(0) == 2);
  CHECK(lines(2) == 1);
  CHECK(lines(3) == 1);
}

TEST_CASE(
    "a writer that fails in mark or rollback ends the capture with its name, and nothing of the block is stored") {
  for (const char *where : {"unmarked", "unrolled"}) {
    CAPTURE(where);
    PathRig rig;
    rig.message("a b");
    rig.message(std::string("a!") + where);
    std::string why;
    try {
      rig.message("b a a!bad");
    } catch (const CaptureError &error) {
      why = error.what();
    }
    CHECK(why.find("the writer fake failed in ") != std::string::npos);
    CHECK(why.find(where == std::string("unmarked") ? "mark()" : "rollback()") != std::string::npos);
    CHECK(rig.committer.told.back() == "refused 3");
    CHECK_THROWS_AS(rig.blocks.seal_all(SealReason::drain), CaptureError);
    CHECK(std::count(rig.committer.told.begin(), rig.committer.told.end(), "refused 2") == 1);
    rig.blocks.seal_all(SealReason::drain);
    CHECK(rig.sealed() == Texts{"drain b: 1"});
  }
}

TEST_CASE(
    "a payload for the next block that is not the first of its message takes all of the message into the next one") {
  PathRig rig;
  rig.message("a");
  rig.message("a b a!next");
  CHECK(rig.sealed() == Texts{"writer a: 1"});
  rig.blocks.seal_all(SealReason::drain);
  // The second time it does not fit beside the first of the same message either.
  CHECK(rig.sealed() == Texts{"drain quarantine: 2"});
}

TEST_CASE("payloads of two colours in turn go into two blocks of their key, and end neither") {
  PathRig rig;
  for (int i = 0; i < 50; i++)
    rig.message(i % 2 == 0 ? "a!red b" : "a!blue b");
  CHECK(rig.sealed().empty());
  CHECK(rig.blocks.size() == 3);
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed().size() == 3);
  const auto parts = rig.parts();
  CHECK(parts.size() == 100);
  for (const auto &[part, count] : parts)
    CHECK(count == 1);
}

TEST_CASE("a third colour ends the block of the two that was opened first, and only that one") {
  PathRig rig;
  rig.message("a!red");
  rig.message("a!blue");
  rig.message("a!red");
  rig.message("a!green");
  CHECK(rig.sealed() == Texts{"writer a: 1 3"});
  rig.message("a!blue");
  rig.message("a!green");
  CHECK(rig.sealed().empty());
  rig.message("a!red");
  CHECK(rig.sealed() == Texts{"writer a: 2 5"});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.parts().size() == 7);
}

TEST_CASE("what a message has for one key stays together in one of its blocks, or goes to quarantine") {
  PathRig rig;
  rig.message("a!red");
  rig.message("a!blue");
  rig.message("a a!red"); // the newest block takes its first payload, and not the second
  CHECK(rig.sealed() == Texts{"writer a: 2"});
  rig.message("a!blue a!blue");
  CHECK(rig.sealed().empty());
  rig.message("a!red a!blue"); // fits into no block
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.committer.told.empty());
  const auto parts = rig.parts();
  for (const std::uint64_t sequence : {1, 2, 3, 4})
    CHECK(std::count_if(parts.begin(), parts.end(),
                        [&](const auto &part) { return std::get<0>(part.first) == sequence; }) == 1);
  CHECK(std::none_of(parts.begin(), parts.end(), [](const auto &part) { return std::get<0>(part.first) == 5; }));
}

TEST_CASE("a message that is taken back leaves both blocks of its key as they were") {
  PathRig rig;
  rig.message("a!red");
  rig.message("a!blue");
  rig.message("a!red b!bad");  // into the one that was put aside, and back
  rig.message("a!blue b!bad"); // into the newer one, and back
  rig.message("c!red");
  rig.message("c!blue b!bad"); // into a new one, which goes with it
  CHECK(rig.blocks.size() == 4);
  rig.message("a!red");
  rig.message("a!blue");
  rig.message("c!blue");
  rig.message("c!red");
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() ==
        Texts{"drain a: 1 7", "drain a: 2 8", "drain quarantine: 3 4 6", "drain c: 5 10", "drain c: 9"});
}

TEST_CASE("each of two blocks of a key ends by its own messages, and the other one stays") {
  Settings settings;
  settings.max_messages = 2;
  PathRig rig(settings);
  rig.message("a!red");
  rig.message("a!blue");
  rig.message("a!red");
  CHECK(rig.sealed() == Texts{"messages a: 1 3"});
  rig.message("a!red");
  CHECK(rig.sealed().empty());
  rig.message("a!blue");
  CHECK(rig.sealed() == Texts{"messages a: 2 5"});
  rig.pass(settings.max_age * 2);
  CHECK(rig.sealed() == Texts{"age a: 4"});
  CHECK(rig.blocks.size() == 0);
}

TEST_CASE("whatever the order of colours, keys, failures and ends, each message is stored once, one key in one block") {
  constexpr const char *colours[] = {"", "!red", "!blue", "!green"};
  for (std::uint64_t seed = 1; seed <= 200; seed++) {
    std::mt19937_64 random(seed);
    Settings settings;
    settings.max_messages = 1 + random() % 20;
    PathRig rig(settings);
    std::map<std::uint64_t, std::set<std::string>> wanted;
    std::uint32_t generation = 0;
    for (std::uint64_t sequence = 1; sequence <= 200; sequence++) {
      std::string data;
      std::map<std::string, std::string> colour_of;
      for (auto items = random() % 4; items > 0; items--) {
        const std::string key(1, static_cast<char>('a' + random() % 3));
        const auto colour = colour_of.emplace(key, colours[random() % std::size(colours)]).first->second;
        data.append(key).append(colour).append(" ");
      }
      const bool bad = random() % 10 == 0;
      data += bad ? "z!bad" : "";
      generation += random() % 100 == 0 ? 1 : 0;
      rig.message(data, {}, Era{.generation = generation});
      for (const auto &[key, colour] : colour_of)
        if (!bad)
          wanted[sequence].insert(key);
      CHECK(rig.blocks.size() <= 7); // two for each key, and the quarantine
      if (random() % 30 == 0)
        rig.blocks.seal_largest(1 + random() % 20, SealReason::memory);
    }
    rig.blocks.seal_all(SealReason::drain);
    CHECK(rig.blocks.messages() == 0);
    std::map<std::uint64_t, std::map<std::string, std::size_t>> blocks_with;
    for (const auto &block : rig.all_sealed()) {
      std::set<std::pair<std::uint64_t, std::string>> here;
      if (!block->place.quarantine)
        for (const auto &[sequence, timestamp, key] : parts_of(bytes_of(*block)))
          here.insert({sequence, key});
      std::set<std::uint64_t> sequences, listed;
      for (const auto &[sequence, key] : here) {
        sequences.insert(sequence);
        blocks_with[sequence][key]++;
      }
      const auto list = [&](std::uint64_t sequence) { listed.insert(sequence); };
      block->own.for_each(list);
      block->shared.for_each(list);
      CHECK((block->place.quarantine || listed == sequences));
    }
    CHECK_MESSAGE(blocks_with.size() == wanted.size(), seed);
    for (const auto &[sequence, keys] : wanted) {
      CHECK(blocks_with[sequence].size() == keys.size());
      for (const auto &[key, blocks] : blocks_with[sequence])
        CHECK_MESSAGE(blocks == 1, seed, " message ", sequence);
    }
  }
}

TEST_CASE("a message of another generation ends both blocks of its key") {
  PathRig rig;
  rig.message("a!red");
  rig.message("a!blue");
  rig.message("a!red", {}, Era{.generation = 1});
  CHECK(rig.sealed() == Texts{"stream_reset a: 1", "stream_reset a: 2"});
  CHECK(rig.blocks.size() == 1);
}

TEST_CASE("a payload for an empty block gets one, and its message goes into blocks once") {
  PathRig rig;
  rig.message("a b");
  rig.message("a b!next c");
  CHECK(rig.sealed().empty());
  rig.message("a b!next");
  CHECK(rig.sealed() == Texts{"writer b: 1"});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain a: 1 2 3", "drain b: 2", "drain c: 2", "drain b: 3"});
  const auto parts = rig.parts();
  CHECK(parts.size() == 7);
  for (const auto &[part, count] : parts)
    CHECK(count == 1);
}

TEST_CASE("a message may end several full blocks, one after another") {
  PathRig rig;
  rig.message("a b");
  rig.message("a!next b!next");
  rig.message("a!next b!next");
  CHECK(rig.sealed() == Texts{"writer a: 1", "writer b: 1"});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.parts().size() == 6);
}

TEST_CASE("a message that is bad ends no block that is too full for one of its payloads") {
  PathRig rig;
  rig.message("a");
  rig.message("a!next");
  rig.message("a!next b!bad");
  rig.message("a!next c!never");
  CHECK(rig.sealed().empty());
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain a: 1", "drain a: 2", "drain quarantine: 3 4"});
}

TEST_CASE("a payload that fits into no block sends its message to quarantine, and leaves no empty block") {
  PathRig rig;
  rig.message("a");
  rig.message("a!never");
  rig.message("b!never");
  rig.message("c c!next"); // the second would need a block of its own
  rig.blocks.seal_all(SealReason::drain);
  const Texts sealed = rig.sealed();
  CHECK(sealed == Texts{"drain a: 1", "drain quarantine: 2 3 4"});
  CHECK(bytes_of(*rig.all_sealed()[1]).find("it does not fit into a block of its own") != std::string::npos);
  CHECK(rig.blocks.size() == 0);
  CHECK(rig.blocks.messages() == 0);
}

TEST_CASE("a bad message is terminated where that is wanted, and nothing of it is stored") {
  PathRig rig(on_decode_error(OnDecodeError::term));
  rig.message("a BAD");
  rig.message("a");
  CHECK(rig.committer.told == Texts{"terminated 1"});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain a: 2"});
}

TEST_CASE("a bad message stops the capture where that is wanted, and goes back to the stream") {
  PathRig rig(on_decode_error(OnDecodeError::stop));
  rig.message("a");
  CHECK_THROWS_AS(rig.message("a b BAD"), CaptureError);
  CHECK(rig.committer.told == Texts{"refused 2"});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain a: 1"});
  CHECK(rig.parts().size() == 1);
}

TEST_CASE("a decoder that can't go on ends the capture, and its message goes back to the stream") {
  PathRig rig;
  CHECK_THROWS_AS(rig.message("a FATAL"), CaptureError);
  CHECK(rig.committer.told == Texts{"refused 1"});
  CHECK(rig.blocks.size() == 0);
}

TEST_CASE("a part that an earlier run has stored is not written again") {
  PathRig rig;
  rig.committer.stored_parts = {{1, "a"}, {2, "a"}, {2, "b"}};
  rig.message("a b");
  rig.message("a b");
  CHECK(rig.committer.told == Texts{"already stored 2"});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain b: 1"});
}

TEST_CASE(
    "a message whose decoder or writer asks to wait leaves nothing in a block, and is written once when it is taken "
    "again") {
  for (const char *data : {"a LATER b", "a b!later"}) {
    CAPTURE(data);
    PathRig rig;
    rig.message("a");
    ask_to_wait(2);
    CHECK_FALSE(rig.message(data));
    CHECK(rig.blocks.messages() == 1);
    CHECK(rig.blocks.size() == 1);
    const auto wait = rig.counters.waits.longest();
    REQUIRE(wait);
    CHECK(wait->sequence == 2);
    CHECK(wait->stage == (std::string_view(data).ends_with("later") ? "writer fake" : "decoder fake"));
    CHECK_FALSE(rig.again());
    CHECK(rig.again());
    CHECK_FALSE(rig.counters.waits.any());
    rig.blocks.seal_all(SealReason::drain);
    CHECK(rig.sealed() == Texts{"drain a: 1 2", "drain b: 2"});
    CHECK(rig.parts().size() == 3);
    CHECK(rig.path.figures().routed == 2);
    CHECK(rig.path.figures().bad == 0);
  }
}

TEST_CASE("of the wait for a stage one line tells the beginning and one the end") {
  PathRig rig;
  ask_to_wait(5);
  bool taken = rig.message("LATER a");
  while (!taken)
    taken = rig.again();
  const auto lines = rig.log.recent();
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().find("decoder fake") != std::string::npos);
  CHECK(lines.front().find("the registry does not answer") != std::string::npos);
}

TEST_CASE("a message that waits no more goes back to the stream") {
  PathRig rig;
  ask_to_wait(1);
  REQUIRE_FALSE(rig.message("a LATER"));
  rig.give_up();
  CHECK(rig.committer.told == Texts{"refused 1"});
  CHECK_FALSE(rig.counters.waits.any());
  CHECK(rig.blocks.size() == 0);
}

TEST_CASE("the cost of a message with many keys grows with their number, not with its square") {
  CHECK(grows_with_its_size(25'000, [](std::size_t keys) {
    std::string data;
    for (std::size_t i = 0; i < keys; i++)
      data += std::to_string(i) + " ";
    PathRig rig;
    rig.message(data);
    rig.message(data + "x!bad");
    rig.blocks.seal_all(SealReason::drain);
    CHECK(rig.all_sealed().size() == keys + 1);
  }));
}

TEST_CASE(
    "the cost of a message that finds the blocks of many keys full grows with their number, not with its square") {
  CHECK(grows_with_its_size(4'000, [](std::size_t keys) {
    PathRig rig;
    for (const char *colour : {"!red ", "!blue ", "!green "}) {
      std::string data;
      for (std::size_t i = 0; i < keys; i++)
        data += std::to_string(i) + colour;
      rig.message(data);
    }
    CHECK(rig.sealed().size() == keys);
    rig.blocks.seal_all(SealReason::drain);
    CHECK(rig.parts().size() == 3 * keys);
  }));
}
