// What the environment and small files say.
#pragma once

#include "http/ascii.hpp"
#include "jetcapture/plugin.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace jetcapture::plugins {

// "" where it is not set. Without blanks and line ends around it: a Kubernetes secret that was made from a file has
// one.
inline std::string variable(const char *name) {
  const char *const value = std::getenv(name);
  return value == nullptr ? "" : std::string(trimmed(value));
}

inline std::optional<std::string> text_of_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// A token: without blanks and line ends around it. what: "the token of AWS_WEB_IDENTITY_TOKEN_FILE". Throws
// Misconfigured.
inline std::string token_of_file(const std::string &path, const std::string &what) {
  const std::optional<std::string> text = text_of_file(path);
  if (!text)
    throw Misconfigured(what + " can't be read from " + path + "; check that the file is there and readable");
  std::string token(trimmed(*text));
  if (token.empty())
    throw Misconfigured(what + " is empty in " + path);
  return token;
}

} // namespace jetcapture::plugins
