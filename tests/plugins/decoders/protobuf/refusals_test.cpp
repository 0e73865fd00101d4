#include "plugins/decoders/decoder.hpp"
#include "plugins/decoders/protobuf/orders.hpp"
#include "support/folder.hpp"

#include <google/protobuf/stubs/logging.h>

#include <filesystem>
#include <random>
#include <thread>

using namespace jetcapture::test;

namespace {

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

Texts options(const std::string &type, const Texts &more = {}) {
  Texts all = {"descriptors=" + set_file(), "message=" + type};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// Why these options are refused.
std::string misconfigured(const Texts &given) {
  Decoder decoder("protobuf", given);
  CHECK(decoder.created() == JETCAPTURE_CONFIGURATION);
  return decoder.sentence();
}

std::string misconfigured_with(const std::string &file) {
  return misconfigured({"descriptors=" + file, "message=shop.Order"});
}

std::string with_length(const std::string &message) {
  return static_cast<char>(message.size()) + message;
}

} // namespace

TEST_CASE("protobuf: what can't be read as the message is refused, with the place where it breaks") {
  Decoder decoder("protobuf", options("shop.Order"));
  const std::string before = "the data can't be read as shop.Order: ";
  CHECK(decoder.refusal("\x08") == before + "field id is cut short");
  CHECK(decoder.refusal("\x12\x05"
                        "eu") == before + "field region is cut short");
  CHECK(decoder.refusal("\x08\x01\x80") == before + "it is cut short");
  CHECK(decoder.refusal("\x2a\x04\x0a\x07"
                        "Ad") == before + "field customer.name is cut short");
  CHECK(decoder.refusal("\x12\x01\xff") == before + "the text of field region is not UTF-8");
  CHECK(decoder.refusal("\x32\x03\x0a\x01\xff") == before + "the text of field lines.sku is not UTF-8");
  CHECK(decoder.refusal("{\"id\":1}") == before + "it is damaged, or of another type");
  CHECK(decoder.refusal(std::string("\0", 1)) == before + "it is damaged, or of another type");
  CHECK(decoder.refusal(std::string(11, '\xff')) == before + "it is cut short");
}

TEST_CASE("protobuf: every message that is cut short is refused or has fewer fields, and random bytes never do more") {
  Decoder decoder("protobuf", options("shop.Order"));
  const std::string whole = encoded("shop.Order", "id: 5 region: 'eu' total: 1.5 customer { name: 'Ada' } "
                                                  "lines { sku: 'a' } placed { seconds: 7 } note: 'n'");
  for (std::size_t size = 0; size < whole.size(); size++)
    decoder.refusal(whole.substr(0, size));
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; i++) {
    std::string data = whole;
    for (int changes = 0; changes < 3; changes++)
      data[random() % data.size()] = static_cast<char>(random());
    decoder.refusal(data);
  }
}

TEST_CASE("protobuf: messages nest a hundred deep, and deeper ones are refused") {
  Decoder decoder("protobuf", options("shop.Kinds"));
  const auto nested = [](int depth) {
    std::string text = "text: 'x'";
    for (int i = 0; i < depth; i++)
      text = "inner { " + text + " }";
    return encoded("shop.Kinds", text);
  };
  CHECK(decoder.refusal(nested(99)).empty());
  CHECK(has(decoder.refusal(nested(101)), "it nests deeper than 100 messages"));
}

TEST_CASE("protobuf: a large message is taken, whole") {
  Decoder decoder("protobuf", options("shop.Order", {"fields=/note"}));
  const std::string note(8 << 20, 'x');
  CHECK(decoder.values(encoded("shop.Order", "note: '" + note + "'")) == Texts{"text " + note});
}

TEST_CASE("protobuf: fields that the type does not have are ignored, or refused with their number") {
  const std::string more = std::string("\x08\x01\x98\x06\x01", 5);
  Decoder ignoring("protobuf", options("shop.Customer", {"fields=/name"}));
  CHECK(ignoring.values(encoded("shop.Order", "region: 'eu' total: 2")) == Texts{"text "});
  Decoder refusing("protobuf", options("shop.Order", {"unknown=refuse"}));
  CHECK(refusing.refusal(more) == "shop.Order has a field 99, which the descriptor set does not have (option unknown)");
  CHECK(has(refusing.refusal(std::string("\x32\x02\x48\x01", 4)), "field lines has a field 9,"));
  CHECK(refusing.refusal(encoded("shop.Order", "id: 1 lines { sku: 'a' }")).empty());
}

TEST_CASE("protobuf: messages behind their lengths become a record each, or are refused") {
  Decoder decoder("protobuf", options("shop.Order", {"fields=/id", "framing=delimited"}));
  const std::string one = with_length(encoded("shop.Order", "id: 1"));
  REQUIRE(decoder.decode(one + with_length("") + one) == JETCAPTURE_OK);
  REQUIRE(decoder.items.size() == 3);
  CHECK(decoder.items[0].values == Texts{"integer 1"});
  CHECK(decoder.items[1].values == Texts{"integer 0"});
  CHECK(decoder.decode(one + "\x05") == JETCAPTURE_BAD_DATA);
  CHECK(decoder.sentence() == "a message should have 5 bytes, and the data has 0 more (option framing)");
  CHECK(decoder.refusal("\x80") == "the data is cut short in the length before a message (option framing)");
  CHECK(decoder.refusal("") == "the data has no message (option framing)");
}

TEST_CASE("protobuf: the header of a schema registry's serializer is skipped, and tells a message of another type") {
  const std::string id("\0\0\0\0\x2a", 5);
  Decoder order("protobuf", options("shop.Order", {"fields=/id", "framing=confluent"}));
  // The third type of its file, from 0, zigzag.
  const std::string message = encoded("shop.Order", "id: 1");
  CHECK(order.values(id + "\x02\x04" + message) == Texts{"integer 1"});
  CHECK(has(order.refusal(id + std::string("\0", 1) + message), "another message type"));
  CHECK(has(order.refusal(id + "\x04\x04\x02" + message), "another message type"));
  CHECK(has(order.refusal(id + "\x02\x80"), "cut short in its header"));
  CHECK(has(order.refusal(id), "does not begin with a zero and a schema id"));
  CHECK(has(order.refusal(message), "does not begin with a zero and a schema id"));
  CHECK(has(order.refusal(""), "does not begin with a zero and a schema id"));
  Decoder first("protobuf", options("shop.Customer", {"fields=/name", "framing=confluent"}));
  CHECK(first.values(id + std::string("\0", 1) + encoded("shop.Customer", "name: 'Ada'")) == Texts{"text Ada"});
  Decoder inner("protobuf", options("shop.Outer.Inner", {"framing=confluent"}));
  CHECK(inner.values(id + std::string("\x04\x08\0", 3) + encoded("shop.Outer.Inner", "text: 'x'")) == Texts{"text x"});
}

TEST_CASE("protobuf: a descriptor set that is none is refused with how to make it") {
  const Folder folder;
  CHECK(has(misconfigured_with(folder / "missing.pb"), "missing.pb, which can't be read: No such file or directory"));
  CHECK(has(misconfigured_with(folder.path()), "can't be read: Is a directory"));
  write_file(folder / "orders.proto", "syntax = \"proto3\";\n");
  CHECK(has(misconfigured_with(folder / "orders.proto"),
            "no descriptor set; make it with protoc --include_imports --descriptor_set_out=FILE.pb"));
  write_file(folder / "empty.pb", "");
  CHECK(has(misconfigured_with(folder / "empty.pb"), "it has no message types; make it with protoc"));
  const std::string imports = misconfigured_with(JETCAPTURE_PROTOS "/without_imports.pb");
  CHECK(has(imports, "google/protobuf/"));
  CHECK(has(imports, "make it with protoc --include_imports"));
}

TEST_CASE("protobuf: a descriptor set of an edition is refused with what to write into the file") {
  google::protobuf::FileDescriptorSet set;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(
      "file { name: 'shop.proto' package: 'shop' syntax: 'editions' message_type { name: 'Order' } }", &set));
  const Folder folder;
  write_file(folder / "shop.pb", set.SerializeAsString());
  const std::string refused = misconfigured_with(folder / "shop.pb");
  CHECK_MESSAGE(has(refused, "whose shop.proto is of an edition"), refused);
  CHECK_MESSAGE(has(refused, "write syntax = \"proto3\""), refused);
}

TEST_CASE("protobuf: types that protobuf knows and the set has otherwise are refused") {
  google::protobuf::FileDescriptorSet set;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(
      "file { name: 't.proto' package: 'google.protobuf' message_type { name: 'Timestamp' field { name: 'seconds' "
      "number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } } }",
      &set));
  const Folder folder;
  write_file(folder / "t.pb", set.SerializeAsString());
  CHECK(has(misconfigured({"descriptors=" + (folder / "t.pb"), "message=google.protobuf.Timestamp"}),
            "has another google.protobuf.Timestamp than protobuf"));
}

TEST_CASE("protobuf: a wrong message type is refused with those that there are, the nearest first") {
  const std::string wrong = misconfigured(options("shop.Ordr"));
  CHECK(has(wrong,
            "the option message is \"shop.Ordr\", which " + set_file() + " does not have: there are shop.Order, "));
  CHECK(has(wrong, "legacy.Reading"));
  CHECK(has(misconfigured(options("Customer")), "there are shop.Customer, "));
  CHECK(has(misconfigured(options("shop.State")), "does not have"));
  CHECK(has(misconfigured(options("")), "there are "));
}

TEST_CASE("protobuf: wrong options are refused with the fix") {
  const auto refused = [](const std::string &option) { return misconfigured(options("shop.Order", {option})); };
  CHECK(has(refused("fields=/regoin"), "shop.Order has no field regoin: it has id, region, total"));
  CHECK(has(refused("fields=region"), "write /pointer, name=/pointer or name=/pointer:type"));
  CHECK(has(refused("fields=/lines/sku"),
            "lines is repeated shop.Line, into which no pointer goes: a column takes it whole"));
  CHECK(has(refused("fields=/id/x"), "id is int64, into which no pointer goes"));
  CHECK(has(refused("fields=/id:flag"), "id is int64: its type can be integer or number or json"));
  CHECK(has(refused("fields=/customer:text"), "customer is shop.Customer: its type can be json"));
  CHECK(has(refused("fields=/placed:text"), "its type can be timestamp or json"));
  CHECK(has(refused("fields=/id:int"), "there are auto, text, integer"));
  CHECK(has(refused("fields=/id,id=/total"), "two columns \"id\""));
  CHECK(has(refused("key=field:/x"), "the option key has /x, and shop.Order has no field x"));
  CHECK(has(refused("key=field:"), "name a field, like /id"));
  CHECK(has(refused("meta=size"), "there are subject, stream, sequence and timestamp"));
  CHECK(has(misconfigured(options("shop.Collides", {"meta=subject"})), "two columns \"_subject\""));
}

TEST_CASE("protobuf: libprotobuf writes nothing, and can again once no decoder is there") {
  static int lines;
  lines = 0;
  auto *const before = google::protobuf::SetLogHandler(
      [](google::protobuf::LogLevel, const char *, int, const std::string &) { lines++; });
  const auto complain = [] {
    google::protobuf::DescriptorPool pool;
    google::protobuf::FileDescriptorProto file;
    file.set_name("a.proto");
    file.add_dependency("b.proto");
    pool.BuildFile(file);
  };
  {
    Decoder decoder("protobuf", options("shop.Order"));
    decoder.refusal("\x12\x01\xff");
    decoder.refusal("\x08");
    Decoder required("protobuf", options("legacy.Reading"));
    required.refusal("");
    misconfigured_with(JETCAPTURE_PROTOS "/without_imports.pb");
    complain();
  }
  CHECK(lines == 0);
  complain();
  CHECK(lines > 0);
  google::protobuf::SetLogHandler(before);
}

TEST_CASE("protobuf: instances are made, used and gone on several threads at once, each with its own results") {
  const std::string data = encoded("shop.Kinds", "text: 'x' lines { key: 'b' } lines { key: 'a' } time { seconds: 5 }");
  Decoder alone("protobuf", options("shop.Kinds"));
  const Texts expected = alone.values(data);
  std::atomic<int> same = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; i++)
      threads.emplace_back([&] {
        for (int round = 0; round < 10; round++) {
          Decoder decoder("protobuf", options("shop.Kinds"));
          bool all = true;
          for (int n = 0; n < 20; n++)
            all = decoder.decode(data) == JETCAPTURE_OK && decoder.items.front().values == expected && all;
          same += all ? 1 : 0;
        }
      });
  }
  CHECK(same == 40);
}
