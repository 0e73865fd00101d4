#include "columns.hpp"

namespace jetcapture::json {

std::vector<std::string> pointer_tokens(const std::string &pointer) {
  if (pointer.empty())
    return {};
  if (pointer.front() != '/')
    throw Misconfigured("\"" + pointer + "\" is no JSON pointer: it begins with a slash, like /customer/region");
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < pointer.size(); i++) {
    if (pointer[i] == '/') {
      tokens.emplace_back();
    } else if (pointer[i] == '~') {
      const char next = i + 1 < pointer.size() ? pointer[i + 1] : '\0';
      if (next != '0' && next != '1')
        throw Misconfigured("\"" + pointer + "\" is no JSON pointer: after ~ comes 0 (for ~) or 1 (for /)");
      tokens.back() += next == '0' ? '~' : '/';
      i++;
    } else {
      tokens.back() += pointer[i];
    }
  }
  return tokens;
}

Field parse_field(const std::string &text) {
  Field field;
  std::string rest = text;
  const std::size_t slash = rest.find('/');
  if (slash == std::string::npos || (slash > 0 && rest[slash - 1] != '='))
    throw Misconfigured("the option fields has \"" + text + "\": write /pointer, name=/pointer or name=/pointer:type");
  if (slash > 0)
    field.name = rest.substr(0, slash - 1);
  rest.erase(0, slash);
  if (const std::size_t colon = rest.rfind(':'); colon != std::string::npos) {
    const std::string wanted = rest.substr(colon + 1);
    const auto type = common::type_of(wanted);
    if (!type)
      throw Misconfigured("the option fields has the type \"" + wanted + "\": there are " + common::type_list);
    field.type = *type;
    rest.erase(colon);
  }
  field.pointer = rest;
  const std::vector<std::string> tokens = pointer_tokens(field.pointer);
  if (field.name.empty())
    field.name = tokens.back();
  if (field.name.empty())
    throw Misconfigured("the option fields has \"" + text + "\" without a name: write name=" + text);
  return field;
}

std::size_t Columns::add(std::string name, std::int32_t kind) {
  const std::string &kept = names_.emplace_back(std::move(name));
  columns_.push_back({sizeof(jetcapture_column), kind, text(kept)});
  by_name_.emplace(kept, columns_.size() - 1);
  return columns_.size() - 1;
}

std::optional<std::size_t> Columns::find(std::string_view name, std::size_t expected) const {
  if (expected < names_.size() && names_[expected] == name)
    return expected;
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

const jetcapture_schema *Columns::schema() {
  if (snapshots_.empty() || snapshots_.back().pointers.size() != columns_.size()) {
    Snapshot &snapshot = snapshots_.emplace_back();
    for (const jetcapture_column &column : columns_)
      snapshot.pointers.push_back(&column);
    snapshot.schema = {sizeof(jetcapture_schema), static_cast<std::uint32_t>(columns_.size()), snapshots_.size(),
                       snapshot.pointers.data()};
  }
  return &snapshots_.back().schema;
}

} // namespace jetcapture::json
