#include "capture/message_batch.hpp"

#include <doctest/doctest.h>

#include <jetcapture/plugin.hpp>

#include <string>
#include <string_view>

using namespace jetcapture::host;
using jetcapture::text;
using jetcapture::view;

namespace {

jetcapture_message message(const std::string &data) {
  jetcapture_message message{};
  message.size = sizeof message;
  message.data = text(data);
  return message;
}

} // namespace

TEST_CASE("a batch keeps all of a message after what it was copied from is gone") {
  MessageBatch batch;
  {
    std::string subject = "s.a", data("a\0b", 3), stream = "S", consumer = "C", name = "A", value = "1",
                block = "NATS/1.0\r\n\r\n", empty;
    const jetcapture_pair headers[] = {{text(name), text(value)}, {text(name), text(empty)}};
    jetcapture_message given = message(data);
    given.subject = text(subject);
    given.stream = text(stream);
    given.consumer = text(consumer);
    given.header_block = text(block);
    given.headers = headers;
    given.header_count = 2;
    given.stream_sequence = 7;
    given.timestamp = 12;
    batch.add(given, {});
    for (std::string *string : {&subject, &data, &stream, &consumer, &name, &value, &block})
      string->assign(string->size(), 'x');
  }
  REQUIRE(batch.messages().size() == 1);
  const jetcapture_message &kept = batch.messages().front().message;
  CHECK(view(kept.subject) == "s.a");
  CHECK(view(kept.data) == std::string_view("a\0b", 3));
  CHECK(view(kept.stream) == "S");
  CHECK(view(kept.consumer) == "C");
  REQUIRE(kept.header_count == 2);
  CHECK(view(kept.headers[0].name) == "A");
  CHECK(view(kept.headers[0].value) == "1");
  CHECK(view(kept.headers[1].value).empty());
  CHECK(view(kept.header_block) == "NATS/1.0\r\n\r\n");
  CHECK(kept.stream_sequence == 7);
  CHECK(kept.timestamp == 12);
}

TEST_CASE("a batch is full by messages or by bytes, and takes one message however large it is") {
  MessageBatch small;
  int count = 0;
  for (; !small.full(); count++)
    small.add(message("x"), {});
  CHECK(count == 64);

  MessageBatch large;
  const std::string data(8 << 20, 'x');
  large.add(message(data), {});
  CHECK(large.full());
  CHECK(view(large.messages().front().message.data) == data);
}
