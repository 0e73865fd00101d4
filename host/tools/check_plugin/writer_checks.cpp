#include "plugins/description.hpp"
#include "tools/check_plugin/check.hpp"
#include "tools/check_plugin/check_out.hpp"
#include "tools/check_plugin/growth.hpp"
#include "tools/check_plugin/instance.hpp"
#include "tools/check_plugin/payloads.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <thread>

namespace jetcapture::host {
namespace {

constexpr std::uint64_t many_rows = 1000;
constexpr std::uint64_t rows_of_groups = 1100;
constexpr std::size_t memory_beside_pending = 32u << 20;

// A writer under check, for one of the payloads that it accepts.
class CheckedWriter {
public:
  CheckedWriter(const Subject &subject, const std::string &payload, std::unique_ptr<Payloads> them)
      : payloads(std::move(them)), description(description_of_writer(subject)), instance(subject, payload, host) {}

  CheckHost host;
  std::unique_ptr<Payloads> payloads;
  jetcapture_writer description;
  Instance instance;
};

// One block of it; closed with its object, at the latest.
class CheckedBlock {
public:
  explicit CheckedBlock(CheckedWriter &writer, std::size_t room = 64u << 10, std::uint64_t fail_at = 0)
      : writer_(writer), out_(room, fail_at) {
    static constexpr jetcapture_text key[] = {{"eu", 2}};
    constexpr std::int64_t hour = 3'600'000'000'000;
    const jetcapture_block_info info = {sizeof info, 1, key, {"ORDERS", 6}, 490'000 * hour, 490'001 * hour};
    opened_ =
        CheckHost::ask([&] { return writer.description.open(writer.instance.self(), &info, out_.out(), &block_); });
  }
  ~CheckedBlock() { close(); }
  CheckedBlock(const CheckedBlock &) = delete;
  CheckedBlock &operator=(const CheckedBlock &) = delete;

  const Answer &opened() const { return opened_; }
  bool usable() const { return opened_.ok() && block_ != nullptr; }
  CheckOut &out() { return out_; }

  // A message with one item, as the host does it: mark, write, and on an error all taken back.
  Answer write(std::uint64_t number) { return write_message(number, 1); }
  // The same with several items: the payloads from that number on.
  Answer write_message(std::uint64_t number, std::uint64_t items) {
    mark();
    const std::uint64_t before = out_.size();
    Answer answer;
    for (std::uint64_t i = 0; i < items && answer.ok(); i++)
      answer = write_item(number + i);
    if (!answer.ok())
      roll_back(before);
    return answer;
  }
  // A message whose items were written and that failed afterwards.
  void write_and_take_back(std::uint64_t number, std::uint64_t items) {
    mark();
    const std::uint64_t before = out_.size();
    for (std::uint64_t i = 0; i < items; i++)
      write_item(number + i);
    roll_back(before);
  }
  Answer finish() {
    return CheckHost::ask([&] { return writer_.description.finish(block_); });
  }
  void close() {
    if (block_ != nullptr)
      writer_.description.close(block_);
    block_ = nullptr;
  }
  std::uint64_t pending() const {
    return writer_.description.pending == nullptr ? 0 : writer_.description.pending(block_);
  }

  // A message with that one item.
  Answer write_payload(const void *payload) {
    mark();
    const std::uint64_t before = out_.size();
    const Answer answer = ask_to_write(payload);
    if (!answer.ok())
      roll_back(before);
    return answer;
  }

private:
  Answer ask_to_write(const void *payload) {
    return CheckHost::ask([&] { return writer_.description.write(block_, payload); });
  }
  Answer write_item(std::uint64_t number) {
    const std::uint64_t before = out_.size();
    Answer answer;
    answer.status = writer_.payloads->with(number, [&](const void *payload) {
      answer = ask_to_write(payload);
      return answer.status;
    });
    if (!answer.ok())
      out_.rollback(before);
    return answer;
  }
  void mark() {
    const std::uint64_t before = out_.size();
    if (writer_.description.mark != nullptr)
      obey("mark()", CheckHost::ask([&] { return writer_.description.mark(block_); }));
    require(out_.size() == before, "mark() writes something");
  }
  // To that many bytes.
  void roll_back(std::uint64_t bytes) {
    out_.rollback(bytes);
    if (writer_.description.rollback != nullptr)
      obey("rollback()", CheckHost::ask([&] { return writer_.description.rollback(block_); }));
  }
  static void obey(const char *function, const Answer &answer) {
    require(answer.ok(), std::string(function) + " failed: " + answer.words() + "; the host stops then");
  }

  CheckedWriter &writer_;
  CheckOut out_;
  void *block_ = nullptr;
  Answer opened_;
};

void for_each_payload(const Subject &subject, const std::function<void(CheckedWriter &)> &work) {
  std::string reason;
  unsigned done = 0;
  for (const std::string &payload : payloads_of(subject)) {
    try {
      for (std::unique_ptr<Payloads> &set : payloads_for(subject, payload)) {
        CheckedWriter writer(subject, payload, std::move(set));
        work(writer);
        done++;
      }
    } catch (const Finding &finding) {
      if (finding.outcome != Outcome::skipped)
        throw;
      reason = finding.sentence;
    }
  }
  if (done == 0)
    skip(reason);
}

void use(CheckedBlock &block) {
  if (!block.usable())
    skip("it opens no block: " + block.opened().words());
}

// The bytes of a block of count payloads. What a writer refuses is left out.
std::string bytes_of(CheckedWriter &writer, std::uint64_t count, std::size_t room = 64u << 10) {
  CheckedBlock block(writer, room);
  use(block);
  for (std::uint64_t i = 0; i < count; i++)
    block.write(i);
  if (!block.finish().ok())
    skip("it can't finish a block");
  return block.out().bytes();
}

void opens_and_finishes(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    CheckedBlock block(writer);
    require(block.opened().ok(), "open() failed: " + block.opened().words());
    require(block.usable(), "open() returned ok and no block");
    const Answer finished = block.finish();
    require(finished.ok(), "a block without rows can't be finished: " + finished.words());
  });
}

void tells_its_facts(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    const jetcapture_writer &description = writer.description;
    if (description.facts == nullptr)
      return;
    jetcapture_writer_facts facts = {sizeof facts, description.flags, description.suffix, description.content_type};
    const Answer answer = CheckHost::ask([&] { return description.facts(writer.instance.self(), &facts); });
    require(answer.ok(), "facts() failed: " + answer.words());
    const std::string defect = defect_of_facts(facts.suffix, facts.content_type);
    require(defect.empty(), "facts() gives " + defect);
  });
}

void writes_rows(const Subject &subject) {
  std::string refused;
  bool took_some = false;
  for_each_payload(subject, [&](CheckedWriter &writer) {
    CheckedBlock block(writer);
    use(block);
    std::uint64_t written = 0;
    Answer last;
    for (std::uint64_t i = 0; i < writer.payloads->count(); i++) {
      const Answer answer = block.write(i);
      written += answer.ok() ? 1 : 0;
      last = answer.ok() ? last : answer;
      require(answer.is_known(), "write() returned " + answer.words());
      require(answer.ok() || answer.status == JETCAPTURE_BAD_DATA || answer.status == JETCAPTURE_NEXT_BLOCK,
              "write() returned " + answer.words() +
                  " for a payload that keeps the rules; what can't be written is "
                  "JETCAPTURE_BAD_DATA, anything else stops the capture");
    }
    const Answer finished = block.finish();
    require(finished.ok(), "finish() failed: " + finished.words());
    took_some = took_some || written > 0;
    if (written == 0)
      refused += (refused.empty() ? "it refuses all " : ", and all ") + std::string(writer.payloads->name()) + " (" +
                 last.words() + ")";
  });
  require(took_some, refused + ", so nothing was checked that needs a row; give messages that it takes with --sample "
                               "FILE, and the decoder that makes them into payloads with --decoder FILE.so");
  if (!refused.empty())
    warn(refused + ", so it was checked without them");
}

void gives_reasons(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    CheckedBlock block(writer);
    use(block);
    for (std::uint64_t i = 0; i < writer.payloads->count(); i++) {
      const Answer answer = block.write(i);
      require(answer.ok() || !answer.sentence.empty(), "write() returned " + answer.words() + " and gave no sentence");
    }
  });
}

void repeats_itself(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    const std::uint64_t count = writer.payloads->count() * 2;
    require(bytes_of(writer, count) == bytes_of(writer, count),
            "the same payloads give other bytes the second time, so "
            "a retried block would differ from its first try");
  });
}

void fits_any_room(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    const std::uint64_t count = writer.payloads->count();
    require(bytes_of(writer, count, 0) == bytes_of(writer, count),
            "with a buffer that is never larger than what is asked for, the bytes are others");
  });
}

void interleaves(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    const std::uint64_t count = writer.payloads->count();
    const std::string alone = bytes_of(writer, count);
    CheckedBlock first(writer);
    CheckedBlock second(writer);
    use(first);
    use(second);
    const auto on_another_thread = [](const std::function<void()> &work) { std::jthread thread(work); };
    for (std::uint64_t i = 0; i < count; i++) {
      on_another_thread([&] { first.write(i); });
      second.write(i);
    }
    on_another_thread([&] { second.finish(); });
    first.finish();
    require(first.out().bytes() == alone && second.out().bytes() == alone,
            "two blocks that are written in turns, on changing threads, have other bytes than one alone");
  });
}

// The host may offer a payload again: after JETCAPTURE_NEXT_BLOCK to a second block. Of a payload of the author's own
// only the bytes tell whether it is still the same.
void leaves_payloads_alone(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    CheckedBlock first(writer);
    CheckedBlock second(writer);
    use(first);
    use(second);
    for (std::uint64_t i = 0; i < writer.payloads->count(); i++) {
      writer.payloads->with(i, [&](const void *payload) {
        first.write_payload(payload);
        return second.write_payload(payload).status;
      });
      require(writer.payloads->left_alone(), "write() changes its payload, or what that points to; copy what has to be "
                                             "another one, since the host may offer the payload again");
    }
    first.finish();
    second.finish();
    require(first.out().bytes() == second.out().bytes(),
            "a payload that is written into two blocks gives other bytes in the second; write() must not change its "
            "payload");
  });
}

void can_be_abandoned(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    for (std::uint64_t rows = 0; rows < 3; rows++) {
      CheckedBlock block(writer);
      use(block);
      for (std::uint64_t i = 0; i < rows; i++)
        block.write(i);
      const std::uint64_t size = block.out().size();
      block.close();
      require(block.out().size() == size, "close() writes something; what ends a block belongs to finish()");
    }
  });
}

void closes_quietly(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    CheckedBlock block(writer);
    use(block);
    block.write(0);
    block.finish();
    const std::uint64_t size = block.out().size();
    block.close();
    require(block.out().size() == size, "close() writes something after finish()");
  });
}

void hands_failures_on(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    for (std::uint64_t n = 1; n <= 20; n++) {
      CheckedBlock block(writer, 0, n);
      if (!block.usable()) {
        require(block.opened().status == JETCAPTURE_FATAL,
                "more() failed with fatal and open() returned " + block.opened().words());
        continue;
      }
      bool told = false;
      const auto look = [&](const Answer &answer, const char *function) {
        if (block.out().calls_of_more() < n || told)
          return;
        told = true;
        require(answer.status == JETCAPTURE_FATAL, std::string("more() failed with fatal and ") + function +
                                                       " returned " + answer.words() +
                                                       "; what more() returns has to be handed on");
      };
      for (std::uint64_t i = 0; i < writer.payloads->count() && !told; i++)
        look(block.write(i), "write()");
      if (!told)
        look(block.finish(), "finish()");
    }
  });
}

void goes_back(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    // So many that a writer of groups ends one: what it then puts out has rows of earlier messages.
    const std::uint64_t variety = writer.payloads->count();
    const std::uint64_t count = std::max(variety, rows_of_groups);
    CheckedBlock block(writer);
    use(block);
    for (std::uint64_t i = 0; i < count; i++) {
      block.write_and_take_back(i + 1, 1);
      block.write(i);
      if (i < variety)
        block.write_and_take_back(i, 3);
    }
    block.finish();
    require(block.out().bytes() == bytes_of(writer, count),
            writer.description.mark != nullptr
                ? "after mark(), write() and rollback() the block is not as it was before; where write() puts out rows "
                  "of earlier messages, rollback() has to bring them back, since the host takes back those bytes"
                : "it has no mark() and rollback(), and a block is not as it was before when the host has taken back "
                  "the bytes of a message: it keeps something beside its bytes");
  });
}

void takes_several_items(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    constexpr std::uint64_t items = 3;
    std::vector<std::uint64_t> taken; // of the others all is taken back
    std::string together;
    {
      CheckedBlock block(writer);
      use(block);
      for (std::uint64_t i = 0; i < writer.payloads->count(); i++)
        if (block.write_message(i, items).ok())
          taken.push_back(i);
      block.finish();
      together = block.out().bytes();
    }
    CheckedBlock block(writer);
    use(block);
    for (const std::uint64_t i : taken)
      for (std::uint64_t j = 0; j < items; j++)
        block.write(i + j);
    block.finish();
    require(together == block.out().bytes(),
            "a message of several items gives other bytes than a message for each of them");
  });
}

void stays_small(const Subject &subject) {
  for_each_payload(subject, [](CheckedWriter &writer) {
    CheckedBlock block(writer);
    use(block);
    const std::size_t before = heap_in_use();
    for (std::uint64_t i = 1; i <= many_rows; i++) {
      block.write(writer.payloads->largest());
      if (i % 100 != 0)
        continue;
      // What was written is in this process too, in a string that doubles.
      const std::size_t heap = heap_in_use();
      const std::size_t written = before + 2 * block.out().size();
      const std::size_t own = heap > written ? heap - written : 0;
      require(own <= block.pending() * 4 + memory_beside_pending,
              "after " + std::to_string(i) + " rows the block has " + std::to_string(own) +
                  " bytes of memory, and pending() says " + std::to_string(block.pending()) +
                  "; a block must not keep what the host can't see");
    }
    require(block.finish().ok(), "finish() failed after " + std::to_string(many_rows) + " rows");
  });
}

void does_not_grow(const Subject &subject) {
  for_each_payload(subject, [&](CheckedWriter &writer) {
    const auto blocks = [&](unsigned count) {
      for (unsigned i = 0; i < count; i++)
        bytes_of(writer, 4);
    };
    blocks(subject.cycles / 10 + 1);
    require_no_growth(subject.cycles, blocks, "block", "close() leaves something behind");
  });
}

constexpr std::array<Check, 15> checks = {
    {{"writer-facts", "its suffix and content type are good with its options", "create-works", tells_its_facts},
     {"writer-empty", "a block without rows can be finished", "create-works", opens_and_finishes},
     {"writer-rows", "it writes rows, or refuses one as bad data or for the next block", "create-works", writes_rows},
     {"writer-sentence", "it says why it refuses a row", "create-works", gives_reasons},
     {"writer-repeatable", "the same payloads give the same bytes", "writer-rows", repeats_itself},
     {"writer-room", "it writes only where there is room, however little", "writer-repeatable", fits_any_room},
     {"writer-interleaved", "two blocks in turns, on changing threads", "writer-repeatable", interleaves},
     {"writer-payload", "it leaves its payload as it is", "writer-interleaved", leaves_payloads_alone},
     {"writer-abandoned", "a block can be closed at any time, and then writes nothing", "create-works",
      can_be_abandoned},
     {"writer-close", "nothing is written after finish()", "create-works", closes_quietly},
     {"writer-refused", "it hands on what more() returns", "writer-room", hands_failures_on},
     {"writer-items", "a message may have several items", "writer-repeatable", takes_several_items},
     {"writer-rollback", "a payload that is taken back leaves nothing", "writer-repeatable", goes_back},
     {"writer-memory", "a block keeps no more in memory than pending() says", "writer-rows", stays_small},
     {"writer-growth", "its memory does not grow with blocks", "create-works", does_not_grow}}};

} // namespace

std::span<const Check> writer_checks() {
  return checks;
}

} // namespace jetcapture::host
