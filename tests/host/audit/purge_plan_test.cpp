#include "audit/purge_plan.hpp"
#include "host/audit/audited.hpp"
#include "ledger/sequence_runs.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

using Runs = std::vector<SequenceRun>;

constexpr std::int64_t interval = 900'000'000'000;

// Messages 1 to 100 of ORDERS in four blocks of 25, one an interval; all are acked.
struct Purgeable : AuditedStore {
  BackupChain writer = chain();
  std::vector<BlockLine> lines;
  PurgeQuestion question;
  ProofOptions options{.stream = "ORDERS",
                       .consumer = "backup",
                       .stream_created = writer.header.stream_created,
                       .compare = [](const StoredMessage &) { return SameMessage::same; },
                       .threads = 2};
  Runs gone;                            // from the stream
  std::map<std::string, Runs> subjects; // which of its messages a filter lets through
  Proof proof;

  Purgeable() {
    for (int i = 0; i < 4; i++)
      lines.push_back(writer.block(
          "eu", from_to(25 * static_cast<std::uint64_t>(i) + 1, 25 * static_cast<std::uint64_t>(i) + 25), i));
    question.stream = "ORDERS";
    question.bounds = {{100, "the stream ended"}};
    question.present = [this](const std::string &filter, const Runs &within) {
      std::vector<std::uint64_t> there;
      for (const SequenceRun &run : without(within, gone))
        for (std::uint64_t sequence = run.first; sequence <= run.last; sequence++)
          if (filter.empty() || !between(subjects[filter], sequence, sequence).empty())
            there.push_back(sequence);
      return there;
    };
  }
  void store_all() { writer.write_and_store(lines); }
  PurgePlan plan() {
    options.first = question.first;
    options.last = question.last();
    proof = prove(reader, options);
    return plan_purge(question, proof);
  }
};

} // namespace

TEST_CASE("a purge goes up to what is proven and acked, and says what bounds it") {
  Purgeable stream;
  stream.store_all();
  PurgePlan plan = stream.plan();
  CHECK(plan.removes());
  CHECK(plan.last == 100);
  CHECK(plan.messages == 100);
  CHECK(plan.blocks == 4);
  CHECK(plan.bounds.front().why == "the stream ended");
  CHECK(stream.proof.findings.verdict() == Verdict::good);

  stream.question.bounds.push_back({60, "another consumer"});
  plan = stream.plan();
  CHECK(plan.last == 60);
  CHECK(plan.messages == 60);
  CHECK(plan.blocks == 3);
  CHECK(plan.newest.sequence == 50);
  CHECK(plan.bounds.front().why == "another consumer");

  stream.question.bounds.push_back({0, "a consumer that begins"});
  CHECK_FALSE(stream.plan().removes());
}

TEST_CASE("a purge with a time to keep ends before the first block with a message of that time") {
  Purgeable stream;
  stream.store_all();
  stream.question.keep_from = stream.lines[2].first_timestamp;
  CHECK(stream.plan().last == 50);
  // The last message of the second block is of that time.
  stream.question.keep_from = stream.lines[1].last_timestamp;
  CHECK(stream.plan().last == 25);
  stream.question.keep_from = stream.lines[3].last_timestamp + interval;
  CHECK(stream.plan().last == 100);
  stream.question.keep_from = 0;
  CHECK_FALSE(stream.plan().removes());
}

TEST_CASE("a purge ends before the first sequence that is neither in a block nor recorded") {
  Purgeable stream;
  stream.writer.write_and_store({stream.lines[0], stream.lines[2], stream.lines[3]});
  PurgePlan plan = stream.plan();
  CHECK(plan.removes());
  CHECK(plan.last == 25);
  CHECK(plan.bounds.front().why.starts_with("sequence 26 is in no block that is proven"));
  CHECK(only(stream.proof.findings, "missing").sequences == Runs{{26, 50}});

  Manifest absent;
  absent.absent = {{26, 50}};
  stream.gone = {{26, 50}};
  stream.writer.write(absent);
  CHECK(stream.plan().last == 100);
  CHECK(stream.proof.findings.verdict() == Verdict::good);
}

TEST_CASE("a gap that nobody recorded ends a purge, and could not be told") {
  Purgeable stream;
  stream.writer.write_and_store({stream.lines[0], stream.lines[2], stream.lines[3]});
  stream.gone = {{26, 50}};
  const PurgePlan plan = stream.plan();
  CHECK(plan.last == 25);
  CHECK(only(stream.proof.findings, "gap").sequences == Runs{{26, 50}});
  CHECK(stream.proof.findings.verdict() == Verdict::unknown);
}

TEST_CASE("a message of which a part is in no block that is proven ends a purge") {
  Purgeable stream;
  BlockLine half = stream.writer.block("us", {}, 0, {{26, 2}});
  BlockLine rest = stream.writer.block("eu", from_to(27, 100), 1, {{26, 2}});
  stream.writer.write_and_store({stream.lines[0], rest});
  CHECK(stream.plan().last == 25);
  stream.writer.write_and_store({half});
  CHECK(stream.plan().last == 100);
}

TEST_CASE("a purge removes nothing while an object in its range is damaged, missing or can't be read") {
  for (const char *damage : {"object_differs", "object_missing", "object_unknown"}) {
    CAPTURE(damage);
    Purgeable stream;
    stream.store_all();
    const std::string name = stream.lines[2].name;
    if (damage == std::string("object_differs"))
      stream.store.objects[name].back() = 'x';
    else if (damage == std::string("object_missing"))
      stream.store.objects.erase(name);
    else
      stream.store.unreadable = name;
    const PurgePlan plan = stream.plan();
    CHECK_FALSE(plan.removes());
    CHECK(plan.last == 50);
    CHECK(only(stream.proof.findings, damage).name == name);
    // What lies behind the range does not matter.
    stream.question.bounds.push_back({50, "--up-to 50"});
    CHECK(stream.plan().removes());
    CHECK(stream.proof.findings.verdict() == Verdict::good);
  }
}

TEST_CASE("where the service keeps no hash a purge reads the bytes") {
  Purgeable stream;
  stream.store_all();
  stream.store.hash_source = JETCAPTURE_HASH_CLAIMED;
  CHECK(stream.plan().last == 100);
  stream.store.objects[stream.lines[3].name].back() = 'x';
  CHECK_FALSE(stream.plan().removes());
}

TEST_CASE("a purge removes nothing while a manifest is missing") {
  Purgeable stream;
  stream.store_all();
  stream.writer.write({});
  stream.store.objects.erase(name_of(stream.writer.header.chain, 2));
  CHECK_FALSE(stream.plan().removes());
  CHECK(stream.proof.findings.count("manifest_missing") == 1);
}

TEST_CASE("blocks of other messages with these sequences prove nothing") {
  Purgeable stream;
  stream.store_all();
  stream.options.compare = [](const StoredMessage &message) {
    return message.sequence == 75 ? SameMessage::another : SameMessage::same;
  };
  CHECK(stream.plan().last == 50);
  // The stream was created at another time: only what it has itself counts.
  stream.options.stream_created = "2026-01-01T00:00:00Z";
  stream.options.compare = [](const StoredMessage &message) {
    return message.sequence == 75 ? SameMessage::gone : SameMessage::same;
  };
  CHECK(stream.plan().last == 50);
}

TEST_CASE("a block that is void proves nothing, though its object is there") {
  Purgeable stream;
  const std::uint64_t number = stream.writer.write(manifest_of({stream.lines[0]}));
  stream.writer.store(stream.lines[0]);
  CHECK(stream.plan().last == 25);
  Manifest voiding;
  voiding.voided = {{number, 0, 0}};
  stream.writer.write(voiding);
  CHECK_FALSE(stream.plan().removes());
}

TEST_CASE("messages that were filtered out or terminated are not purged with the others") {
  Purgeable stream;
  stream.writer.write_and_store({stream.lines[0], stream.lines[2], stream.lines[3]});
  Manifest passed;
  passed.filtered = {{26, 40}};
  passed.terminated = {{41, 50}};
  stream.writer.write(passed);
  PurgePlan plan = stream.plan();
  CHECK_FALSE(plan.removes());
  CHECK(plan.refused.find("the first one at 26") != std::string::npos);
  CHECK(plan.refused.ends_with("--up-to 25 removes what is before it"));
  stream.question.bounds.push_back({25, "--up-to 25"});
  CHECK(stream.plan().removes());
  stream.question.bounds.pop_back();
  // Those that the stream has no more are not lost by it.
  stream.gone = {{26, 50}};
  plan = stream.plan();
  CHECK(plan.removes());
  CHECK(plan.last == 100);
}

TEST_CASE("through a consumer's filters a purge is by subject, and leaves out those with messages in no block") {
  Purgeable stream;
  stream.writer.write_and_store({stream.lines[0], stream.lines[2], stream.lines[3]});
  stream.question.filters = {"a", "b"};
  // 26 to 40 are of other subjects, and were never delivered.
  stream.subjects = {{"a", {{1, 25}, {41, 100}}}, {"b", {}}};
  Manifest passed;
  passed.filtered = {{41, 50}};
  stream.writer.write(passed);
  PurgePlan plan = stream.plan();
  CHECK(plan.removes());
  CHECK(plan.last == 100);
  CHECK(plan.filters == std::vector<std::string>{"b"});
  CHECK(plan.kept_filters == std::vector<std::string>{"a"});
  stream.question.can_by_subject = false;
  CHECK_FALSE(stream.plan().removes());
  stream.question.can_by_subject = true;
  stream.subjects["b"] = {{45, 45}};
  CHECK_FALSE(stream.plan().removes());
  stream.subjects["b"] = {{30, 30}};
  plan = stream.plan();
  CHECK(plan.last == 29);
  CHECK(plan.filters == std::vector<std::string>{"a", "b"});
  CHECK(only(stream.proof.findings, "missing").sequences == Runs{{30, 30}});
}

TEST_CASE("a purge by subject is refused where the server moves consumers behind what it leaves") {
  Purgeable stream;
  stream.writer.write_and_store({stream.lines[0], stream.lines[1], stream.lines[3]});
  stream.question.filters = {"a"};
  stream.subjects = {{"a", {{1, 50}, {76, 100}}}};
  CHECK(stream.plan().filters == std::vector<std::string>{"a"});
  stream.question.can_by_subject = false;
  const PurgePlan plan = stream.plan();
  CHECK_FALSE(plan.removes());
  CHECK(plan.refused.ends_with("--up-to 50 removes what is before it"));
  // Where all in the range is recorded, no subject is needed.
  stream.question.bounds.push_back({50, "--up-to 50"});
  CHECK(stream.plan().removes());
  CHECK(stream.plan().filters.empty());
}

TEST_CASE("of a block with messages that the stream has lost since a purge takes those that it still has") {
  Purgeable stream;
  stream.writer.header.chain.host = ordered_chain;
  stream.store_all();
  stream.writer.header.rewound_to = 60;
  stream.writer.write({});
  stream.writer.header.rewound_to.reset();
  stream.writer.write_and_store({stream.writer.block("eu", from_to(61, 80), 9)});
  stream.question.bounds = {{80, "the stream ended"}};
  std::map<std::uint64_t, StoredMessage> compared;
  stream.options.compare = [&](const StoredMessage &message) {
    compared[message.sequence] = message;
    return SameMessage::same;
  };
  CHECK(stream.plan().last == 80);
  CHECK(stream.plan().newest.sequence == 80);
  CHECK(stream.proof.findings.verdict() == Verdict::good);
  REQUIRE(compared.contains(60));
  CHECK(compared[60].earliest == stream.lines[2].first_timestamp);
  CHECK(compared[60].latest == stream.lines[2].last_timestamp);
  // It has lost its end once more, and nobody has looked since.
  stream.options.compare = [](const StoredMessage &message) {
    return message.sequence == 60 ? SameMessage::another : SameMessage::same;
  };
  CHECK(stream.plan().last == 50);
}
