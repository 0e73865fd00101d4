// Messages of the types in tests/support/protos, written as protobuf's text format, and as they are on the wire.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <string>

namespace jetcapture::test {

inline std::string set_file() {
  return JETCAPTURE_PROTOS "/orders.pb";
}

// encoded("shop.Order", "id: 5 region: 'eu'")
inline std::string encoded(const std::string &type, const std::string &text) {
  google::protobuf::FileDescriptorSet set;
  std::ifstream stream(set_file(), std::ios::binary);
  REQUIRE(set.ParseFromIstream(&stream));
  google::protobuf::DescriptorPool pool;
  for (const auto &file : set.file())
    REQUIRE(pool.BuildFile(file) != nullptr);
  google::protobuf::DynamicMessageFactory factory(&pool);
  const std::unique_ptr<google::protobuf::Message> message(
      factory.GetPrototype(pool.FindMessageTypeByName(type))->New());
  google::protobuf::TextFormat::Parser parser;
  parser.AllowPartialMessage(true);
  REQUIRE(parser.ParseFromString(text, message.get()));
  return message->SerializePartialAsString();
}

} // namespace jetcapture::test
