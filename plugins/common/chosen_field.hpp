// Fields as decoders of nested data let the user choose them: `--decoder-opt fields=/id,region=/customer/region:text`.
#pragma once

#include "common/column_type.hpp"

#include <jetcapture/plugin.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace jetcapture::common {

// One entry of the option fields: "name=/pointer:type"; name and type may be left out.
struct ChosenField {
  std::string name;
  std::string pointer; // RFC 6901, checked
  Type type = Type::automatic;
};

// A JSON pointer's tokens, unescaped. Throws Misconfigured: it does not begin with a slash, or has a wrong ~.
inline std::vector<std::string> pointer_tokens(const std::string &pointer) {
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

// Throws Misconfigured.
inline ChosenField parse_field(const std::string &text) {
  ChosenField field;
  std::string rest = text;
  const std::size_t slash = rest.find('/');
  if (slash == std::string::npos || (slash > 0 && rest[slash - 1] != '='))
    throw Misconfigured("the option fields has \"" + text + "\": write /pointer, name=/pointer or name=/pointer:type");
  if (slash > 0)
    field.name = rest.substr(0, slash - 1);
  rest.erase(0, slash);
  if (const std::size_t colon = rest.rfind(':'); colon != std::string::npos) {
    const std::string wanted = rest.substr(colon + 1);
    const auto type = type_of(wanted);
    if (!type)
      throw Misconfigured("the option fields has the type \"" + wanted + "\": there are " + type_list);
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

} // namespace jetcapture::common
