// The message types of a file that protoc has made: protoc --include_imports --descriptor_set_out=FILE.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/dynamic_message.h>

#include <memory>
#include <string>

namespace jetcapture::protobuf {

// Owns all that is known of the types; nothing is shared with another instance, or with types that are compiled in.
class Descriptors {
public:
  // Throws Misconfigured: the file can't be read, or is no descriptor set.
  explicit Descriptors(const std::string &file);
  Descriptors(const Descriptors &) = delete;
  Descriptors &operator=(const Descriptors &) = delete;

  // The message type of that full name, "shop.Order". Throws Misconfigured: it is not there, or needs a file that is
  // not.
  const google::protobuf::Descriptor &type(const std::string &name);
  // An empty message of a type from here. It has to go before this does.
  std::unique_ptr<google::protobuf::Message> make(const google::protobuf::Descriptor &type);

private:
  class Complaints : public google::protobuf::DescriptorPool::ErrorCollector {
  public:
    void AddError(const std::string &file, const std::string &element, const google::protobuf::Message *, ErrorLocation,
                  const std::string &message) override;
    std::string first;
  };
  // Throws Misconfigured where a file is of an edition.
  void refuse_editions() const;
  // The types that the file has, the nearest first.
  std::string known_types(const std::string &wanted) const;

  const std::string file_;
  google::protobuf::FileDescriptorSet set_;
  google::protobuf::SimpleDescriptorDatabase database_;
  Complaints complaints_;
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
};

} // namespace jetcapture::protobuf
