#include "nats/headers.hpp"
#include "tools/check_plugin/check.hpp"
#include "tools/check_plugin/check_out.hpp"
#include "tools/check_plugin/growth.hpp"
#include "tools/check_plugin/instance.hpp"
#include "tools/check_plugin/messages.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace jetcapture::host {
namespace {

constexpr std::uint64_t many_messages = 300;
constexpr std::uint64_t most_messages = 1'000'000; // of an object of a few kilobytes

// An object in memory that a reader reads.
class CheckInput {
public:
  explicit CheckInput(std::string bytes, bool fails = false)
      : bytes_(std::move(bytes)), interface_{
                                      {sizeof(jetcapture_input), 0, bytes_.size(), &CheckInput::read}, this, fails} {}
  CheckInput(const CheckInput &) = delete;
  CheckInput &operator=(const CheckInput &) = delete;

  const jetcapture_input *input() const { return &interface_.input; }

private:
  struct Interface {
    jetcapture_input input; // first: a pointer to it is a pointer to this
    CheckInput *owner;
    bool fails;
  };
  static std::int64_t read(const jetcapture_input *input, std::uint64_t offset, void *buffer, std::uint64_t count) {
    const auto &interface = *reinterpret_cast<const Interface *>(input);
    if (interface.fails)
      return -1;
    const std::string_view bytes = interface.owner->bytes_;
    return static_cast<std::int64_t>(
        offset >= bytes.size() ? 0 : bytes.substr(offset).copy(static_cast<char *>(buffer), count));
  }

  const std::string bytes_;
  Interface interface_;
};

// A message of its own.
struct ReadMessage {
  std::uint64_t sequence;
  std::int64_t timestamp;
  std::string subject, header_block, data;
  bool operator==(const ReadMessage &) const = default;
};

std::string string_of(jetcapture_text text) {
  require(text.data != nullptr || text.size == 0, "next() gave a text with a size and no bytes");
  return text.data == nullptr ? "" : std::string(text.data, static_cast<std::size_t>(text.size));
}

// Of an object: its messages, and how it ended.
struct Reading {
  std::vector<ReadMessage> messages;
  Answer answer;
};

Reading read_all(const jetcapture_reader &reader, void *self, const CheckInput &input) {
  Reading reading;
  void *object = nullptr;
  reading.answer = CheckHost::ask([&] { return reader.open(self, input.input(), &object); });
  require(reading.answer.ok() == (object != nullptr),
          reading.answer.ok() ? "open() returned ok and no object"
                              : "open() failed and left an object; *object has to stay NULL");
  while (reading.answer.ok()) {
    jetcapture_whole_message message{};
    message.size = sizeof message;
    std::uint32_t there = 0;
    reading.answer = CheckHost::ask([&] { return reader.next(object, &message, &there); });
    if (!reading.answer.ok() || there == 0)
      break;
    require(reading.messages.size() < most_messages, "next() gives messages without an end");
    reading.messages.push_back({message.sequence, message.timestamp, string_of(message.subject),
                                string_of(message.header_block), string_of(message.data)});
  }
  if (object != nullptr)
    reader.close(object);
  require(reading.answer.ok() || !reading.answer.sentence.empty(),
          "it failed with " + reading.answer.words() + " and gave no sentence");
  return reading;
}

struct CheckedReader {
  explicit CheckedReader(const Subject &subject)
      : description(description_of_reader(subject)), instance(subject, "", host) {}
  Reading read(const CheckInput &input) { return read_all(description, instance.self(), input); }

  CheckHost host;
  jetcapture_reader description;
  Instance instance;
};

// The writer of the same name in the same file, where it takes whole messages. skip()s where there is none.
Subject writer_beside(const Subject &subject) {
  for (std::size_t i = 0; i < subject.stages.size(); i++) {
    if (subject.stages[i].kind != StageKind::writer || subject.stages[i].name != subject.stage.name)
      continue;
    Subject writer = subject.of_stage(i);
    const std::vector<std::string> payloads = payloads_of(writer);
    if (std::find(payloads.begin(), payloads.end(), JETCAPTURE_PAYLOAD_MESSAGE) != payloads.end())
      return writer;
  }
  skip("its file has no writer of that name for " JETCAPTURE_PAYLOAD_MESSAGE);
}

// What that writer makes of these messages.
std::string written(const Subject &subject, const std::vector<CheckMessage> &messages) {
  const Subject beside = writer_beside(subject);
  const jetcapture_writer writer = description_of_writer(beside);
  const CheckHost host;
  const Instance instance(beside, JETCAPTURE_PAYLOAD_MESSAGE, host);
  CheckOut out;
  jetcapture_block_info info{};
  info.size = sizeof info;
  info.stream = {"ORDERS", 6};
  void *block = nullptr;
  Answer answer = CheckHost::ask([&] { return writer.open(instance.self(), &info, out.out(), &block); });
  for (std::size_t i = 0; answer.ok() && i < messages.size(); i++) {
    if (writer.mark != nullptr)
      answer = CheckHost::ask([&] { return writer.mark(block); });
    if (answer.ok())
      answer = CheckHost::ask([&] { return writer.write(block, &messages[i].message()); });
  }
  if (answer.ok())
    answer = CheckHost::ask([&] { return writer.finish(block); });
  if (block != nullptr)
    writer.close(block);
  if (!answer.ok())
    skip("the writer beside it does not write whole messages: " + answer.words());
  return out.bytes();
}

std::vector<CheckMessage> some_messages(const Subject &subject, std::uint64_t count) {
  const std::vector<std::string> usual = usual_data(subject);
  std::mt19937_64 random(1);
  std::vector<CheckMessage> messages;
  messages.push_back(CheckMessage::empty());
  for (std::uint64_t i = 2; i <= count; i++)
    messages.emplace_back(i % 2 == 0 ? usual[i % usual.size()] : random_data(random, usual), i);
  return messages;
}

std::string header_block_of(const jetcapture_message &message) {
  std::string block;
  write_block(message.headers, message.header_count, block);
  return block;
}

void reads_what_is_written(const Subject &subject) {
  const std::vector<CheckMessage> messages = some_messages(subject, many_messages);
  CheckedReader reader(subject);
  const Reading reading = reader.read(CheckInput(written(subject, messages)));
  require(reading.answer.ok(), "what the writer has written can't be read: " + reading.answer.words());
  require(reading.messages.size() == messages.size(),
          "of " + std::to_string(messages.size()) + " messages it gives " + std::to_string(reading.messages.size()));
  for (std::size_t i = 0; i < messages.size(); i++) {
    const jetcapture_message &message = messages[i].message();
    const ReadMessage expected = {message.stream_sequence, message.timestamp, string_of(message.subject),
                                  header_block_of(message), string_of(message.data)};
    require(reading.messages[i] == expected, "message " + std::to_string(i + 1) + " is read as another one");
  }
}

void refuses_other_bytes(const Subject &subject) {
  CheckedReader reader(subject);
  std::mt19937_64 random(2);
  std::vector<std::string> objects = {"", std::string(1, '\0'), "\n", "{}\n", "PAR1"};
  for (int i = 0; i < 500; i++)
    objects.push_back(random_data(random, usual_data(subject)));
  for (const std::string &object : objects) {
    const Answer answer = reader.read(CheckInput(object)).answer;
    require(answer.ok() || answer.status == JETCAPTURE_BAD_DATA,
            "for an object that is not the writer's it returns " + answer.words() + ", and not bad data");
  }
}

void refuses_damage(const Subject &subject) {
  const std::string good = written(subject, some_messages(subject, 20));
  CheckedReader reader(subject);
  std::mt19937_64 random(3);
  for (int i = 0; i < 500; i++) {
    std::string damaged = good;
    if (i % 2 == 0)
      damaged.resize(random() % damaged.size());
    else
      damaged[random() % damaged.size()] = static_cast<char>(random());
    const Answer answer = reader.read(CheckInput(damaged)).answer;
    require(answer.ok() || answer.status == JETCAPTURE_BAD_DATA,
            "for a damaged object it returns " + answer.words() + ", and not bad data");
  }
}

void hands_on_a_failed_read(const Subject &subject) {
  CheckedReader reader(subject);
  const Answer answer = reader.read(CheckInput("some bytes that can't be read\n", true)).answer;
  require(answer.status == JETCAPTURE_RETRY,
          "where the input can't be read it returns " + answer.words() + "; it has to return retry");
}

void leaves_nothing_behind(const Subject &subject) {
  const std::string good = written(subject, some_messages(subject, 20));
  CheckedReader reader(subject);
  const auto times = [&](unsigned count) {
    for (unsigned i = 0; i < count; i++)
      reader.read(CheckInput(i % 2 == 0 ? good : good.substr(0, good.size() / 2)));
  };
  times(subject.cycles / 10 + 1);
  require_no_growth(subject.cycles, times, "object", "close() leaves something behind");
}

void reads_side_by_side(const Subject &subject) {
  const std::string good = written(subject, some_messages(subject, 20));
  CheckedReader reader(subject);
  const std::vector<ReadMessage> expected = reader.read(CheckInput(good)).messages;
  std::array<bool, 4> same{};
  {
    std::vector<std::jthread> threads;
    for (bool &one : same)
      threads.emplace_back([&] {
        one = true;
        for (int i = 0; i < 50; i++)
          one = one && reader.read(CheckInput(good)).messages == expected;
      });
  }
  require(std::all_of(same.begin(), same.end(), [](bool one) { return one; }),
          "objects that are read on several threads at once give other messages");
}

constexpr std::array<Check, 6> checks = {
    {{"reader-round-trip", "it returns what the writer of its name has written", "create-works", reads_what_is_written},
     {"reader-other-bytes", "it refuses bytes that are not the writer's", "create-works", refuses_other_bytes},
     {"reader-damage", "it refuses damaged objects, or reads what is left", "create-works", refuses_damage},
     {"reader-failed-read", "it hands on that its input can't be read", "create-works", hands_on_a_failed_read},
     {"reader-cycles", "objects leave no memory, files or threads behind", "reader-round-trip", leaves_nothing_behind},
     {"reader-threads", "objects are read on several threads at once", "reader-round-trip", reads_side_by_side}}};

} // namespace

std::span<const Check> reader_checks() {
  return checks;
}

} // namespace jetcapture::host
