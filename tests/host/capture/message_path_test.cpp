#include "blocks/capture_error.hpp"
#include "host/capture/path_rig.hpp"

#include <doctest/doctest.h>

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

TEST_CASE("what a writer that can't take back wrote of a failed message stays, and the message is quarantined too") {
  PathRig rig({}, false);
  rig.message("a b!bad");
  rig.message("a");
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain a: 2", "drain quarantine: 1"});
  CHECK(rig.parts().size() == 2);
}

TEST_CASE("a payload for the next block ends the block that was full, and its message goes into blocks once") {
  PathRig rig;
  rig.message("a b");
  rig.message("a b!next c");
  CHECK(rig.sealed() == Texts{"writer b: 1"});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain a: 1 2", "drain b: 2", "drain c: 2"});
  const auto parts = rig.parts();
  CHECK(parts.size() == 5);
  for (const auto &[part, count] : parts)
    CHECK(count == 1);
}

TEST_CASE("a message may end several full blocks, one after another") {
  PathRig rig;
  rig.message("a b");
  rig.message("a!next b!next");
  CHECK(rig.sealed() == Texts{"writer a: 1", "writer b: 1"});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.parts().size() == 4);
}

TEST_CASE("a payload that fits into no block sends its message to quarantine, and leaves no empty block") {
  PathRig rig;
  rig.message("a");
  rig.message("a!never");
  rig.message("b!never");
  rig.message("c c!next"); // the second would need a block of its own
  rig.blocks.seal_all(SealReason::drain);
  const Texts sealed = rig.sealed();
  CHECK(sealed == Texts{"writer a: 1", "drain quarantine: 2 3 4"});
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
