#include "protobuf/descriptors.hpp"

#include <jetcapture/plugin.hpp>

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>
#include <vector>

namespace jetcapture::protobuf {

namespace {

constexpr const char *how_to_make =
    "; make it with protoc --include_imports --descriptor_set_out=FILE.pb and the .proto files";
constexpr std::size_t most_names = 10;

std::string read(const std::string &file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE *)> stream(std::fopen(file.c_str(), "rb"), &std::fclose);
  std::string bytes;
  if (stream != nullptr) {
    char piece[4096];
    while (const std::size_t size = std::fread(piece, 1, sizeof piece, stream.get()))
      bytes.append(piece, size);
  }
  // A folder can be opened, and then not be read.
  if (stream == nullptr || std::ferror(stream.get()) != 0)
    throw Misconfigured("the option descriptors names " + file +
                        ", which can't be read: " + std::generic_category().message(errno));
  return bytes;
}

// Letters to change, to leave out or to put in.
std::size_t distance(const std::string &one, const std::string &other) {
  std::vector<std::size_t> row(other.size() + 1);
  for (std::size_t j = 0; j <= other.size(); j++)
    row[j] = j;
  for (std::size_t i = 1; i <= one.size(); i++) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= other.size(); j++) {
      const std::size_t changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j - 1] + 1, row[j] + 1});
    }
  }
  return row.back();
}

void add_types(const google::protobuf::DescriptorProto &type, const std::string &scope,
               std::vector<std::string> &names) {
  if (type.options().map_entry())
    return;
  const std::string name = scope.empty() ? type.name() : scope + "." + type.name();
  names.push_back(name);
  for (const auto &nested : type.nested_type())
    add_types(nested, name, names);
}

// The types that are read by what protobuf says of them.
std::vector<const google::protobuf::Descriptor *> known_to_protobuf() {
  std::vector<const google::protobuf::Descriptor *> types;
  for (const google::protobuf::FileDescriptor *file :
       {google::protobuf::Timestamp::descriptor()->file(), google::protobuf::Duration::descriptor()->file(),
        google::protobuf::Struct::descriptor()->file(), google::protobuf::StringValue::descriptor()->file()})
    for (int i = 0; i < file->message_type_count(); i++)
      types.push_back(file->message_type(i));
  return types;
}

bool have_the_same_fields(const google::protobuf::Descriptor &one, const google::protobuf::Descriptor &other) {
  if (one.field_count() != other.field_count() || one.oneof_decl_count() != other.oneof_decl_count())
    return false;
  for (int i = 0; i < one.field_count(); i++) {
    const google::protobuf::FieldDescriptor &mine = *one.field(i);
    const google::protobuf::FieldDescriptor &its = *other.field(i);
    if (mine.number() != its.number() || mine.type() != its.type() || mine.label() != its.label() ||
        mine.is_map() != its.is_map())
      return false;
  }
  return true;
}

} // namespace

void Descriptors::Complaints::AddError(const std::string &file, const std::string &element,
                                       const google::protobuf::Message *, ErrorLocation, const std::string &message) {
  if (first.empty())
    first = file + ": " + element + ": " + message;
}

Descriptors::Descriptors(const std::string &file) : file_(file), pool_(&database_, &complaints_), factory_(&pool_) {
  const std::string bytes = read(file);
  if (bytes.size() > INT32_MAX || !set_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    throw Misconfigured("the option descriptors names " + file + ", which is no descriptor set" + how_to_make);
  for (const auto &one : set_.file())
    if (!database_.Add(one))
      throw Misconfigured("the option descriptors names " + file + ", which has " + one.name() +
                          " twice, or types of one name" + how_to_make);
}

const google::protobuf::Descriptor &Descriptors::type(const std::string &name) {
  if (const auto *const found = pool_.FindMessageTypeByName(name)) {
    for (const google::protobuf::Descriptor *known : known_to_protobuf())
      if (const auto *const mine = pool_.FindMessageTypeByName(known->full_name());
          mine != nullptr && !have_the_same_fields(*mine, *known))
        throw Misconfigured("the option descriptors names " + file_ + ", which has another " + known->full_name() +
                            " than protobuf");
    return *found;
  }
  if (!complaints_.first.empty())
    refuse_editions();
  if (!complaints_.first.empty())
    throw Misconfigured("the option descriptors names " + file_ + ", which can't be used: " + complaints_.first +
                        how_to_make);
  throw Misconfigured("the option message is \"" + name + "\", which " + file_ +
                      " does not have: " + known_types(name));
}

void Descriptors::refuse_editions() const {
  for (const auto &one : set_.file())
    if (one.syntax() == "editions")
      throw Misconfigured("the option descriptors names " + file_ + ", whose " + one.name() +
                          " is of an edition, which the protobuf library of this machine does not know; write syntax = "
                          "\"proto3\" or \"proto2\" into that file instead of its edition, and make the set anew");
}

std::unique_ptr<google::protobuf::Message> Descriptors::make(const google::protobuf::Descriptor &type) {
  return std::unique_ptr<google::protobuf::Message>(factory_.GetPrototype(&type)->New());
}

std::string Descriptors::known_types(const std::string &wanted) const {
  std::vector<std::string> names;
  for (const auto &one : set_.file())
    if (one.package() != "google.protobuf")
      for (const auto &type : one.message_type())
        add_types(type, one.package(), names);
  if (names.empty())
    return std::string("it has no message types") + how_to_make;
  // What has no package is meant with the package.
  const auto near = [&](const std::string &name) {
    const std::string last = name.substr(name.rfind('.') + 1);
    return std::min(distance(wanted, name), distance(wanted, last) + 1);
  };
  std::vector<std::pair<std::size_t, std::string>> sorted;
  for (const std::string &name : names)
    sorted.emplace_back(wanted.size() > 200 ? 0 : near(name), name);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
  std::string list = sorted.size() == 1 ? "there is " : "there are ";
  for (std::size_t i = 0; i < std::min(sorted.size(), most_names); i++)
    list += (i == 0 ? "" : ", ") + sorted[i].second;
  if (sorted.size() > most_names)
    list += " and " + std::to_string(sorted.size() - most_names) + " more";
  return list;
}

} // namespace jetcapture::protobuf
