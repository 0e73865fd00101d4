// What the environment and small files say.
#pragma once

#include "jetcapture/plugin.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace jetcapture::plugins {

// "" where it is not set.
inline std::string variable(const char *name) {
  const char *const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

inline std::optional<std::string> text_of_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// A token: without line breaks at its end. what: "the token of AWS_WEB_IDENTITY_TOKEN_FILE". Throws Misconfigured.
inline std::string token_of_file(const std::string &path, const std::string &what) {
  std::optional<std::string> text = text_of_file(path);
  if (!text)
    throw Misconfigured(what + " can't be read from " + path + "; check that the file is there and readable");
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' '))
    text->pop_back();
  if (text->empty())
    throw Misconfigured(what + " is empty in " + path);
  return *text;
}

} // namespace jetcapture::plugins
