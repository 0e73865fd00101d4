#include "nats/ack_subject.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace jetcapture::host;

TEST_CASE("an ack subject of nine tokens is read") {
  const auto ack = parse_ack_subject("$JS.ACK.ORDERS.capture.2.17.23.1795521600123456789.42");
  REQUIRE(ack);
  CHECK(ack->prefix == "$JS.ACK.ORDERS.capture");
  CHECK(ack->stream == "ORDERS");
  CHECK(ack->consumer == "capture");
  CHECK(ack->deliveries == 2);
  CHECK(ack->stream_sequence == 17);
  CHECK(ack->consumer_sequence == 23);
  CHECK(ack->timestamp == 1795521600123456789);
  CHECK(ack->pending == 42);
}

TEST_CASE("an ack subject with a domain is read, with and without its last token") {
  for (const char *reply :
       {"$JS.ACK.hub.A1B2.ORDERS.capture.1.17.23.5.0", "$JS.ACK.hub.A1B2.ORDERS.capture.1.17.23.5.0.xyz"}) {
    const auto ack = parse_ack_subject(reply);
    REQUIRE(ack);
    CHECK(ack->prefix == "$JS.ACK.hub.A1B2.ORDERS.capture");
    CHECK(ack->stream_sequence == 17);
    AckSubjectWriter writer(ack->prefix, ack->tokens);
    const auto written = parse_ack_subject(writer.subject(99));
    REQUIRE(written);
    CHECK(written->tokens == ack->tokens);
    CHECK(written->stream_sequence == 99);
    CHECK(written->prefix == ack->prefix);
  }
}

namespace {

void check_same(const std::optional<AckSubject> &one, const std::optional<AckSubject> &other) {
  REQUIRE(one.has_value() == other.has_value());
  if (!one)
    return;
  CHECK(one->prefix == other->prefix);
  CHECK(one->stream == other->stream);
  CHECK(one->consumer == other->consumer);
  CHECK(one->deliveries == other->deliveries);
  CHECK(one->stream_sequence == other->stream_sequence);
  CHECK(one->consumer_sequence == other->consumer_sequence);
  CHECK(one->timestamp == other->timestamp);
  CHECK(one->pending == other->pending);
  CHECK(one->tokens == other->tokens);
}

} // namespace

TEST_CASE("a reader of many ack subjects reads each as it is read alone") {
  AckSubjectReader reader;
  for (const char *reply :
       {"$JS.ACK.S.C.1.2.3.4.5", "$JS.ACK.S.C.6.70.8.900.0", "$JS.ACK.S.C.1.2.3.4", "$JS.ACK.S.C.1.2.3.4.x",
        "$JS.ACK.S.C.1.2.3.4.5.", "$JS.ACK.S.C.1.2.3.4.5.6.7", "$JS.ACK.S.CC.1.2.3.4.5", "$JS.ACK.hub.h.S.C.1.2.3.4.5",
        "$JS.ACK.hub.h.S.C.2.3.4.5.6", "$JS.ACK.hub.h.S.C.2.3.4.5.6.xyz", "$JS.ACK.hub.h.S.C.3.4.5.6.7.abc", "",
        "$JS.ACK.S.C.1..3.4.5", "$JS.ACK.S.C.1.2.3.4.18446744073709551615", "$JS.ACK.S.C.1.2.3.4.18446744073709551616"})
    check_same(reader.read(reply), parse_ack_subject(reply));
}

TEST_CASE("an ack by sequence alone has exactly nine tokens") {
  AckSubjectWriter writer(plain_ack_prefix("ORDERS", "capture"), plain_ack_tokens);
  CHECK(std::string(writer.subject(17)) == "$JS.ACK.ORDERS.capture.0.17.0.0.0");
  CHECK(std::string(writer.subject(UINT64_MAX)) == "$JS.ACK.ORDERS.capture.0.18446744073709551615.0.0.0");
  CHECK(std::string(writer.subject(1)) == "$JS.ACK.ORDERS.capture.0.1.0.0.0");
}

TEST_CASE("what is no ack subject is refused") {
  for (const char *reply :
       {"", ".", "$JS.ACK", "_INBOX.abc.1", "$JS.ACK.S.C.1.2.3.4", "$JS.ACK.S.C.1.2.3.4.5.6", "$JS.ACK.S.C.x.2.3.4.5",
        "$JS.ACK.S.C.1.-2.3.4.5", "$JS.ACK..C.1.2.3.4.5", "$JS.API.S.C.1.2.3.4.5",
        "$JS.ACK.S.C.1.99999999999999999999999.3.4.5", "$JS.ACK.a.b.c.d.e.f.g.h.i.j.k.l.m"})
    CHECK_FALSE_MESSAGE(parse_ack_subject(reply), reply);
}

TEST_CASE("random subjects never crash the parser") {
  std::mt19937 random(7);
  const std::string alphabet = "$JS.ACK.0123456789.ab";
  for (int i = 0; i < 100000; i++) {
    std::string reply = i % 2 == 0 ? "$JS.ACK." : "";
    for (std::size_t length = random() % 40; length > 0; length--)
      reply += alphabet[random() % alphabet.size()];
    if (const auto ack = parse_ack_subject(reply)) {
      CHECK_FALSE(ack->stream.empty());
    }
  }
}
