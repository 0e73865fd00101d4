#include "plugins/call_record.hpp"
#include "settings/error.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <memory>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace jetcapture::host;
using jetcapture::test::Folder;

namespace {

// A run that ends without a word in a call at that message: what the next one is told.
void end_in(const Folder &folder, StageCall call, std::uint64_t sequence, std::int64_t timestamp,
            int signal = SIGKILL) {
  const pid_t child = ::fork();
  if (child == 0) {
    CallRecord record;
    record.keep_in(folder.path());
    const CallRecord::Call in(&record, call, sequence, timestamp);
    if (signal != SIGKILL)
      CallRecord::ends_here(signal);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
}

} // namespace

TEST_CASE(
    "a run that ends within a call leaves it to the next run, and after the second time its message is a suspect") {
  Folder folder;
  end_in(folder, StageCall::decoder_decode, 7, 70);
  {
    CallRecord record;
    const auto interrupted = record.keep_in(folder.path());
    REQUIRE(interrupted.size() == 1);
    CHECK(stage_of(interrupted[0].at.call) == "decoder");
    CHECK(function_of(interrupted[0].at.call) == "decode()");
    CHECK(interrupted[0].at.sequence == 7);
    CHECK(interrupted[0].ends == 1);
    CHECK_FALSE(record.is_suspect(7, 70));
  }
  end_in(folder, StageCall::writer_write, 7, 70, SIGSEGV);
  CallRecord record;
  const auto interrupted = record.keep_in(folder.path());
  REQUIRE(interrupted.size() == 1);
  CHECK(interrupted[0].ends == 2);
  CHECK(interrupted[0].signal == SIGSEGV);
  CHECK(record.is_suspect(7, 70));
  // Of another message with that number, from before or after a purge, nothing is known.
  CHECK_FALSE(record.is_suspect(7, 71));
  CHECK_FALSE(record.is_suspect(8, 70));
}

TEST_CASE("a run that ends outside of calls leaves nothing to tell, and a store's put blames no message") {
  Folder folder;
  {
    CallRecord record;
    record.keep_in(folder.path());
    const CallRecord::Call call(&record, StageCall::decoder_decode, 1, 1);
  }
  CHECK(CallRecord().keep_in(folder.path()).empty());
  end_in(folder, StageCall::store_put, 1, 1);
  end_in(folder, StageCall::store_put, 1, 1);
  CallRecord record;
  const auto interrupted = record.keep_in(folder.path());
  REQUIRE(interrupted.size() == 1);
  CHECK(interrupted[0].ends == 0);
  CHECK_FALSE(record.is_suspect(1, 1));
}

TEST_CASE("a call within another one is about the same message, and the outer one goes on after it") {
  CallRecord record;
  const CallRecord::Call outer(&record, StageCall::decoder_decode, 5, 50);
  const std::uint64_t entered = record.running().at(0).entered;
  {
    const CallRecord::Call inner(&record, StageCall::writer_open, 0, 0);
    REQUIRE(record.running().size() == 1);
    CHECK(record.running()[0].at.call == StageCall::writer_open);
    CHECK(record.running()[0].at.sequence == 5);
    CHECK(record.running()[0].entered == entered);
  }
  CHECK(record.running().at(0).at.call == StageCall::decoder_decode);
}

TEST_CASE("each thread has its own place in a record") {
  CallRecord record;
  const CallRecord::Call here(&record, StageCall::decoder_decode, 1, 1);
  std::jthread([&] {
    const CallRecord::Call there(&record, StageCall::store_put, 2, 2);
    CHECK(record.running().size() == 2);
    CHECK(CallRecord::ends_here(0)->sequence == 2);
  }).join();
  CHECK(record.running().size() == 1);
}

TEST_CASE("a record of another kind is begun anew, and one that can't be written is refused") {
  Folder folder;
  jetcapture::test::write_file(folder / "calls", "something else");
  CHECK(CallRecord().keep_in(folder.path()).empty());
  CHECK_THROWS_AS(CallRecord().keep_in("/proc"), StartupError);
}
