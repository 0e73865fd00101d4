#include "audit/proven.hpp"
#include "host/audit/audited.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

using Runs = std::vector<SequenceRun>;

// Three blocks of 10 messages in the chain of a host, and the chain of the commands.
struct Retiring : AuditedStore {
  BackupChain writer = chain();
  BackupChain commands = chain(std::string(commands_chain));
  std::vector<BlockLine> lines;

  Retiring() {
    for (const std::uint64_t first : {1, 11, 21})
      lines.push_back(writer.block("eu", from_to(first, first + 9), static_cast<int>(first / 10)));
    writer.write_and_store(lines);
  }
  void retire(std::uint32_t first, std::uint32_t last) {
    Manifest retiring;
    retiring.retired = {{"3f9a", {{1, first, last}}}};
    commands.write(retiring);
  }
  Proof prove() const {
    return jetcapture::host::prove(reader, {.stream = "ORDERS",
                                            .consumer = "backup",
                                            .stream_created = writer.header.stream_created,
                                            .last = 30,
                                            .compare = [](const StoredMessage &) { return SameMessage::same; },
                                            .threads = 2});
  }
};

} // namespace

TEST_CASE("a block that is retired is in order though its object is gone, and its messages are recorded") {
  Retiring store;
  store.retire(0, 1);
  StoreCheck check = store.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.findings.count("retired_object") == 2);
  store.store.objects.erase(store.lines[0].name);
  store.store.objects.erase(store.lines[1].name);
  check = store.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.findings.kept().empty());
  CHECK(check.retired == 2);
  CHECK(check.done == 1);
  CHECK(check.messages == 10);
  CHECK(check.recorded.front().missing(1, 30).empty());
  // Without that it is damage.
  store.store.objects.erase(store.lines[2].name);
  CHECK(only(store.check().findings, "object_missing").name == store.lines[2].name);
}

TEST_CASE("a block that is retired while the store is being checked is no damage") {
  for (const bool proving : {false, true}) {
    Retiring store;
    bool retired = false;
    store.store.on_stat = [&](std::string_view name) {
      if (name != store.lines[1].name || retired)
        return;
      retired = true;
      store.retire(1, 1);
      store.store.objects.erase(store.lines[1].name);
    };
    const Findings findings = proving ? store.prove().findings : store.check().findings;
    CHECK(retired);
    CHECK(findings.verdict() == Verdict::good);
  }
}

TEST_CASE("a block that is retired proves nothing to a purge, and only done blocks are retired") {
  Retiring store;
  store.retire(1, 1);
  Proof proof = store.prove();
  CHECK(proof.stored == Runs{{1, 10}, {21, 30}});
  CHECK(proof.findings.verdict() == Verdict::good);
  // A void line is void, whatever a retirement says of it.
  const BlockLine lost = store.writer.block("us", {31});
  const std::uint64_t number = store.writer.write(manifest_of({lost}));
  Manifest voiding;
  voiding.voided = {{number, 0, 0}};
  store.writer.write(voiding);
  Manifest retiring;
  retiring.retired = {{"3f9a", {{number, 0, 0}}}};
  store.commands.write(retiring);
  const StoreCheck check = store.check();
  CHECK(check.voided == 1);
  CHECK(check.retired == 1);
}

TEST_CASE("the only copy of messages in an object that does not count is given with them") {
  Retiring store;
  const BlockLine lost = store.writer.block("eu", from_to(25, 40), 3);
  const std::uint64_t number = store.writer.write(manifest_of({lost}));
  Manifest voiding;
  voiding.voided = {{number, 0, 0}};
  store.writer.write(voiding);
  CHECK(store.check().only_copies.empty());
  store.writer.store(lost);
  StoreCheck check = store.check();
  REQUIRE(check.only_copies.size() == 1);
  CHECK(check.only_copies[0].line.name == lost.name);
  CHECK(check.only_copies[0].only == Runs{{31, 40}});
  CHECK(check.only_copies[0].header.number == number);
  CHECK(check.newest[{"ORDERS", "backup"}].number == number + 1);
  CHECK(check.spare.empty());
  // Messages of retired blocks are not wanted.
  const std::vector<BlockLine> rest = {store.writer.block("eu", from_to(31, 40), 4)};
  store.writer.write_and_store(rest);
  check = store.check();
  CHECK(check.only_copies.empty());
  CHECK(check.spare == std::vector<std::string>{lost.name});
}
