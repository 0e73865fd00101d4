// The option of HTTP stores that leaves out the header Content-Encoding.
#pragma once

#include "jetcapture/plugin.hpp"

namespace jetcapture::plugins {

inline constexpr const char *content_encodings[] = {"codec", "none", nullptr};

constexpr jetcapture_option content_encoding_option() {
  return choice_option("content-encoding", content_encodings, "codec",
                       "codec: objects have the Content-Encoding of their compression, by which HTTP clients unpack "
                       "them; none: they have none, and clients give what the name says, such as x.csv.gz.");
}

inline bool says_content_encoding(const Options &given) {
  return given.text("content-encoding") != "none";
}

} // namespace jetcapture::plugins
