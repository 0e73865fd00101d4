#include "http/xml.hpp"

#include <charconv>
#include <system_error>
#include <utility>

namespace jetcapture::plugins {

namespace {

void append_utf8(std::string &text, unsigned code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0 | code >> 6);
    text += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    text += static_cast<char>(0xe0 | code >> 12);
    text += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    text += static_cast<char>(0xf0 | (code >> 18 & 0x07));
    text += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    text += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// What "&entity;" stands for, appended; false where it is not known.
bool resolve(std::string_view entity, std::string &text) {
  if (entity.starts_with('#')) {
    const bool hexadecimal = entity.starts_with("#x");
    const std::string_view digits = entity.substr(hexadecimal ? 2 : 1);
    unsigned code = 0;
    const char *const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, code, hexadecimal ? 16 : 10);
    if (read.ec != std::errc() || read.ptr != end || code > 0x10ffff)
      return false;
    append_utf8(text, code);
    return true;
  }
  constexpr std::pair<std::string_view, char> known[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto &[name, character] : known)
    if (entity == name) {
      text += character;
      return true;
    }
  return false;
}

std::string unescaped(std::string_view raw) {
  std::string text;
  while (!raw.empty()) {
    const std::size_t ampersand = raw.find('&');
    text += raw.substr(0, ampersand);
    if (ampersand == std::string_view::npos)
      break;
    raw.remove_prefix(ampersand);
    const std::size_t end = raw.find(';');
    if (end == std::string_view::npos || !resolve(raw.substr(1, end - 1), text)) {
      text += '&';
      raw.remove_prefix(1);
    } else {
      raw.remove_prefix(end + 1);
    }
  }
  return text;
}

} // namespace

std::vector<std::string_view> xml_elements(std::string_view xml, std::string_view name) {
  std::vector<std::string_view> found;
  const std::string opening = "<" + std::string(name);
  const std::string closing = "</" + std::string(name) + ">";
  for (std::size_t at = 0; (at = xml.find(opening, at)) != std::string_view::npos;) {
    const std::size_t behind = at + opening.size();
    at = behind;
    if (behind >= xml.size() || (xml[behind] != '>' && xml[behind] != ' ' && xml[behind] != '/'))
      continue; // another name that begins like this one
    const std::size_t begin = xml.find('>', behind);
    if (begin == std::string_view::npos)
      break;
    at = begin + 1;
    if (xml[begin - 1] == '/') {
      found.emplace_back();
      continue;
    }
    const std::size_t end = xml.find(closing, begin);
    if (end == std::string_view::npos)
      break;
    found.push_back(xml.substr(begin + 1, end - begin - 1));
    at = end + closing.size();
  }
  return found;
}

std::string xml_text(std::string_view xml, std::string_view name) {
  const auto found = xml_elements(xml, name);
  return found.empty() ? std::string() : unescaped(found.front());
}

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
    case '&':
      escaped += "&amp;";
      break;
    case '<':
      escaped += "&lt;";
      break;
    case '>':
      escaped += "&gt;";
      break;
    case '"':
      escaped += "&quot;";
      break;
    default:
      escaped += c;
    }
  }
  return escaped;
}

} // namespace jetcapture::plugins
