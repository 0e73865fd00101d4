#include "blocks/quarantine.hpp"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace jetcapture::host;

namespace {

jetcapture_message message_of(std::string_view data, const std::vector<jetcapture_pair> &headers = {}) {
  jetcapture_message message{};
  message.size = sizeof message;
  message.subject = jetcapture_text_of("orders.eu");
  message.stream = jetcapture_text_of("ORDERS");
  message.consumer = jetcapture_text_of("capture");
  message.data = {data.data(), data.size()};
  message.headers = headers.data();
  message.header_count = static_cast<std::uint32_t>(headers.size());
  message.stream_sequence = 42;
  message.deliveries = 3;
  message.timestamp = 1795521600'123456789;
  return message;
}

} // namespace

TEST_CASE("a quarantine line has the whole message and the reason") {
  const std::vector<jetcapture_pair> headers = {{jetcapture_text_of("B"), jetcapture_text_of("2")},
                                                {jetcapture_text_of("A"), jetcapture_text_of("1")},
                                                {jetcapture_text_of("B"), jetcapture_text_of("3")}};
  const std::string line = quarantine_line(message_of("{\"a\":", headers), "not an object");
  CHECK(line.back() == '\n');
  CHECK(line.find('\n') == line.size() - 1);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["reason"] == "not an object");
  CHECK(json["subject"] == "orders.eu");
  CHECK(json["stream"] == "ORDERS");
  CHECK(json["sequence"] == 42);
  CHECK(json["deliveries"] == 3);
  CHECK(json["timestamp"] == "2026-11-24T12:00:00.123456789Z");
  CHECK(json["headers"] == nlohmann::json::parse(R"([["B","2"],["A","1"],["B","3"]])"));
  CHECK(json["data"] == "{\"a\":");
}

TEST_CASE("data that is not UTF-8 stands in base64, marked so") {
  const auto json = nlohmann::json::parse(quarantine_line(message_of("\xff\xfe\x01"), "bad"));
  CHECK_FALSE(json.contains("data"));
  CHECK(json["data_base64"] == "//4B");
}

TEST_CASE("headers that are not UTF-8 stand in base64, marked so") {
  const std::vector<jetcapture_pair> headers = {{jetcapture_text_of("A"), jetcapture_text_of("\xff")}};
  const auto json = nlohmann::json::parse(quarantine_line(message_of("x", headers), "bad"));
  CHECK_FALSE(json.contains("headers"));
  CHECK(json["headers_base64"] == nlohmann::json::parse(R"([["QQ==","/w=="]])"));
}

TEST_CASE("a reason that is not UTF-8 does not break the line") {
  CHECK(nlohmann::json::parse(quarantine_line(message_of("x"), "\xff"))["reason"].is_string());
}

TEST_CASE("a header block that the headers do not tell stands in the quarantine as it is") {
  jetcapture_message message = message_of("x");
  message.header_block = {"NATS/1.0\r\n\r\n", 12};
  CHECK(quarantine_line(message, "no").find(R"("header_block":"NATS/1.0\r\n\r\n")") != std::string::npos);
}
