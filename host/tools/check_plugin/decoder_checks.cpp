#include "tools/check_plugin/check.hpp"
#include "tools/check_plugin/growth.hpp"
#include "tools/check_plugin/instance.hpp"
#include "tools/check_plugin/messages.hpp"
#include "tools/check_plugin/process_state.hpp"
#include "tools/check_sink.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <thread>

namespace jetcapture::host {
namespace {

constexpr std::uint64_t seed = 20240229;
constexpr std::size_t large = 8u << 20;

// A decoder under check, for one of the payloads that it produces.
class CheckedDecoder {
public:
  CheckedDecoder(const Subject &subject, const std::string &payload)
      : description_(description_of_decoder(subject)), payload_(payload), instance_(subject, payload, host_) {}

  Answer decode(const CheckMessage &message, CheckSink &sink) {
    return CheckHost::ask([&] { return description_.decode(instance_.self(), &message.message(), sink.c_sink()); });
  }
  Answer decode(const CheckMessage &message) {
    CheckSink sink(payload_);
    return decode(message, sink);
  }
  // Items and status as text.
  std::string result(const CheckMessage &message) {
    CheckSink sink(payload_);
    const Answer answer = decode(message, sink);
    return sink.text() + answer.words() + '\n';
  }
  const std::string &payload() const { return payload_; }

private:
  CheckHost host_;
  jetcapture_decoder description_;
  std::string payload_;
  Instance instance_;
};

void for_each_payload(const Subject &subject, const std::function<void(CheckedDecoder &)> &work) {
  for (const std::string &payload : payloads_of(subject)) {
    CheckedDecoder decoder(subject, payload);
    work(decoder);
  }
}

// All usual messages, then count random ones, in one order.
void for_each_data(const Subject &subject, unsigned count, const std::function<void(const std::string &)> &work) {
  const std::vector<std::string> usual = usual_data(subject);
  for (const std::string &data : usual)
    work(data);
  std::mt19937_64 random(seed);
  for (unsigned i = 0; i < count; i++)
    work(random_data(random, usual));
}

std::string shown(const std::string &data) {
  std::string text;
  for (const char c : data.substr(0, 60)) {
    char escape[8];
    if (c >= ' ' && c <= '~')
      text += c;
    else
      text.append(escape, static_cast<std::size_t>(
                              std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(c))));
  }
  return '"' + text + (data.size() > 60 ? "…\" (" + std::to_string(data.size()) + " bytes)" : "\"");
}

void decodes_samples(const Subject &subject) {
  std::uint64_t items = 0;
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    for (const std::string &sample : usual_data(subject)) {
      CheckSink sink(decoder.payload());
      const Answer answer = decoder.decode(CheckMessage(sample, 1), sink);
      items += answer.ok() ? sink.items() : 0;
      if (!subject.samples.empty())
        require(answer.ok(), "the sample " + shown(sample) + " can't be decoded: " + answer.words());
    }
  });
  if (items == 0)
    warn("no message gave an item, so little of it was checked; give good messages with --sample FILE");
}

void takes_nothing(const Subject &subject) {
  for_each_payload(subject, [](CheckedDecoder &decoder) { decoder.decode(CheckMessage::empty()); });
}

void takes_much(const Subject &subject) {
  std::vector<std::string> all = {std::string(large, 'a'), std::string(large, '['), std::string(large, '\0')};
  for (const std::string &usual : usual_data(subject)) {
    std::string repeated;
    while (!usual.empty() && repeated.size() < large)
      repeated += usual;
    all.push_back(std::move(repeated));
  }
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    for (const std::string &data : all)
      decoder.decode(CheckMessage(data, 1));
  });
}

void takes_anything(const Subject &subject) {
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    std::uint64_t sequence = 1;
    for_each_data(subject, subject.cycles * 2,
                  [&](const std::string &data) { decoder.decode(CheckMessage(data, sequence++)); });
  });
}

void stays_inside(const Subject &subject) {
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    for (const std::string &usual : usual_data(subject))
      for (std::size_t size = 1; size <= std::min<std::size_t>(usual.size(), 200); size++)
        decoder.decode(CheckMessage(std::string_view(usual).substr(0, size), size, true));
    for_each_data(subject, subject.cycles,
                  [&](const std::string &data) { decoder.decode(CheckMessage(data, 1, true)); });
  });
}

void keeps_nothing(const Subject &subject) {
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    std::vector<CheckMessage> gone;
    for (int round = 0; round < 3; round++) {
      for (const std::string &data : usual_data(subject)) {
        gone.emplace_back(data, gone.size() + 1);
        decoder.decode(gone.back());
        gone.back().forbid();
      }
    }
  });
}

void gives_known_status(const Subject &subject) {
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    for_each_data(subject, subject.cycles, [&](const std::string &data) {
      const Answer answer = decoder.decode(CheckMessage(data, 1));
      require(
          answer.ok() || answer.status == JETCAPTURE_BAD_DATA,
          "decode() returned " + answer.words() + " for " + shown(data) +
              "; a message that can't be used is JETCAPTURE_BAD_DATA: JETCAPTURE_RETRY makes all wait, and anything "
              "else stops the capture");
    });
  });
}

void gives_reasons(const Subject &subject) {
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    for_each_data(subject, subject.cycles, [&](const std::string &data) {
      const Answer answer = decoder.decode(CheckMessage(data, 1));
      require(answer.ok() || !answer.sentence.empty(),
              "decode() returned " + answer.words() + " for " + shown(data) + " and gave no sentence");
      require(jetcapture_is_utf8({answer.sentence.data(), answer.sentence.size()}) != 0,
              "the sentence for " + shown(data) + " is not UTF-8: " + answer.words() +
                  "; leave out, or escape, what comes from the message");
    });
  });
}

void repeats_itself(const Subject &subject) {
  for (const std::string &payload : payloads_of(subject)) {
    CheckedDecoder first(subject, payload);
    CheckedDecoder second(subject, payload);
    for_each_data(subject, subject.cycles / 2, [&](const std::string &data) {
      const CheckMessage message(data, 1);
      const std::string result = first.result(message);
      require(result == first.result(message), "the same message gives other items the second time: " + shown(data));
      require(result == second.result(message), "two instances give other items for the same message: " + shown(data));
    });
  }
}

void works_in_threads(const Subject &subject) {
  for (const std::string &payload : payloads_of(subject)) {
    const auto all = [&] {
      CheckedDecoder decoder(subject, payload);
      std::string results;
      for_each_data(subject, subject.cycles / 2,
                    [&](const std::string &data) { results += decoder.result(CheckMessage(data, 1)); });
      return results;
    };
    const std::string alone = all();
    std::array<std::string, 2> beside;
    {
      std::jthread first([&] { beside[0] = all(); });
      std::jthread second([&] { beside[1] = all(); });
    }
    require(beside[0] == alone && beside[1] == alone,
            "two instances on two threads give other items than one alone; they share something");
  }
}

void hands_refusals_on(const Subject &subject) {
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    for (const std::string &data : usual_data(subject)) {
      const CheckMessage message(data, 1);
      CheckSink counting(decoder.payload());
      decoder.decode(message, counting);
      for (std::uint64_t n = 1; n <= std::min<std::uint64_t>(counting.items(), 5); n++) {
        for (const jetcapture_status status : {JETCAPTURE_BAD_DATA, JETCAPTURE_NEXT_BLOCK, JETCAPTURE_FATAL}) {
          CheckSink refusing(decoder.payload(), n, status);
          const Answer answer = decoder.decode(message, refusing);
          require(answer.status == status, "emit() returned " + to_string_status(status) + " and decode() " +
                                               to_string_status(answer.status) +
                                               "; what emit() returns has to be handed on");
          require(refusing.items_after_refusal() == 0, "decode() goes on to emit after emit() has failed");
        }
      }
    }
  });
}

void emits_whole_items(const Subject &subject) {
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    for_each_data(subject, subject.cycles, [&](const std::string &data) {
      CheckSink sink(decoder.payload());
      decoder.decode(CheckMessage(data, 1), sink);
      require(sink.broken_rule().empty(), sink.broken_rule() + ", for " + shown(data));
    });
  });
}

void does_not_grow(const Subject &subject) {
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    // The same messages in each batch: a decoder may keep what it learns of new ones.
    const auto round = [&](unsigned count) {
      for_each_data(subject, count, [&](const std::string &data) { decoder.decode(CheckMessage(data, 1)); });
    };
    require_no_growth(subject.cycles * 3, round, "message that it had seen before", "decode() leaves something behind");
  });
}

void leaves_message_alone(const Subject &subject) {
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    for_each_data(subject, subject.cycles, [&](const std::string &data) {
      const CheckMessage message(data, 1);
      const std::string before = message.content();
      decoder.decode(message);
      require(message.content() == before, "decode() changes the message " + shown(data) + " that it is given");
    });
  });
}

void leaves_process_alone(const Subject &subject) {
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    const auto decode_all = [&] {
      for_each_data(subject, subject.cycles, [&](const std::string &data) { decoder.decode(CheckMessage(data, 1)); });
    };
    // The first round may open what the instance keeps.
    const ProcessState untouched = ProcessState::now().without_resources();
    decode_all();
    require_same_process(subject.file, untouched, ProcessState::now().without_resources(),
                         "decode() changes the process:");
    const ProcessState before = ProcessState::now();
    decode_all();
    require_same_process(subject.file, before, ProcessState::after(before), "decode() leaves something behind:");
  });
}

void takes_any_time(const Subject &subject) {
  constexpr std::int64_t times[] = {0, -1, INT64_MAX, INT64_MAX - 1, INT64_MIN + 1, INT64_MIN};
  for_each_payload(subject, [&](CheckedDecoder &decoder) {
    for (const std::string &data : usual_data(subject))
      for (const std::int64_t time : times) {
        CheckMessage message(data, 1);
        message.set_timestamp(time);
        CheckSink sink(decoder.payload());
        sink.message_time = time;
        decoder.decode(message, sink);
        require(sink.broken_rule().empty(),
                sink.broken_rule() + ", for " + shown(data) + " of the time " + std::to_string(time));
      }
  });
}

constexpr std::array<Check, 16> checks = {
    {{"decoder-samples", "it decodes the samples", "create-works", decodes_samples},
     {"decoder-empty", "it takes a message without data, headers or subject", "create-works", takes_nothing},
     {"decoder-borrowed", "it keeps no pointer to a message that is gone", "create-works", keeps_nothing},
     {"decoder-large", "it takes messages of 8 MiB", "decoder-borrowed", takes_much},
     {"decoder-random", "it takes any bytes", "decoder-borrowed", takes_anything},
     {"decoder-bounds", "it reads nothing behind the end of a message", "decoder-random", stays_inside},
     {"decoder-status", "a message gives items or is bad data", "decoder-random", gives_known_status},
     {"decoder-sentence", "it says why a message is bad", "decoder-random", gives_reasons},
     {"decoder-repeatable", "the same message gives the same items", "decoder-random", repeats_itself},
     {"decoder-threads", "two instances work on two threads", "decoder-repeatable", works_in_threads},
     {"decoder-refused", "it hands on what emit() returns", "decoder-random", hands_refusals_on},
     {"decoder-items", "its items keep the rules of the ABI", "decoder-random", emits_whole_items},
     {"decoder-message", "it changes nothing of a message", "decoder-random", leaves_message_alone},
     {"decoder-process", "decode() leaves no threads and open files behind, and the process as it is", "decoder-random",
      leaves_process_alone},
     {"decoder-time", "it takes a message of any time", "decoder-items", takes_any_time},
     {"decoder-growth", "its memory does not grow with messages", "decoder-random", does_not_grow}}};

} // namespace

std::span<const Check> decoder_checks() {
  return checks;
}

} // namespace jetcapture::host
